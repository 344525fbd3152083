package admin

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// beside takes batches that produce hands over, in their order and beside producing the
// next ones: one waits, and one that is handed over until there is room; they are taken
// together. The first error ends both.
func beside[T any](ctx context.Context, produce func(ctx context.Context, hand func(T) error) error, take func(ctx context.Context, batches []T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	made := make(chan T, 1)
	group.Go(func() error {
		var batches []T
		for batch := range made {
			batches = append(batches[:0], batch)
			for range len(made) {
				batches = append(batches, <-made)
			}
			if err := take(ctx, batches); err != nil {
				return err
			}
		}
		return nil
	})
	group.Go(func() error {
		defer close(made)
		return produce(ctx, func(batch T) error { return send(ctx, made, batch) })
	})
	return group.Wait()
}

func send[T any](ctx context.Context, to chan<- T, v T) error {
	select {
	case to <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// giveBack and roomFrom hand room on that is to be used again, if there is any.
func giveBack[T any](to chan<- T, v T) {
	select {
	case to <- v:
	default:
	}
}

func roomFrom[T any](from <-chan T) (room T) {
	select {
	case room = <-from:
	default:
	}
	return room
}
