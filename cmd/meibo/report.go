package main

import (
	"context"

	"meibo/internal/admin"
	"meibo/internal/store"
)

// writeReport writes the report of an import to a file, if one was asked for.
func (a *app) writeReport(ctx context.Context, svc *admin.Service, actor admin.Actor, imp store.Import, name string) error {
	return nil
}
