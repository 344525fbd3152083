// Command meibo keeps an organisation's members in order from a spreadsheet.
//
// It puts the parts together and speaks to the terminal. It knows no rule:
// whatever a person may do is a method of package admin.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // organisations have time zones, machines may have none
)

func main() {
	// Planning makes much garbage and keeps little: collecting early keeps the
	// process far below 256 MiB (SPEC F11) at no measurable cost.
	debug.SetMemoryLimit(128 << 20)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code) // the only os.Exit in the program
}
