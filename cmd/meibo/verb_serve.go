package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/problem"
	"meibo/internal/web"
)

func (a *app) serveCommand() *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use: "serve", Short: a.say.Say("help.serve"), Long: a.say.Say("help.serve.long"), Args: a.args(0, 0, "usage.no_arguments"),
		Example: "  meibo serve\n  meibo serve --listen 0.0.0.0:8080 --db postgres://localhost/meibo",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.serve(cmd.Context(), listen)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", a.say.Say("flag.listen"))
	return cmd
}

// How long a server waits: for the head of a request, for the next one, and for
// what is being answered when it is to stop.
const (
	headTimeout = 10 * time.Second
	idleTimeout = 2 * time.Minute
	graceTime   = 30 * time.Second
)

// serve answers requests until it is told to stop, and lets those that have begun
// end.
func (a *app) serve(ctx context.Context, address string) (err error) {
	svc, err := a.open(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.Close()) }()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return problem.Of(problem.NotFound, problem.AddressUnusable, "value", address)
	}
	code, err := a.setupCode(ctx, svc, listener.Addr())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	log := slog.New(slog.NewTextHandler(a.stderr, nil))
	server := &http.Server{Handler: web.New(web.Config{Service: svc, Log: log, SetupCode: code}), ReadHeaderTimeout: headTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	a.tell("%s", a.say.Say("serve.listening", "address", "http://"+listener.Addr().String()))
	if code != "" {
		a.tell("%s", a.say.Say("serve.code", "code", code))
	}
	return serveUntil(ctx, server, listener)
}

// serveUntil serves until ctx ends.
func serveUntil(ctx context.Context, server *http.Server, listener net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceTime)
	defer cancel()
	err := server.Shutdown(grace)
	if serving := <-failed; !errors.Is(serving, http.ErrServerClosed) {
		err = errors.Join(err, serving)
	}
	return err
}

// setupCode is what the first visit must type to set up: where others than this
// machine reach the address and there is no organisation yet (SPEC R0).
func (a *app) setupCode(ctx context.Context, svc *admin.Service, address net.Addr) (string, error) {
	var p problem.Problem
	_, err := svc.SignInOrganisation(ctx, "")
	switch {
	case err == nil:
		return "", nil
	case !errors.As(err, &p):
		return "", err
	case p.Code != problem.NotSetUp: // there are several
		return "", nil
	}
	if tcp, ok := address.(*net.TCPAddr); ok && tcp.IP.IsLoopback() {
		return "", nil
	}
	text := strings.ToLower(rand.Text()) // 128 bits and more
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:16], nil
}
