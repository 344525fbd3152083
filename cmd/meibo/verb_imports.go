package main

import (
	"context"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/store"
)

func (a *app) importsCommand() *cobra.Command {
	var limit int
	var edits bool
	cmd := &cobra.Command{
		Use: "imports [ID]", Short: a.say.Say("help.imports"), Args: a.someID,
		Example: "  meibo imports\n  meibo imports 12\n  meibo imports --json --limit 5 | jq '.imports[].id'\n  meibo imports discard 12",
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return a.usage("usage.flag_invalid", "verb", cmd.CommandPath(), "flag", "--limit", "value", strconv.Itoa(limit))
			}
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				if len(args) == 1 {
					return a.showImport(cmd.Context(), svc, actor, args[0])
				}
				q := store.ImportQuery{Kinds: []store.Kind{store.FileImport, store.UndoImport}, Limit: limit}
				if edits {
					q.Kinds = nil
				}
				return a.listImports(cmd.Context(), svc, actor, q)
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 50, a.say.Say("flag.limit"))
	cmd.Flags().BoolVar(&edits, "edits", false, a.say.Say("flag.edits"))
	cmd.AddCommand(a.discardCommand(), a.cancelCommand())
	return cmd
}

func (a *app) someID(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return a.usage("usage.one_id", "verb", cmd.CommandPath())
	}
	return nil
}

func (a *app) discardCommand() *cobra.Command {
	return &cobra.Command{
		Use: "discard ID", Short: a.say.Say("help.imports.discard"), Args: a.args(1, 1, "usage.one_id"),
		Example: "  meibo imports discard 12",
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := importID(args[0])
			if err != nil {
				return err
			}
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				if err := svc.Discard(cmd.Context(), actor, id); err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]any{"id": id, "state": store.Discarded})
				}
				a.tell("%s", a.say.Say("imports.discarded", "id", id))
				return nil
			})
		},
	}
}

// importJSON is an import as it is listed. Every key is always present; what is
// unknown is null.
type importJSON struct {
	ID           int64            `json:"id"`
	Kind         store.Kind       `json:"kind"`
	UndoOf       *int64           `json:"undo_of"`
	State        store.State      `json:"state"`
	CreatedAt    string           `json:"created_at"`
	AppliedAt    *string          `json:"applied_at"`
	Who          *string          `json:"who"`         // name; null for the operator of the machine
	WhoID        *int64           `json:"who_id"`      // member ID
	Approver     *string          `json:"approver"`    // name of the second person, if one had to approve; null for the operator, too
	ApproverID   *int64           `json:"approver_id"` // member ID
	File         *string          `json:"file"`
	SHA256       *string          `json:"sha256"`
	FileKept     bool             `json:"file_kept"`
	Passwords    bool             `json:"passwords"` // random ones can be fetched
	Layout       *string          `json:"layout"`
	Charset      *string          `json:"charset"`
	Options      plan.Options     `json:"options"`
	Rows         int64            `json:"rows"`
	Counts       map[string]int64 `json:"counts"`
	CountsAbsent map[string]int64 `json:"counts_absent"`
	Mails        int64            `json:"mails"`
	Sum          *string          `json:"sum"`
}

func (a *app) importObject(svc *admin.Service, imp store.Import, names map[int64]string) importJSON {
	out := importJSON{ID: imp.ID, Kind: imp.Kind, UndoOf: some(imp.UndoOf), State: imp.State, CreatedAt: stamp(imp.CreatedAt),
		Who: some(names[imp.ActorID]), WhoID: some(imp.ActorID), Approver: some(names[imp.ApproverID]), ApproverID: some(imp.ApproverID), File: some(imp.FileName), SHA256: some(hex.EncodeToString(imp.FileSHA256)),
		FileKept: imp.FileKey != "", Passwords: svc.HasPasswords(imp), Layout: some(string(imp.Layout)), Charset: some(imp.Charset), Options: imp.Options,
		Rows: imp.Rows, Counts: map[string]int64{}, CountsAbsent: map[string]int64{"delete": imp.Outcome.Absent[plan.Delete]},
		Mails: imp.Mails, Sum: some(hex.EncodeToString(imp.Sum))}
	if imp.AppliedAt != 0 {
		out.AppliedAt = some(stamp(imp.AppliedAt))
	}
	for _, action := range plan.Actions {
		out.Counts[action.String()] = imp.Outcome.Counts[action]
	}
	return out
}

