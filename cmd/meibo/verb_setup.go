package main

import (
	"errors"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
)

func (a *app) setupCommand() *cobra.Command {
	var org, email, name, seats, zone, baseURL, sender string
	cmd := &cobra.Command{
		Use: "setup --org NAME --owner-email ADDRESS --owner-name NAME", Short: a.say.Say("help.setup"), Args: a.args(0, 0, "usage.no_arguments"),
		Example: `  meibo setup --org "Acme" --owner-email a@acme.example --owner-name "A. Ito"
  meibo setup --db postgres://localhost/meibo --org 株式会社例 --owner-email ito@rei.example --owner-name 伊藤 --seats 15 --time-zone Asia/Tokyo`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			n := admin.NewOrganisation{Name: member.Trim(org), OwnerEmail: email, OwnerName: name}
			if n.Seats, err = parseSeats(seats); err != nil {
				return err
			}
			if n.Zone, err = parseZone(zone); err != nil {
				return err
			}
			if n.Settings, err = settingsOf(map[string]string{plan.BaseURL: baseURL, plan.Sender: sender}); err != nil {
				return err
			}
			return a.setup(cmd, n)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&org, "org", "", a.say.Say("flag.org"))
	flags.StringVar(&email, "owner-email", "", a.say.Say("flag.owner-email"))
	flags.StringVar(&name, "owner-name", "", a.say.Say("flag.owner-name"))
	flags.StringVar(&seats, "seats", "", a.say.Say("flag.seats"))
	flags.StringVar(&zone, "time-zone", "", a.say.Say("flag.time-zone"))
	flags.StringVar(&baseURL, "base-url", "", a.say.Say("flag.base-url"))
	flags.StringVar(&sender, "sender", "", a.say.Say("flag.sender"))
	for _, required := range []string{"org", "owner-email", "owner-name"} {
		if err := cmd.MarkFlagRequired(required); err != nil {
			panic(err)
		}
	}
	return cmd
}

func (a *app) setup(cmd *cobra.Command, n admin.NewOrganisation) (err error) {
	svc, err := a.open(cmd.Context(), false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.Close()) }()
	actor, imp, err := svc.SetUp(cmd.Context(), n)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"organisation": actor.Org.Code, "name": actor.Org.Name, "owner_member_id": imp.FirstMember})
	}
	a.tell("%s", a.say.Say("setup.done", "name", actor.Org.Name, "email", n.OwnerEmail))
	return nil
}

func parseSeats(s string) (*int64, error) {
	if s == "" || s == "unlimited" {
		return nil, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return nil, problem.New(problem.SeatsMalformed, "value", s)
	}
	return &n, nil
}

// parseZone reads a time zone; without one the machine's.
func parseZone(s string) (*time.Location, error) {
	if s == "" {
		if name := time.Local.String(); name != "Local" {
			return time.Local, nil
		}
		s = "UTC"
	}
	return admin.ParseZone(s)
}

func settingsOf(values map[string]string) (plan.Settings, error) {
	settings := plan.Settings{}
	for name, value := range values {
		if value == "" {
			continue
		}
		var err error
		if settings, err = settings.With(name, value); err != nil {
			return nil, err
		}
	}
	return settings, nil
}
