package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// This file measures workbooks. Their benchmarks are those of package workbook,
// where each path runs in turn with its floor; here they are set side by side.

// A bookMeasure is some lines of the table: the benchmarks whose names begin so.
type bookMeasure struct{ name, benchmark, must, aim string }

var bookMeasures = []bookMeasure{
	{"reading %s ÷ unpacking it", "Read/", "5", "3"},
	{"reading ÷ excelize's Rows", "ReadExcelize", "0.2", "0.08"},
	{"giving back 300,000 rows %s ÷ unpacking and packing them", "Patch/", "4", "2.5"},
	{"writing ÷ excelize's StreamWriter", "Write", "0.6", "0.35"},
}

// A booked is what a benchmark of workbooks reported: values by their units.
type booked struct {
	name   string
	values map[string]float64
}

// books runs the benchmarks, each pair of path and floor as often as there are
// rounds.
func (b *bench) books(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "test", "./internal/workbook", "-run", "^$", "-bench", "^Benchmark(Read|ReadExcelize|Patch|Write)$",
		"-benchtime", strconv.Itoa(b.runs)+"x", "-timeout", "5h", "-args", "-book-rows", strconv.FormatInt(b.rows, 10))
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("benchmarks of workbooks: %w", err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if r, ok := benchmarked(lines.Text()); ok {
			b.workbooks = append(b.workbooks, r)
			fmt.Fprintf(os.Stderr, "%-28s %8.2f s %8.2f s of the floor, of processor\n", r.name, r.values["s"], r.values["floor-s"])
			continue
		}
		fmt.Fprintln(&said, lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("benchmarks of workbooks: %w\n%s", err, said.Bytes())
	}
	return nil
}

// benchmarked reads a line that go test prints: a name, how often, and pairs of
// value and unit.
func benchmarked(line string) (r booked, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return r, false
	}
	r.name, _, _ = strings.Cut(strings.TrimPrefix(fields[0], "Benchmark"), "-") // less the number of processors
	r.values = map[string]float64{}
	for i := 2; i+1 < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return r, false
		}
		r.values[fields[i+1]] = value
	}
	return r, true
}

func (b *bench) bookTable(t *strings.Builder) {
	if len(b.workbooks) == 0 {
		return
	}
	fmt.Fprintf(t, "\n| XLSX, 7 columns | processor, s | floor's, s | ÷ in processor time | ÷ in time | must | aim | memory, MB | floor's, MB |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, m := range bookMeasures {
		for _, r := range b.workbooks {
			program, ok := strings.CutPrefix(r.name, m.benchmark)
			if !ok || program != "" && !strings.HasSuffix(m.benchmark, "/") {
				continue
			}
			v := r.values
			fmt.Fprintf(t, "| %s | %.2f | %.2f | **%.2f** | %.2f | %s | %s | %.0f | %.0f |\n", strings.Replace(m.name, "%s", "("+program+")", 1),
				v["s"], v["floor-s"], v["ratio"], v["wall-ratio"], m.must, m.aim, v["MB"], v["floor-MB"])
		}
	}
}
