package web

import (
	"io"
	"mime"
	"net/http"
)

// A download writes a file to the reader. Its head goes out with the first byte, so
// that what goes wrong before is a page; afterwards the connection is broken off,
// and never looks like a complete file (SPEC E5).
type download struct {
	q          *request
	name, mime string
	begun      bool
}

func (d *download) Write(p []byte) (int, error) {
	if !d.begun {
		d.begin()
	}
	return d.q.w.Write(p)
}

func (d *download) begin() {
	d.begun = true
	h := d.q.w.Header()
	h.Set("Content-Type", d.mime)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.name}))
	h.Set("Cache-Control", "no-store")
}

// The media types of what can be downloaded (IANA).
var mediaTypes = map[string]string{
	"csv":  "text/csv",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"json": "application/json",
	"zip":  "application/zip",
}

// mediaType is that of a kind of file, by its extension.
func mediaType(extension string) string {
	if t, ok := mediaTypes[extension]; ok {
		return t
	}
	return "application/octet-stream"
}

// download sends what write writes as a file.
func (q *request) download(name, mediaType string, write func(w io.Writer) error) error {
	d := &download{q: q, name: name, mime: mediaType}
	err := write(d)
	if err == nil || !d.begun {
		return err
	}
	q.log.Warn("download broken off", "request", q.id, "route", q.r.Pattern, "error", err.Error())
	panic(http.ErrAbortHandler)
}
