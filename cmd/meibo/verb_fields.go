package main

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/problem"
)

func (a *app) fieldsCommand() *cobra.Command {
	return a.noun("fields", a.fieldsList(), a.fieldsShow(), a.fieldsAdd(), a.fieldsEdit(), a.fieldsDelete(), a.fieldsExport(), a.fieldsImport())
}

func (a *app) showFields(all []member.Field) error {
	t := a.table("identifier", "label", "type", "required", "choices", "restriction")
	for _, f := range all {
		label := f.LabelEN
		if a.say.Lang() == "ja" {
			label = f.LabelJA
		}
		choices := make([]string, len(f.Choices))
		for i, c := range f.Choices {
			choices[i] = c.Key + "=" + c.Shown()
		}
		t.add(f.Identifier, label, string(f.Type), a.mark(f.Required), strings.Join(choices, ", "), restriction(f))
	}
	return a.show(t, map[string]any{"fields": orEmpty(all)})
}

// restriction shows what a text may be like, in the words of the flags.
func restriction(f member.Field) string {
	var parts []string
	if f.MinLength > 0 || f.MaxLength > 0 {
		parts = append(parts, strconv.Itoa(f.MinLength)+"–"+strings.TrimPrefix(strconv.Itoa(f.MaxLength), "0"))
	}
	if f.Format != "" {
		parts = append(parts, strings.TrimSpace(f.Format+" "+f.Pattern))
	}
	if len(f.Extensions) > 0 {
		parts = append(parts, strings.Join(f.Extensions, " "))
	}
	if f.MaxSize > 0 {
		parts = append(parts, "≤ "+strconv.FormatInt(f.MaxSize, 10))
	}
	return strings.Join(parts, ", ")
}

func (a *app) fieldsList() *cobra.Command {
	return a.verb("list", "  meibo fields list",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, _ []string) error {
			all, err := svc.Fields(ctx, actor)
			if err != nil {
				return err
			}
			return a.showFields(all)
		})
}

func (a *app) fieldsShow() *cobra.Command {
	return a.verb("show IDENTIFIER", "  meibo fields show branch",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			f, err := svc.Field(ctx, actor, args[0])
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]any{"field": f})
			}
			return a.showFields([]member.Field{f})
		})
}

// fieldFlags are the flags of a definition.
type fieldFlags struct {
	member.Field
	kind    string
	choices []string // KEY=LABEL
	allowed []string // extensions, with or without the dot
}

func (a *app) addFieldFlags(cmd *cobra.Command, f *fieldFlags) {
	flags := cmd.Flags()
	flags.StringVar(&f.LabelEN, "label-en", "", a.say.Say("flag.label-en"))
	flags.StringVar(&f.LabelJA, "label-ja", "", a.say.Say("flag.label-ja"))
	flags.BoolVar(&f.Required, "required", false, a.say.Say("flag.required"))
	flags.StringArrayVar(&f.choices, "choice", nil, a.say.Say("flag.choice"))
	flags.IntVar(&f.MinLength, "min-length", 0, a.say.Say("flag.min-length"))
	flags.IntVar(&f.MaxLength, "max-length", 0, a.say.Say("flag.max-length"))
	flags.StringVar(&f.Format, "format", "", a.say.Say("flag.text-format"))
	flags.StringVar(&f.Pattern, "pattern", "", a.say.Say("flag.pattern"))
	flags.StringSliceVar(&f.allowed, "extensions", nil, a.say.Say("flag.extensions"))
	flags.Int64Var(&f.MaxSize, "max-size", 0, a.say.Say("flag.max-size"))
	flags.Int64Var(&f.Position, "position", 0, a.say.Say("flag.position"))
	flags.StringVar(&f.kind, "type", "", a.say.Say("flag.type"))
}

// edit changes a definition as the flags that were given say.
func (f *fieldFlags) edit(cmd *cobra.Command, to *member.Field) {
	set(cmd, "type", &to.Type, member.FieldType(f.kind))
	set(cmd, "label-en", &to.LabelEN, f.LabelEN)
	set(cmd, "label-ja", &to.LabelJA, f.LabelJA)
	set(cmd, "required", &to.Required, f.Required)
	set(cmd, "choice", &to.Choices, choicesOf(f.choices))
	set(cmd, "min-length", &to.MinLength, f.MinLength)
	set(cmd, "max-length", &to.MaxLength, f.MaxLength)
	set(cmd, "format", &to.Format, f.Format)
	set(cmd, "pattern", &to.Pattern, f.Pattern)
	set(cmd, "extensions", &to.Extensions, extensionsOf(f.allowed))
	set(cmd, "max-size", &to.MaxSize, f.MaxSize)
	set(cmd, "position", &to.Position, f.Position)
}

