package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A bench is one run of the program.
type bench struct {
	config
	databases []database
	samples   map[string]map[string][]sample // by database, by step
	order     []string                       // of steps, as first seen
	machine   string
	waits     map[string]waits // of readers, by database
	asked     map[string][]answer
	plans     map[string]string // the last one of each step
	workbooks []booked
}

// instanceKey is the key of every database that is made here.
const instanceKey = "0707070707070707070707070707070707070707070707070707070707070707"

func prepare(ctx context.Context, c config) (*bench, error) {
	b := &bench{config: c, samples: map[string]map[string][]sample{}, waits: map[string]waits{}, plans: map[string]string{}, asked: map[string][]answer{}}
	if b.program == "" {
		b.program = filepath.Join(c.folder, "meibo")
		if _, _, err := process(ctx, nil, nil, "go", "build", "-o", b.program, "./cmd/meibo"); err != nil {
			return nil, err
		}
	}
	for _, name := range c.databases {
		switch name {
		case "sqlite":
			b.databases = append(b.databases, newFiles(c.folder))
		case "postgres":
			s := &server{folder: c.folder, address: c.server}
			if c.server == "" {
				var err error
				if s, err = startServer(ctx, c.folder); err != nil {
					return nil, err
				}
			}
			if err := s.look(ctx); err != nil {
				return nil, err
			}
			b.databases = append(b.databases, s)
		default:
			return nil, fmt.Errorf("unknown database %q", name)
		}
	}
	b.machine = machine(ctx, b)
	return b, errors.Join(roster(b.file("new.csv"), 0, c.rows, 0, false), roster(b.file("cp932.csv"), 0, c.rows, 0, true), mixed(b.file("mixed.csv"), c.rows),
		roster(b.file("tenth.csv"), 0, c.rows, 10, false), leavers(b.file("leavers.csv"), c.rows, 10), groupFile(b.file("groups.csv")),
		roster(b.file("small.csv"), 0, 10_000, 0, false), roster(b.file("fifty.csv"), 9_975, 10_025, 2, false),
		os.WriteFile(b.file("fields.json"), []byte(fieldDefinitions), 0o600))
}

func (b *bench) close() {
	for _, d := range b.databases {
		d.close()
	}
}

func (b *bench) file(name string) string { return filepath.Join(b.folder, name) }

