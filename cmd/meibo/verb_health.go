package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"meibo/internal/problem"
)

func (a *app) healthCommand() *cobra.Command {
	return &cobra.Command{
		Use: "health [ADDRESS]", Short: a.say.Say("help.health"), Long: a.say.Say("help.health.long"), Args: a.args(0, 1, "usage.no_arguments"),
		Example: "  meibo health\n  meibo health 127.0.0.1:9090\n  meibo health https://members.example.org",
		RunE: func(cmd *cobra.Command, args []string) error {
			listen, _ := a.told("", "", "MEIBO_LISTEN", listenDefault)
			address := ownAddress(listen)
			if len(args) > 0 {
				if address = args[0]; !strings.Contains(address, "://") {
					address = ownAddress(address)
				}
			}
			if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				return a.usage("usage.server_address", "verb", cmd.CommandPath())
			}
			return a.askHealth(cmd.Context(), address)
		},
	}
}

// ownAddress is where this machine reaches what listens on an address.
func ownAddress(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "http://" + listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// healthTime is how long a server is waited for.
const healthTime = 5 * time.Second

// askHealth asks a server whether it is ready. Its problem is ServerNotReady.
func (a *app) askHealth(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(address, "/")+"/readyz", nil)
	if err != nil {
		return notReady(address, "")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return notReady(address, "")
	}
	defer response.Body.Close()
	word, err := io.ReadAll(io.LimitReader(response.Body, 100))
	if err != nil || response.StatusCode != http.StatusOK {
		return notReady(address, strings.TrimSpace(string(word)))
	}
	a.tell("%s", a.say.Say("health.ready", "address", address))
	return nil
}

func notReady(address, word string) error {
	return problem.Of(problem.NotFound, problem.ServerNotReady, "value", shownURL(address), "reason", word)
}