// set puts the value of a flag where it belongs, if the flag was given.
func set[T any](cmd *cobra.Command, flag string, to *T, value T) {
	if cmd.Flags().Changed(flag) {
		*to = value
	}
}

// choicesOf reads KEY=LABEL; without a label the key is shown.
func choicesOf(texts []string) []member.Choice {
	var choices []member.Choice
	for _, text := range texts {
		key, label, _ := strings.Cut(text, "=")
		choices = append(choices, member.Choice{Key: member.Trim(key), Label: member.Trim(label)})
	}
	return choices
}

// extensionsOf reads extensions as people type them.
func extensionsOf(texts []string) []string {
	var extensions []string
	for _, text := range texts {
		if text = strings.TrimPrefix(strings.ToLower(member.Trim(text)), "."); text != "" {
			extensions = append(extensions, text)
		}
	}
	return extensions
}

func (a *app) fieldsAdd() *cobra.Command {
	var f fieldFlags
	var cmd *cobra.Command
	cmd = a.verb("add IDENTIFIER", `  meibo fields add branch --type select --label-ja 支店 --choice tokyo=東京 --choice osaka=大阪
  meibo fields add staff_no --type text --format digits --min-length 6 --max-length 6 --required
  meibo fields add photo --type file --label-ja 写真 --extensions png,jpg --max-size 2000000`,
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			field := member.Field{Identifier: args[0]}
			f.edit(cmd, &field)
			field, err := svc.AddField(ctx, actor, field)
			if err != nil {
				return err
			}
			return a.done("item.added", field.Identifier, "field", field)
		})
	a.addFieldFlags(cmd, &f)
	if err := cmd.MarkFlagRequired("type"); err != nil {
		panic(err)
	}
	return cmd
}

func (a *app) fieldsEdit() *cobra.Command {
	var f fieldFlags
	var cmd *cobra.Command
	cmd = a.verb("edit IDENTIFIER", "  meibo fields edit branch --required --position 1\n  meibo fields edit branch --required=false",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			field, err := svc.EditField(ctx, actor, args[0], func(field *member.Field) { f.edit(cmd, field) })
			if err != nil {
				return err
			}
			return a.done("item.changed", field.Identifier, "field", field)
		})
	a.addFieldFlags(cmd, &f)
	return cmd
}

func (a *app) fieldsDelete() *cobra.Command {
	var d admin.FieldDeletion
	var accept string
	cmd := a.verb("delete IDENTIFIER", "  meibo fields delete branch --clear-values\n  meibo fields delete branch --clear-values --accept cleared=40",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) (err error) {
			if d.Accept, err = a.parseAccept(accept); err != nil {
				return err
			}
			imp, err := svc.DeleteField(ctx, actor, args[0], d)
			if err != nil {
				return err
			}
			return a.deleted(args[0], imp)
		})
	cmd.Flags().BoolVar(&d.ClearValues, "clear-values", false, a.say.Say("flag.clear-values"))
	cmd.Flags().StringVar(&accept, "accept", "", a.say.Say("flag.accept"))
	return cmd
}

func (a *app) fieldsExport() *cobra.Command {
	var file string
	cmd := a.verb("export", "  meibo fields export -o fields.json",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, _ []string) error {
			return a.output(file, func(w io.Writer) error { return svc.ExportFields(ctx, actor, w) })
		})
	cmd.Flags().StringVarP(&file, "output", "o", "", a.say.Say("flag.output"))
	return cmd
}

func (a *app) fieldsImport() *cobra.Command {
	return a.verb("import FILE", "  meibo fields import fields.json",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) (err error) {
			content, size, closeInput, err := a.openInput(args[0])
			if err != nil {
				return admin.Unreadable(args[0], err)
			}
			defer func() { err = errors.Join(err, closeInput()) }()
			done, err := svc.ImportFields(ctx, actor, io.NewSectionReader(content, 0, size))
			if err != nil {
				return a.refusedFile(err)
			}
			if a.json {
				return a.printJSON(map[string]any{"added": done.Added, "changed": done.Changed, "unchanged": done.Unchanged})
			}
			a.tell("%s", a.say.Say("list.imported", "added", done.Added, "changed", done.Changed, "deleted", 0, "unchanged", done.Unchanged))
			return nil
		})
}

// refusedFile ends a verb because of what is in a file: told like any problem,
// with the exit code of a file of which nothing was applied.
func (a *app) refusedFile(err error) error {
	var p problem.Problem
	if !errors.As(err, &p) || p.Kind == problem.Forbidden {
		return err
	}
	a.tell("%s", a.say.Problem(p))
	return exit(exitProblems)
}
