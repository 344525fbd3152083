package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A measure is a line of the table: the time of some steps, divided by that of
// a floor.
type measure struct {
	name      string
	steps     []string
	floor     []string
	must, aim string
}

var measures = []measure{
	{"new members, plan + apply", []string{"plan new", "apply new"}, []string{"floor"}, "1.6", "1.2"},
	{"plan of new members", []string{"plan new"}, []string{"floor"}, "0.8", "0.5"},
	{"apply of new members", []string{"apply new"}, []string{"floor"}, "", ""},
	{"unchanged again, plan + apply", []string{"plan unchanged", "apply unchanged"}, []string{"floor"}, "0.5", "0.25"},
	{"the same, rows in no order", []string{"plan unchanged, mixed", "apply unchanged, mixed"}, []string{"floor"}, "", ""},
	{"a tenth changed, plan + apply", []string{"plan tenth", "apply tenth"}, []string{"floor"}, "0.9", "0.6"},
	{"a tenth deleted, plan + apply", []string{"plan delete", "apply delete"}, []string{"floor"}, "0.6", "0.3"},
	{"undo of new members, plan + apply", []string{"undo"}, []string{"floor"}, "1.5", "1.0"},
	{"CP932 ÷ UTF-8, plan of new members", []string{"plan new (CP932)"}, []string{"plan new"}, "1.15", "1.05"},
	{"export CSV ÷ both tables as CSV", []string{"export"}, []string{"floor of export"}, "2.5", "1.5"},
}

// ofRounds returns what some steps took, added up round by round.
func (b *bench) ofRounds(d string, steps []string, of func(sample) time.Duration) []time.Duration {
	var sums []time.Duration
	for round := range b.runs {
		sum := time.Duration(0)
		for _, step := range steps {
			if round >= len(b.samples[d][step]) {
				return nil
			}
			sum += of(b.samples[d][step][round])
		}
		sums = append(sums, sum)
	}
	return sums
}

func wall(s sample) time.Duration      { return s.wall }
func processor(s sample) time.Duration { return s.cpu }

// ratios divides round by round: what disturbed one disturbed the other. They
// are in ascending order; none where there is no floor.
func (b *bench) ratios(d string, m measure, of func(sample) time.Duration) []float64 {
	var all []float64
	ours, floors := b.ofRounds(d, m.steps, of), b.ofRounds(d, m.floor, of)
	for round := range min(len(ours), len(floors)) {
		if floors[round] > 0 {
			all = append(all, ours[round].Seconds()/floors[round].Seconds())
		}
	}
	slices.Sort(all)
	return all
}

// middle returns the median of what some steps took.
func (b *bench) middle(d string, steps []string) time.Duration {
	all := b.ofRounds(d, steps, wall)
	slices.Sort(all)
	return median(all)
}

func median[T any](sorted []T) T { return sorted[len(sorted)/2] }

func (b *bench) report() []section {
	what := "bench"
	if b.only == "new" {
		what = "new"
	}
	var sections []section
	for _, s := range []struct {
		what  string
		write func(t *strings.Builder)
	}{{what, b.databaseTables}, {"books", b.bookTable}, {"peers", b.besideTable}} {
		var t strings.Builder
		if s.write(&t); t.Len() > 0 {
			sections = append(sections, section{s.what, fmt.Sprintf("%s members, %s. %s\n", thousands(b.rows), runs(b.runs), b.machine) + t.String()})
		}
	}
	return sections
}

// A section is tables of one kind; what names the marks between which they stand in a document.
type section struct{ what, text string }

func runs(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs, medians", n)
}

func (b *bench) databaseTables(t *strings.Builder) {
	if b.only == "books" || b.only == "listmonk" {
		return
	}
	if b.rows != 1_000_000 {
		t.WriteString("\nThe musts are for a million.\n")
	}
	for _, d := range b.databases {
		name := d.name()
		fmt.Fprintf(t, "\n| %s | seconds | floor | ÷ floor | from … to | ÷ in processor time | must | aim | memory, MB | µs a row |\n|---|---|---|---|---|---|---|---|---|---|\n", name)
		for _, m := range measures {
			ratios, processors := b.ratios(name, m, wall), b.ratios(name, m, processor)
			if len(ratios) == 0 {
				continue
			}
			cpu := ""
			if len(processors) > 0 {
				cpu = fmt.Sprintf("%.2f", median(processors))
			}
			ours := b.middle(name, m.steps)
			fmt.Fprintf(t, "| %s | %.2f | %.2f | **%.2f** | %.2f … %.2f | %s | %s | %s | %d | %.1f |\n", m.name, ours.Seconds(), b.middle(name, m.floor).Seconds(), median(ratios),
				ratios[0], ratios[len(ratios)-1], cpu, m.must, m.aim, b.memory(name, m.steps)>>20, float64(ours.Microseconds())/float64(b.rows))
		}
		b.single(t, name)
	}
}

