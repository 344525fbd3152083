package main

import (
	"context"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/problem"
)

func (a *app) seatsCommand() *cobra.Command {
	show := func(ctx context.Context, svc *admin.Service, actor admin.Actor, _ []string) error {
		now, err := svc.Seats(ctx, actor)
		if err != nil {
			return err
		}
		return a.showSeats(now)
	}
	get := a.verb("show", "  meibo seats show --json", show)
	get.Aliases = []string{"get", "list"}
	return a.noun("seats", get, a.seatsSet())
}

func (a *app) seatsSet() *cobra.Command {
	return a.verb("set N|unlimited", "  meibo seats set 40\n  meibo seats set unlimited",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			if args[0] == "" {
				return problem.New(problem.SeatsMalformed, "value", "")
			}
			limit, err := parseSeats(args[0])
			if err != nil {
				return err
			}
			now, err := svc.SetSeats(ctx, actor, limit)
			if err != nil {
				return err
			}
			return a.showSeats(now)
		})
}

// seatsJSON are the seats of an organisation; prices are JPY for a month.
type seatsJSON struct {
	Used     int64  `json:"used"`
	Limit    *int64 `json:"limit"` // null: unlimited
	Base     int64  `json:"base"`
	AddOn    int64  `json:"add_on"`
	Price    int64  `json:"add_on_price"`
	Total    int64  `json:"add_on_total"`
	Currency string `json:"currency"`
}

func (a *app) showSeats(now admin.SeatsNow) error {
	total := now.AddOn * now.Price
	switch {
	case a.json:
		return a.printJSON(map[string]any{"seats": seatsJSON{now.Used, now.Limit, now.Base, now.AddOn, now.Price, total, "JPY"}})
	case now.Limit == nil:
		a.tell("%s", a.say.Say("seats.show.unlimited", "use", now.Used))
		return nil
	}
	a.tell("%s", a.say.Say("seats.show", "use", now.Used, "limit", *now.Limit, "addon", now.AddOn))
	if now.AddOn > 0 {
		a.tell("%s", a.say.Say("seats.price", "addon", now.AddOn, "price", now.Price, "total", total))
	}
	return nil
}
