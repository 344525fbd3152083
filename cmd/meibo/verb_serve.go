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
	"golang.org/x/sync/errgroup"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/problem"
	"meibo/internal/web"
)

// serveFlags are the flags of serve.
type serveFlags struct{ listen, metrics string }

func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use: "serve", Short: a.say.Say("help.serve"), Long: a.say.Say("help.serve.long"), Args: a.args(0, 0, "usage.no_arguments"),
		Example: "  meibo serve\n  MEIBO_SMTP=smtp://mail.example meibo serve --listen 0.0.0.0:8080 --metrics 127.0.0.1:9090 --db postgres://localhost/meibo",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("listen") {
				f.listen, _ = a.told("", "", "MEIBO_LISTEN", listenDefault)
			}
			f.metrics, _ = a.told("--metrics", f.metrics, "MEIBO_METRICS", "")
			return a.serve(cmd.Context(), f)
		},
	}
	cmd.Flags().StringVar(&f.listen, "listen", listenDefault, a.say.Say("flag.listen"))
	cmd.Flags().StringVar(&f.metrics, "metrics", "", a.say.Say("flag.metrics"))
	cmd.Flags().StringVar(&a.smtp, "smtp", "", a.say.Say("flag.smtp"))
	return cmd
}

// How long a server waits: for the head of a request, for the next one, and for
// what is being answered when it is to stop.
const (
	headTimeout = 10 * time.Second
	idleTimeout = 2 * time.Minute
	graceTime   = 30 * time.Second
)

// serve answers requests and does what waits in the background until it is told to
// stop, and lets what has begun end.
func (a *app) serve(ctx context.Context, f serveFlags) (err error) {
	counted := newMetrics()
	svc, err := a.openWatched(ctx, false, counted.settled)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.Close()) }()
	if err := svc.FilesReady(ctx); err != nil {
		return err
	}
	counted.registry.MustRegister(newWaiting(svc), newStatements(svc))
	log := slog.New(slog.NewTextHandler(a.stderr, nil))
	workers, err := a.workers(log)
	if err != nil {
		return err
	}
	pages, err := listen(ctx, f.listen)
	if err != nil {
		return err
	}
	code, err := a.setupCode(ctx, svc, pages.Addr())
	if err != nil {
		return errors.Join(err, pages.Close())
	}
	// One of these that ends ends the others.
	told := ctx
	group, ctx := errgroup.WithContext(ctx)
	mux := http.NewServeMux()
	health(ctx, mux, svc)
	mux.Handle("/", web.New(web.Config{Service: svc, Log: log, SetupCode: code, Mails: workers.Post != nil, Answered: counted.answered, Stop: ctx.Done()}))
	if f.metrics != "" {
		listener, err := listen(ctx, f.metrics)
		if err != nil {
			return errors.Join(err, pages.Close())
		}
		a.tell("%s", a.say.Say("serve.metrics", "address", "http://"+listener.Addr().String()+"/metrics"))
		group.Go(func() error { return serveUntil(ctx, newServer(counted.page(ctx, svc), log), listener) })
	}
	group.Go(func() error { return serveUntil(ctx, newServer(mux, log), pages) })
	group.Go(func() error { return svc.Work(ctx, workers) })
	a.tell("%s", a.say.Say("serve.listening", "address", "http://"+pages.Addr().String()))
	if code != "" {
		a.tell("%s", a.say.Say("serve.code", "code", code))
	}
	if err := group.Wait(); told.Err() == nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return nil // told to stop while something was beginning
}

func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: headTimeout, IdleTimeout: idleTimeout, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
}

// listen takes an address; its problem is AddressUnusable.
func listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, problem.Of(problem.NotFound, problem.AddressUnusable, "value", address)
	}
	return listener, nil
}

// workers say how background work is done here: mails leave where a mail server is
// named.
func (a *app) workers(log *slog.Logger) (admin.Workers, error) {
	w := admin.Workers{Log: log, Grace: graceTime, Text: func(lang string) admin.Texter { return locale.New(lang) }}
	if url, _ := a.smtpFrom(); url == "" {
		a.tell("%s", a.say.Say("serve.no_mails"))
		return w, nil
	}
	post, err := a.post()
	w.Post = &post
	return w, err
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
	if errors.Is(err, context.DeadlineExceeded) { // somebody is still loading a file: it is broken off
		err = server.Close()
	}
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