func (a *app) listImports(ctx context.Context, svc *admin.Service, actor admin.Actor, q store.ImportQuery) error {
	imports, err := svc.Imports(ctx, actor, q)
	if err != nil {
		return err
	}
	names, err := svc.Authors(ctx, actor, imports...)
	if err != nil {
		return err
	}
	t := a.table("id", "when", "who", "kind", "file", "rows", "state")
	list := make([]importJSON, len(imports))
	for i, imp := range imports {
		list[i] = a.importObject(svc, imp, names)
		t.add(strconv.FormatInt(imp.ID, 10), a.say.Time(timeOf(imp.CreatedAt, actor)), a.importAuthor(imp.Kind, imp.ActorID, names), a.kindOf(imp), imp.FileName,
			a.say.Number(imp.Rows), a.say.Say("state."+string(imp.State)))
	}
	return a.show(t, map[string]any{"imports": list})
}

// author names who made an import or export.
func (a *app) author(id int64, names map[int64]string) string {
	switch {
	case id == 0:
		return a.say.Say("word.operator")
	case names[id] == "":
		return "#" + strconv.FormatInt(id, 10) // erased, or without a name
	}
	return names[id]
}

// importAuthor names who made an import. Who accepts an invitation was no member
// yet.
func (a *app) importAuthor(kind store.Kind, id int64, names map[int64]string) string {
	if kind == store.AcceptImport {
		return a.say.Say("word.invited")
	}
	return a.author(id, names)
}

func (a *app) kindOf(imp store.Import) string {
	return a.say.Say("kind."+string(imp.Kind), "import", imp.UndoOf)
}

// showImport shows one import: who, when, from what, with which options, and
// what it came to.
func (a *app) showImport(ctx context.Context, svc *admin.Service, actor admin.Actor, arg string) error {
	id, err := importID(arg)
	if err != nil {
		return err
	}
	imp, err := svc.Import(ctx, actor, id)
	if err != nil {
		return err
	}
	names, err := svc.Authors(ctx, actor, imp)
	if err != nil {
		return err
	}
	at, err := svc.Progress(ctx, actor, id)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"import": a.importObject(svc, imp, names), "progress": standingObject(at)})
	}
	return a.importTable(svc, actor, imp, names, at).write(a.stdout)
}

func (a *app) importTable(svc *admin.Service, actor admin.Actor, imp store.Import, names map[int64]string, at admin.Standing) *table {
	t := a.table("attribute", "value")
	add := func(name, value string) {
		if value != "" {
			t.add(a.say.Say("column."+name), value)
		}
	}
	add("id", strconv.FormatInt(imp.ID, 10))
	add("kind", a.kindOf(imp))
	add("state", a.say.Say("state."+string(imp.State)))
	add("progress", a.standing(at))
	add("who", a.importAuthor(imp.Kind, imp.ActorID, names))
	add("when", a.say.Time(timeOf(imp.CreatedAt, actor)))
	if imp.AppliedAt != 0 {
		add("applied", a.say.Time(timeOf(imp.AppliedAt, actor)))
	}
	if imp.ApproverID != 0 {
		add("approver", a.author(imp.ApproverID, names))
	}
	add("file", imp.FileName)
	add("sha256", hex.EncodeToString(imp.FileSHA256))
	add("file_kept", a.mark(imp.FileKey != ""))
	add("passwords", a.mark(svc.HasPasswords(imp)))
	add("charset", imp.Charset)
	var options strings.Builder
	if err := encodeTo(&options, imp.Options); err == nil {
		add("options", options.String())
	}
	add("rows", a.say.Number(imp.Rows))
	for _, action := range plan.Actions {
		if n := imp.Outcome.Counts[action]; n > 0 {
			t.add(a.say.Action(action.String()), a.say.Number(n))
		}
	}
	if n := imp.Outcome.Absent[plan.Delete]; n > 0 {
		add("absent", a.say.Number(n))
	}
	return t
}
