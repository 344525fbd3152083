package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// This file measures another importer beside ours: that of listmonk, a newsletter
// manager whose subscribers are much like our members. It is fetched from the Go
// module proxy, built and run in the temporary folder; none of its code is here.

// listmonkModule is the newest version that the module proxy serves: later ones
// have a major version without its path, which modules cannot name.
const listmonkModule = "github.com/knadh/listmonk@v1.1.0"

// A listmonk is one that is built and has a database of its own on the server.
type listmonk struct {
	folder string
	server *server
	client http.Client
	base   string // of its API
}

// beside imports the same members with listmonk and with ours, in turn, on one
// server: first into nothing, then the same file once more.
func (b *bench) beside(ctx context.Context) error {
	s, ok := b.databases[0].(*server)
	if !ok || len(b.databases) > 1 {
		return errors.New("listmonk knows PostgreSQL only: give -databases postgres")
	}
	l, err := buildListmonk(ctx, b.folder, s)
	if err != nil {
		return err
	}
	if err := subscribers(b.file("subscribers.csv"), b.rows); err != nil {
		return err
	}
	b.samples[s.name()] = map[string][]sample{}
	if err := b.setUp(ctx, s); err != nil {
		return err
	}
	for round := range b.runs {
		steps := []func(context.Context) error{
			func(ctx context.Context) error { return b.importTwice(ctx, s) },
			func(ctx context.Context) error { return b.subscribeTwice(ctx, l) },
		}
		if round%2 == 1 {
			slices.Reverse(steps)
		}
		for _, step := range steps {
			if err := step(ctx); err != nil {
				return fmt.Errorf("round %d: %w", round+1, err)
			}
		}
	}
	return nil
}

func (b *bench) importTwice(ctx context.Context, s *server) error {
	if err := s.copy(ctx, "empty", "work"); err != nil {
		return err
	}
	for _, step := range []struct {
		name    string
		options []string
		count   string // of what the plan must have everybody
	}{{"import new", nil, "create"}, {"import unchanged", []string{"--match", "email"}, "keep"}} {
		took, out, err := b.meibo(ctx, s, "work", append([]string{"import", b.file("new.csv"), "--yes", "--json"}, step.options...)...)
		if err != nil {
			return err
		}
		var done struct {
			State  string
			Counts map[string]int64
		}
		if err := json.Unmarshal(out, &done); err != nil {
			return err
		}
		if done.State != "applied" || done.Counts[step.count] != b.rows {
			return fmt.Errorf("%s: %s, %v", step.name, done.State, done.Counts)
		}
		b.keep(s, step.name, took)
	}
	return nil
}

// subscribeTwice runs a server of listmonk for each of two imports.
func (b *bench) subscribeTwice(ctx context.Context, l *listmonk) error {
	if err := l.server.copy(ctx, "", "listmonk"); err != nil {
		return err
	}
	if _, _, err := process(ctx, nil, nil, "sh", "-c", `cd "$0" && exec ./listmonk --install --yes`, l.folder); err != nil {
		return err
	}
	if err := l.server.maintain(ctx, "CHECKPOINT"); err != nil {
		return err
	}
	for _, step := range []string{"listmonk new", "listmonk unchanged"} {
		var took time.Duration
		s, err := serving(ctx, l.server, func() (s sample, err error) {
			s, took, err = l.run(ctx, b.file("subscribers.csv"), b.rows)
			return s, err
		})
		if err != nil {
			return err
		}
		s.wall = took
		b.keep(l.server, step, s)
	}
	return nil
}

