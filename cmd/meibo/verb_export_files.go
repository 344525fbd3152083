package main

import (
	"context"
	"io"

	"meibo/internal/admin"
)

// exportFiles writes the files of the same members as the table, if that was
// asked for (SPEC E4). seed is that of the draw, if there was one.
func (a *app) exportFiles(ctx context.Context, svc *admin.Service, actor admin.Actor, f *exportFlags, seed string) (done admin.FilesExported, err error) {
	if f.files == "" {
		return done, nil
	}
	e := f.e
	e.Seed = seed
	bar := a.progressBar()
	err = a.output(f.files, func(w io.Writer) (err error) {
		done, err = svc.ExportFiles(ctx, actor, e, w, bar.update)
		return err
	})
	bar.done()
	if err == nil && !a.json && !isStdout(f.files) {
		a.tell("%s", a.say.Say("files.exported", "n", done.Files, "file", f.files))
	}
	return done, err
}

// filesJSON is what JSON says of the zip; null if none was asked for.
func filesJSON(f *exportFlags, done admin.FilesExported) any {
	if f.files == "" {
		return nil
	}
	return map[string]any{"file": f.files, "count": done.Files, "bytes": done.Bytes}
}
