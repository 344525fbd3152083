package admin

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestF11_BatchesAreTakenInTheirOrder(t *testing.T) {
	const n = 100
	var want, taken []int
	err := beside(t.Context(), func(_ context.Context, hand func(int) error) (err error) {
		for i := range n {
			want = append(want, i)
			err = errors.Join(err, hand(i))
		}
		return err
	}, func(_ context.Context, batches []int) error {
		taken = append(taken, batches...)
		return nil
	})
	if diff := cmp.Diff(want, taken); err != nil || diff != "" {
		t.Errorf("%v, (-handed over +taken):\n%s", err, diff)
	}
}

func TestF11_TheFirstErrorEndsBothSides(t *testing.T) {
	broken := errors.New("broken")
	forever := func(_ context.Context, hand func(int) error) error {
		for {
			if err := hand(1); err != nil {
				return err
			}
		}
	}
	if err := beside(t.Context(), forever, func(context.Context, []int) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("taking fails: %v", err)
	}
	err := beside(t.Context(), func(_ context.Context, hand func(int) error) error { return errors.Join(hand(1), broken) },
		func(ctx context.Context, _ []int) error { <-ctx.Done(); return ctx.Err() })
	if !errors.Is(err, broken) {
		t.Errorf("producing fails: %v", err)
	}
}
