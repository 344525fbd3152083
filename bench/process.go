package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A sample is one step that was measured.
type sample struct {
	wall   time.Duration
	cpu    time.Duration // of the process, without a database server's
	memory int64         // bytes; the most the process ever had
}

// process runs a program from start to exit. Exit codes that are not 0 are
// errors but for those in fine.
func process(ctx context.Context, env []string, fine []int, name string, args ...string) (sample, []byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	begin := time.Now()
	err := cmd.Run()
	s := sample{wall: time.Since(begin)}
	if state := cmd.ProcessState; state != nil {
		s.cpu = state.UserTime() + state.SystemTime()
		s.memory = state.SysUsage().(*syscall.Rusage).Maxrss << 10 // Linux counts in KiB
		for _, code := range fine {
			if state.ExitCode() == code {
				err = nil
			}
		}
	}
	if err != nil {
		return s, nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, said.String()+out.String())
	}
	return s, out.Bytes(), nil
}