// all runs every round: the databases in turn, and within a round ours and the
// floor in turn, so that whatever else the machine does meets both.
func (b *bench) all(ctx context.Context) error {
	switch b.only {
	case "books":
		return nil
	case "listmonk":
		return b.beside(ctx)
	}
	for _, d := range b.databases {
		b.samples[d.name()] = map[string][]sample{}
		if err := b.setUp(ctx, d); err != nil {
			return err
		}
	}
	for round := range b.runs {
		for _, d := range b.databases {
			if err := b.round(ctx, d, round); err != nil {
				return fmt.Errorf("%s, round %d: %w", d.name(), round+1, err)
			}
		}
	}
	for _, d := range b.databases {
		if b.only == "new" {
			break
		}
		if err := b.watch(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// setUp makes the database "empty", of which every step gets a copy.
func (b *bench) setUp(ctx context.Context, d database) error {
	if err := d.copy(ctx, "", "empty"); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"setup", "--org", "Bench", "--owner-email", "owner@bench.example", "--owner-name", "Owner", "--time-zone", "Asia/Tokyo"},
		{"groups", "import", b.file("groups.csv")}, {"fields", "import", b.file("fields.json")},
	} {
		if _, _, err := b.meibo(ctx, d, "empty", args...); err != nil {
			return err
		}
	}
	return nil
}

// meibo runs the program once. A plan that waits for its brakes is no error.
func (b *bench) meibo(ctx context.Context, d database, name string, args ...string) (s sample, out []byte, err error) {
	env := []string{"MEIBO_KEY=" + instanceKey, "MEIBO_FILES=" + b.file("kept-"+d.name()), "MEIBO_LANG=en"}
	served, err := serving(ctx, d, func() (sample, error) {
		s, out, err = process(ctx, env, []int{0, 5}, b.program, append(args, "--db", d.url(name))...)
		return s, err
	})
	return served, out, err
}

// serving adds the server's time to that of a step.
func serving(ctx context.Context, d database, step func() (sample, error)) (sample, error) {
	before := d.spent(ctx)
	s, err := step()
	s.cpu += d.spent(ctx) - before
	return s, err
}

func (b *bench) keep(d database, step string, s sample) {
	of := b.samples[d.name()]
	of[step] = append(of[step], s)
	known := false
	for _, o := range b.order {
		known = known || o == step
	}
	if !known {
		b.order = append(b.order, step)
	}
	fmt.Fprintf(os.Stderr, "%-9s %-18s %8.2f s %8.2f s of processor %5d MB\n", d.name(), step, s.wall.Seconds(), s.cpu.Seconds(), s.memory>>20)
}

func (b *bench) round(ctx context.Context, d database, round int) error {
	if err := b.first(ctx, d, round); err != nil || b.only == "new" {
		return err
	}
	if err := d.copy(ctx, "work", "everybody"); err != nil {
		return err
	}
	for _, s := range []struct{ name, file string }{{"unchanged", "new.csv"}, {"unchanged, mixed", "mixed.csv"}, {"tenth", "tenth.csv"}, {"delete", "leavers.csv"}} {
		if err := b.again(ctx, d, s.name, s.file); err != nil {
			return err
		}
		if s.name == "tenth" && round == 0 {
			if err := b.ask(ctx, d, "work"); err != nil {
				return err
			}
		}
	}
	if err := b.exports(ctx, d); err != nil {
		return err
	}
	if err := d.copy(ctx, "everybody", "undo"); err != nil {
		return err
	}
	s, err := b.undo(ctx, d)
	if err != nil {
		return err
	}
	b.keep(d, "undo", s)
	return b.cp932(ctx, d)
}

// first imports everybody, and fills the floor; which comes first changes with
// the round.
func (b *bench) first(ctx context.Context, d database, round int) error {
	floor := func() error {
		s, err := serving(ctx, d, func() (sample, error) { return d.fill(ctx) })
		if err == nil {
			b.keep(d, "floor", s)
		}
		return err
	}
	if round%2 == 1 {
		if err := floor(); err != nil {
			return err
		}
	}
	if err := d.copy(ctx, "empty", "work"); err != nil {
		return err
	}
	if err := b.planAndApply(ctx, d, "work", "new", b.file("new.csv")); err != nil {
		return err
	}
	if round == 0 {
		if err := d.dump(ctx, "work"); err != nil {
			return err
		}
	}
	if round%2 == 0 {
		return floor()
	}
	return nil
}

func (b *bench) again(ctx context.Context, d database, name, file string) error {
	return b.planAndApply(ctx, d, "work", name, b.file(file), "--match", "email")
}

// planAndApply makes a plan and applies it, each in a process of its own.
func (b *bench) planAndApply(ctx context.Context, d database, name, step, file string, options ...string) error {
	s, out, err := b.meibo(ctx, d, name, append([]string{"plan", file, "--json"}, options...)...)
	if err != nil {
		return err
	}
	b.keep(d, "plan "+step, s)
	var p struct {
		ID     int64
		State  string
		Rows   int64
		Counts map[string]int64
		Brakes []struct {
			Kind  string
			Count int64
		}
	}
	if err := json.Unmarshal(out, &p); err != nil {
		return err
	}
	if p.Counts["reject"] > 0 || p.Rows == 0 {
		return fmt.Errorf("%s: the plan has %d rejects of %d rows", step, p.Counts["reject"], p.Rows)
	}
	b.plans[step] = strconv.FormatInt(p.ID, 10)
	args := []string{"apply", b.plans[step], "--json"}
	var accept []string
	for _, brake := range p.Brakes {
		accept = append(accept, fmt.Sprintf("%s=%d", brake.Kind, brake.Count))
	}
	if accept != nil {
		args = append(args, "--accept", strings.Join(accept, ","))
	}
	if s, _, err = b.meibo(ctx, d, name, args...); err != nil {
		return err
	}
	b.keep(d, "apply "+step, s)
	return nil
}

// undo takes back the first import: everybody goes.
func (b *bench) undo(ctx context.Context, d database) (sample, error) {
	s, _, err := b.meibo(ctx, d, "undo", "undo", b.plans["new"], "--yes", "--json", "--accept",
		fmt.Sprintf("deletes=%d,memberships=%d", b.rows, b.rows))
	return s, err
}

func (b *bench) exports(ctx context.Context, d database) error {
	s, err := serving(ctx, d, func() (sample, error) { return d.export(ctx, "everybody") })
	if err != nil {
		return err
	}
	b.keep(d, "floor of export", s)
	if s, _, err = b.meibo(ctx, d, "everybody", "export", "-o", b.file("export.csv"), "--charset", "utf-8"); err != nil {
		return err
	}
	b.keep(d, "export", s)
	if s, _, err = b.meibo(ctx, d, "everybody", "export", "-o", b.file("sample.csv"), "--sample", "1000", "--seed", "7"); err != nil {
		return err
	}
	b.keep(d, "draw 1000", s)
	return nil
}

func (b *bench) cp932(ctx context.Context, d database) error {
	if err := d.copy(ctx, "empty", "work"); err != nil {
		return err
	}
	s, _, err := b.meibo(ctx, d, "work", "plan", b.file("cp932.csv"), "--json")
	if err != nil {
		return err
	}
	b.keep(d, "plan new (CP932)", s)
	if d.name() != "sqlite" {
		return nil
	}
	if err := d.copy(ctx, "empty", "work"); err != nil {
		return err
	}
	if _, _, err := b.meibo(ctx, d, "work", "import", b.file("small.csv"), "--yes"); err != nil {
		return err
	}
	s, _, err = b.meibo(ctx, d, "work", "import", b.file("fifty.csv"), "--match", "email", "--yes")
	b.keep(d, "50 rows of 10,000", s)
	return err
}