// buildListmonk fetches and builds it. Its pages, which need Node, are left out:
// the import is part of its API.
func buildListmonk(ctx context.Context, folder string, s *server) (*listmonk, error) {
	l := &listmonk{folder: filepath.Join(folder, "listmonk"), server: s}
	_, out, err := process(ctx, []string{"GOFLAGS=-mod=mod"}, nil, "go", "mod", "download", "-json", listmonkModule)
	if err != nil {
		return nil, err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		return nil, err
	}
	if err := os.CopyFS(l.folder, os.DirFS(module.Dir)); err != nil {
		return nil, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	l.base = "http://" + address
	c, err := pgx.ParseConfig(s.address)
	if err != nil {
		return nil, err
	}
	settings := fmt.Sprintf("[app]\naddress = %q\nadmin_username = \"\"\nadmin_password = \"\"\n[db]\nhost = %q\nport = %d\nuser = %q\npassword = %q\ndatabase = \"listmonk\"\n"+
		"ssl_mode = \"disable\"\nmax_open = 25\nmax_idle = 25\nmax_lifetime = \"300s\"\n", address, c.Host, c.Port, c.User, cmp.Or(c.Password, "none")) // an empty one is not read as such
	pages := filepath.Join(l.folder, "frontend", "dist")
	if err := os.MkdirAll(filepath.Join(pages, "frontend"), 0o700); err != nil {
		return nil, err
	}
	for path, text := range map[string]string{filepath.Join(l.folder, "config.toml"): settings, filepath.Join(pages, "favicon.png"): "", filepath.Join(pages, "frontend", "index.html"): ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	_, _, err = process(ctx, []string{"GOFLAGS=-mod=mod", "GOWORK=off"}, nil, "go", "build", "-C", l.folder, "-o", "listmonk", "./cmd")
	return l, err
}

func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// run starts it, imports a file and stops it. The sample is that of the process
// from start to exit; took is how long the import was.
func (l *listmonk) run(ctx context.Context, path string, rows int64) (s sample, took time.Duration, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cmd := exec.CommandContext(ctx, "./listmonk")
	var said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = l.folder, &said, &said
	if err := cmd.Start(); err != nil {
		return s, 0, err
	}
	err = l.ready(ctx)
	begin := time.Now()
	if err == nil {
		err = l.upload(ctx, path, rows)
	}
	took = time.Since(begin)
	stop()
	_ = cmd.Wait() // it was ended: that is its error
	if err != nil {
		return s, 0, fmt.Errorf("listmonk: %w\n%s", err, said.Bytes())
	}
	s.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return s, took, l.check(context.WithoutCancel(ctx), rows)
}

func (l *listmonk) ready(ctx context.Context) (err error) {
	for range 600 {
		if err = l.get(ctx, "/health", nil); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

// get reads what the API says under the name data.
func (l *listmonk) get(ctx context.Context, path string, data any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.base+path, nil)
	if err != nil {
		return err
	}
	return l.ask(request, data)
}

func (l *listmonk) ask(request *http.Request, data any) error {
	response, err := l.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", request.URL.Path, response.Status, body)
	}
	return json.Unmarshal(body, &struct{ Data any }{data})
}

// upload hands a file in and waits until it is imported.
func (l *listmonk) upload(ctx context.Context, path string, rows int64) error {
	file, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	err = w.WriteField("params", `{"mode":"subscribe","subscription_status":"confirmed","delim":",","lists":[1],"overwrite":true}`)
	part, err2 := w.CreateFormFile("file", filepath.Base(path))
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	if _, err := part.Write(file); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.base+"/api/import/subscribers", &form)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", w.FormDataContentType())
	if err := l.ask(request, nil); err != nil {
		return err
	}
	for {
		var status struct {
			Status   string
			Imported int64
		}
		if err := l.get(ctx, "/api/import/subscribers", &status); err != nil {
			return err
		}
		switch status.Status {
		case "finished":
			if status.Imported != rows {
				return fmt.Errorf("imported %d of %d", status.Imported, rows)
			}
			return nil
		case "failed", "stopping":
			return fmt.Errorf("the import %s", status.Status)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// check looks that everybody is there: a finished import need not say so.
func (l *listmonk) check(ctx context.Context, rows int64) error {
	return l.server.with(ctx, "listmonk", func(conn *pgx.Conn) error {
		var n int64
		if err := conn.QueryRow(ctx, "SELECT count(*) FROM subscribers WHERE attribs ? 'dept'").Scan(&n); err != nil {
			return err
		}
		if n != rows {
			return fmt.Errorf("listmonk has %d of %d subscribers", n, rows)
		}
		return nil
	})
}

// subscribers writes the roster as listmonk takes it: what is neither e-mail nor
// name is one JSON object.
func subscribers(path string, last int64) error {
	names := strings.Split(columns, ",")
	return file(path, false, func(w *bufio.Writer) error {
		fmt.Fprint(w, "email,name,attributes\n")
		out := csv.NewWriter(w)
		var b []byte
		for n := range last {
			b = row(b[:0], n, false)
			cells, err := csv.NewReader(bytes.NewReader(b)).Read()
			if err != nil {
				return err
			}
			others := map[string]string{}
			for i, name := range names {
				if name != "email" && name != "name" {
					others[name] = cells[i]
				}
			}
			text, err := json.Marshal(others)
			if err != nil {
				return err
			}
			if err := out.Write([]string{cells[1], cells[2], string(text)}); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	})
}

// besideTable tells rows per second and how many times as fast ours is.
func (b *bench) besideTable(t *strings.Builder) {
	const name = "postgres"
	if len(b.samples[name]["listmonk new"]) == 0 {
		return
	}
	fmt.Fprintf(t, "\n| %s rows | listmonk, rows/s | Meibo, rows/s | Meibo is faster | from … to | in processor time | must | aim |\n|---|---|---|---|---|---|---|---|\n", thousands(b.rows))
	for _, m := range []struct{ name, theirs, must, aim string }{{"new", "listmonk new", "8", "15"}, {"unchanged", "listmonk unchanged", "", ""}} {
		if b.rows != 100_000 { // for which the must is
			m.must, m.aim = "", ""
		}
		compare := measure{steps: []string{m.theirs}, floor: []string{"import " + m.name}}
		times, processors := b.ratios(name, compare, wall), b.ratios(name, compare, processor)
		if len(times) == 0 || len(processors) == 0 {
			continue
		}
		perSecond := func(steps []string) string {
			return thousands(int64(float64(b.rows) / b.middle(name, steps).Seconds()))
		}
		fmt.Fprintf(t, "| %s | %s | %s | **%.1f times** | %.1f … %.1f | %.1f times | %s | %s |\n", m.name, perSecond(compare.steps), perSecond(compare.floor),
			median(times), times[0], times[len(times)-1], median(processors), m.must, m.aim)
	}
}
