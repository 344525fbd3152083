package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A sample is one step that was measured.
type sample struct {
	wall   time.Duration
	cpu    time.Duration // of the process, and of PostgreSQL's backends
	memory int64         // bytes; the most the process ever had
}

// stepFlag makes this program run another one and tell what it took.
const stepFlag = "-measured-step"

// A told is what a measured step tells on the pipe that is its file 3.
type told struct {
	Wall, CPU time.Duration
	Memory    int64
	Code      int
}

// step runs a program. Linux counts into the most memory that a process ever had
// what its parent had when it began: so the parent must be a small process, and
// not the one that has databases open.
func step(ctx context.Context, args []string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	begin := time.Now()
	err := cmd.Run()
	state := cmd.ProcessState
	if state == nil {
		return err
	}
	t := told{Wall: time.Since(begin), CPU: state.UserTime() + state.SystemTime(), Code: state.ExitCode(),
		Memory: state.SysUsage().(*syscall.Rusage).Maxrss << 10} // Linux counts in KiB
	return json.NewEncoder(os.NewFile(3, "told")).Encode(t)
}

// process runs a program from start to exit. Exit codes that are not 0 are
// errors but for those in fine.
func process(ctx context.Context, env []string, fine []int, name string, args ...string) (sample, []byte, error) {
	self, err := os.Executable()
	if err != nil {
		return sample{}, nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return sample{}, nil, err
	}
	defer read.Close()
	cmd := exec.CommandContext(ctx, self, append([]string{stepFlag, name}, args...)...)
	cmd.Env, cmd.ExtraFiles = append(os.Environ(), env...), []*os.File{write}
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err = errors.Join(cmd.Run(), write.Close())
	var t told
	if err == nil {
		err = json.NewDecoder(read).Decode(&t)
	}
	if err == nil && t.Code != 0 && !slices.Contains(fine, t.Code) {
		err = fmt.Errorf("exit %d", t.Code)
	}
	if err != nil {
		return sample{}, nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, said.String()+out.String())
	}
	return sample{wall: t.Wall, cpu: t.CPU, memory: t.Memory}, out.Bytes(), nil
}