// single writes what has no floor.
func (b *bench) single(t *strings.Builder, name string) {
	if len(b.asked[name]) == 0 {
		return
	}
	fmt.Fprintf(t, "\n| %s | measured | must | aim |\n|---|---|---|---|\n", name)
	line := func(what string, took time.Duration, must, aim string) {
		fmt.Fprintf(t, "| %s | %.1f ms | %s | %s |\n", what, float64(took.Microseconds())/1000, must, aim)
	}
	line("export of 1,000 drawn at random (a process)", b.middle(name, []string{"draw 1000"}), "500 ms", "100 ms")
	if small := []string{"50 rows of 10,000"}; b.samples[name][small[0]] != nil {
		line("import of 50 rows into 10,000 members (a process)", b.middle(name, small), "150 ms", "50 ms")
	}
	for _, a := range b.asked[name] {
		must, aim := "", ""
		switch {
		case strings.Contains(a.what, "changes"), strings.Contains(a.what, "updates"), strings.Contains(a.what, "rejects"), strings.Contains(a.what, "problems"),
			strings.HasSuffix(a.what, "a plan"):
			must, aim = "200 ms", "50 ms"
		case strings.Contains(a.what, "free text"):
			must, aim = "2 s", "0.5 s"
		case strings.Contains(a.what, "index"):
			must, aim = "500 ms", "100 ms"
		}
		line(a.what, a.took, must, aim)
	}
	w := b.waits[name]
	line("first page of members, before applying (median)", w.calm, "", "")
	line("the same while an undo of everybody is planned and applied (median)", w.median, "", "")
	line("…99th percentile", w.p99, "", "")
	line("…longest", w.longest, "", "")
}

func (b *bench) memory(d string, steps []string) int64 {
	most := int64(0)
	for _, step := range steps {
		for _, s := range b.samples[d][step] {
			most = max(most, s.memory)
		}
	}
	return most
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// machine describes what it ran on.
func machine(ctx context.Context, b *bench) string {
	parts := []string{fmt.Sprintf("%s, %d cores %s", time.Now().Format("2006-01-02"), runtime.NumCPU(), field("/proc/cpuinfo", "model name"))}
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) == nil {
		parts = append(parts, fmt.Sprintf("%d GB of memory", info.Totalram*uint64(info.Unit)>>30))
	}
	parts = append(parts, fmt.Sprintf("fsync of 4 KB %.1f ms", float64(b.fsync().Microseconds())/1000), runtime.Version())
	for _, d := range b.databases {
		switch d := d.(type) {
		case *server:
			parts = append(parts, "PostgreSQL "+d.version)
		case *files:
			if _, out, err := process(ctx, nil, nil, "sqlite3", "--version"); err == nil {
				parts = append(parts, "sqlite3 "+strings.Fields(string(out))[0])
			}
		}
	}
	return strings.Join(parts, ", ") + "."
}

func field(path, name string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// fsync measures what a commit waits for, the median of 21.
func (b *bench) fsync() time.Duration {
	f, err := os.Create(filepath.Join(b.folder, "fsync"))
	if err != nil {
		return 0
	}
	defer f.Close()
	var all []time.Duration
	for range 21 {
		begin := time.Now()
		if _, err := f.Write(make([]byte, 4096)); err != nil || f.Sync() != nil {
			return 0
		}
		all = append(all, time.Since(begin))
	}
	slices.Sort(all)
	return median(all)
}

// insert puts tables into a document, between the marks of what was measured and
// of its size; where there are none, at the end. The document need not be there.
func insert(path, what string, rows int64, table string) error {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	begin, end := fmt.Sprintf("<!-- %s %d -->\n", what, rows), fmt.Sprintf("<!-- end %s %d -->\n", what, rows)
	if what == "bench" {
		end = fmt.Sprintf("<!-- end %d -->\n", rows)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if found != closed {
		return fmt.Errorf("%s: the marks of %s of %d rows do not match", path, what, rows)
	}
	return os.WriteFile(path, []byte(before+begin+table+end+after), 0o600)
}
