package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// Some tests need a process of their own: to be killed, or to have their memory
// measured. They start this test binary again with an errand in its environment.
const errandVariable = "MEIBO_TEST_ERRAND"

func TestMain(m *testing.M) {
	text := os.Getenv(errandVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var e errand
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		panic(err)
	}
	if err := e.run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// An errand is what a child process does: one plan, apply or undo, as a command
// does, or work in the background, as a server does.
type errand struct {
	Database, Files string
	Do              string // plan, apply, undo, all (plan and apply, again while stale) or work
	File            string // of plan and all
	Import          int64  // of apply and undo
	Options         plan.Options
	KillStep        string // kill the process at the n-th progress with this step
	KillAt          int
	KillOnce        string        // a file that is made with the kill; where it is already, nobody is killed
	Later           time.Duration // how far the child's clock is ahead
	Profile         string        // where a CPU profile goes; empty for none
}

// A delivery is what a child process prints.
type delivery struct {
	Import store.Import
	Millis int64 // wall time without opening the database
	Most   int64 // memory that the process ever had, in bytes

	Processor time.Duration `json:"-"` // time of all cores; on PostgreSQL without the server's
}

func (e errand) run(ctx context.Context) error {
	debug.SetMemoryLimit(128 << 20) // as cmd/meibo does
	svc, err := admin.Open(ctx, admin.Config{Database: e.Database, Files: e.Files, Key: testKey,
		Now: func() time.Time { return time.Now().Add(e.Later) }})
	if err != nil {
		return err
	}
	actor, err := svc.Operator(ctx, "")
	if err != nil {
		return err
	}
	stop, err := e.profile()
	if err != nil {
		return err
	}
	begin := time.Now()
	imp, err := e.do(ctx, svc, actor)
	if err != nil {
		return err
	}
	took := time.Since(begin).Milliseconds()
	stop()
	if err := svc.Close(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(delivery{Import: imp, Millis: took, Most: mostMemoryEver()})
}

// mostMemoryEver is the most memory that this process had, in bytes: 0 where the
// system does not say. What it tells a parent when the process has ended
// (ru_maxrss) is at least what the parent itself had, on Linux.
func mostMemoryEver() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return 0
	}
	return kib << 10
}

func testKey(bool) ([]byte, error) { return bytes.Repeat([]byte{7}, 32), nil }

func (e errand) do(ctx context.Context, svc *admin.Service, actor admin.Actor) (store.Import, error) {
	switch e.Do {
	case "plan":
		return e.plan(ctx, svc, actor)
	case "undo":
		return svc.PlanUndo(ctx, actor, e.Import, plan.Options{}, e.killer())
	case "apply":
		return svc.Apply(ctx, actor, e.Import, admin.ApplyOptions{Accept: anyBrake(), Progress: e.killer()})
	case "work":
		return store.Import{}, e.work(ctx, svc)
	case "all":
		return planUntilApplied(ctx, svc, actor, func() (store.Import, error) { return e.plan(ctx, svc, actor) })
	}
	return store.Import{}, fmt.Errorf("no such errand: %s", e.Do)
}

func (e errand) plan(ctx context.Context, svc *admin.Service, actor admin.Actor) (store.Import, error) {
	f, err := os.Open(e.File)
	if err != nil {
		return store.Import{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return store.Import{}, err
	}
	return svc.Plan(ctx, actor, admin.Upload{Name: "test.csv", Content: f, Size: info.Size(), Limits: operatorLimits}, e.Options, e.killer())
}

// killer returns a progress that kills the process where the errand says. The
// process cannot do anything about it, nor about the moment.
func (e errand) killer() func(admin.Progress) {
	n := 0
	return func(p admin.Progress) {
		if e.KillStep == "" || e.KillStep != p.Step {
			return
		}
		if n++; n == e.KillAt && e.mayKill() {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
}

// mayKill reports whether nobody was killed for the same file before.
func (e errand) mayKill() bool {
	if e.KillOnce == "" {
		return true
	}
	f, err := os.OpenFile(e.KillOnce, os.O_CREATE|os.O_EXCL, 0o600)
	return err == nil && f.Close() == nil
}

// work works in the background until standard input ends, and prints every import
// that has ended.
func (e errand) work(ctx context.Context, svc *admin.Service) error {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, os.Stdin) // however it ends
	}()
	var mu sync.Mutex
	kill, out := e.killer(), json.NewEncoder(os.Stdout)
	return svc.Work(ctx, admin.Workers{Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Watch: func(_ context.Context, _, _ int64, p admin.Progress) {
			mu.Lock()
			defer mu.Unlock()
			kill(p)
		},
		Ended: func(i store.Import) {
			mu.Lock()
			defer mu.Unlock()
			if err := out.Encode(delivery{Import: i}); err != nil {
				panic(err)
			}
		}})
}

// command returns the child that carries out an errand.
func (e errand) command(t testing.TB) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), errandVariable+"="+string(text))
	return cmd
}

// deliver runs the child and returns what it did.
func (e errand) deliver(t testing.TB) delivery {
	t.Helper()
	cmd := e.command(t)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s in a process of its own: %v\n%s", e.Do, err, stderr.String())
	}
	var d delivery
	if err := json.Unmarshal(out, &d); err != nil {
		t.Fatalf("%s in a process of its own printed something else: %v", e.Do, err)
	}
	d.Processor = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if d.Most == 0 {
		d.Most = cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss * 1024 // Linux counts in KiB
	}
	return d
}
