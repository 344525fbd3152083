package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// An answer is how long a question took, the median of several.
type answer struct {
	what string
	took time.Duration
}

// waits are how long the first page of the list of members took while a million
// members were changed, and before.
type waits struct{ calm, median, p99, longest time.Duration }

func (b *bench) service(ctx context.Context, d database, name string) (*admin.Service, admin.Actor, error) {
	key, err := hex.DecodeString(instanceKey)
	if err != nil {
		return nil, admin.Actor{}, err
	}
	svc, err := admin.Open(ctx, admin.Config{Database: d.url(name), Files: b.file("kept-" + d.name()), MustBe: true,
		Key: func(bool) ([]byte, error) { return key, nil }})
	if err != nil {
		return nil, admin.Actor{}, err
	}
	actor, err := svc.Operator(ctx, "")
	if err != nil {
		return nil, actor, errors.Join(err, svc.Close())
	}
	return svc, actor, nil
}

// ask asks what pages ask, of a database with the plans of new, unchanged and a
// tenth changed.
func (b *bench) ask(ctx context.Context, d database, name string) (err error) {
	svc, actor, err := b.service(ctx, d, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.Close()) }()
	changes := func(step string, q store.ChangeQuery) func() error {
		return func() error {
			id, err := strconv.ParseInt(b.plans[step], 10, 64)
			if err != nil {
				return err
			}
			imp, err := svc.Import(ctx, actor, id)
			if err != nil {
				return err
			}
			for _, err := range svc.Changes(ctx, actor, imp, q) {
				if err != nil {
					return err
				}
			}
			return nil
		}
	}
	look := func(search string) func() error {
		return func() error {
			id, err := strconv.ParseInt(b.plans["new"], 10, 64)
			if err != nil {
				return err
			}
			imp, err := svc.Import(ctx, actor, id)
			if err == nil {
				_, err = svc.ChangePage(ctx, actor, imp, search, store.ChangePage{Limit: 51, Within: 1_000_000}) // as the page asks
			}
			return err
		}
	}
	count := func(filter string) func() error {
		return func() error {
			_, err := svc.Members(ctx, actor, admin.Which{Filter: filter}, "", 0)
			return err
		}
	}
	list := func(search string) func() error {
		return func() error { _, err := svc.Members(ctx, actor, admin.Which{}, search, 50); return err }
	}
	for _, q := range []struct {
		what string
		do   func() error
	}{
		{"first page of members, with their number", list("")},
		{"search by free text", list("1234")},
		{"count of a filter with an index (email)", count(`email sw "sato.1"`)},
		{"count of a filter on a field", count(`dept eq "部署07"`)},
		{"first 50 changes", changes("new", store.ChangeQuery{Limit: 50})},
		{"last 50 changes", changes("new", store.ChangeQuery{Limit: 50, After: b.rows - 50})},
		{"first 50 updates of a tenth", changes("tenth", store.ChangeQuery{Limit: 50, Actions: []plan.Action{plan.Update}})},
		{"first 50 rejects where there is none", changes("new", store.ChangeQuery{Limit: 50, Actions: []plan.Action{plan.Reject}})},
		{"a line of a plan", look(strconv.FormatInt(b.rows/2, 10))},
		{"an address that nobody has, in a plan", look("zz@")},
		{"problems where there are none", changes("new", store.ChangeQuery{Limit: 50, WithProblems: true})},
	} {
		var took []time.Duration
		for range 5 {
			begin := time.Now()
			if err := q.do(); err != nil {
				return fmt.Errorf("%s: %w", q.what, err)
			}
			took = append(took, time.Since(begin))
		}
		slices.Sort(took)
		b.asked[d.name()] = append(b.asked[d.name()], answer{q.what, took[2]})
		fmt.Fprintf(os.Stderr, "%-9s %-45s %8.1f ms\n", d.name(), q.what, float64(took[2].Microseconds())/1000)
	}
	return nil
}

// watch reads the first page of members again and again while the import of
// everybody is undone.
func (b *bench) watch(ctx context.Context, d database) (err error) {
	if err := d.copy(ctx, "everybody", "undo"); err != nil {
		return err
	}
	svc, actor, err := b.service(ctx, d, "undo")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.Close()) }()
	page := func() (time.Duration, error) {
		begin := time.Now()
		_, err := svc.Members(ctx, actor, admin.Which{}, "", 50)
		return time.Since(begin), err
	}
	var calm []time.Duration
	for range 11 {
		took, err := page()
		if err != nil {
			return err
		}
		calm = append(calm, took)
	}
	done := make(chan error, 1)
	go func() {
		_, err := b.undo(ctx, d)
		done <- err
	}()
	var took []time.Duration
	for tick := time.Tick(20 * time.Millisecond); ; {
		select {
		case err := <-done:
			slices.Sort(calm)
			slices.Sort(took)
			b.waits[d.name()] = waits{calm[len(calm)/2], took[len(took)/2], took[len(took)*99/100], took[len(took)-1]}
			return err
		case <-tick:
			t, err := page()
			if err != nil {
				return errors.Join(err, <-done)
			}
			took = append(took, t)
		}
	}
}
