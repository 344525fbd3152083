package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// This file measures workbooks. Their benchmarks are those of package workbook,
// where they stand beside their floors; here they are run in turn and set side by
// side.

// bookMeasures are the lines of the table: a benchmark divided by another one.
var bookMeasures = []struct{ name, ours, floor, must, aim string }{
	{"reading, inline strings ÷ unpacking it", "Read/inline", "Inflate/inline", "5", "3"},
	{"reading, shared strings ÷ unpacking it", "Read/shared", "Inflate/shared", "5", "3"},
	{"reading, inline strings ÷ excelize's Rows", "Read/inline", "ReadExcelize", "0.2", "0.08"},
	{"giving back 300,000 rows ÷ unpacking and packing it", "Patch", "Repack", "4", "2.5"},
	{"writing ÷ excelize's StreamWriter", "Write/ours", "Write/excelize", "0.6", "0.35"},
}

// books runs the benchmarks, all of them once in every round.
func (b *bench) books(ctx context.Context) error {
	b.workbooks = map[string][]sample{}
	for range b.runs {
		cmd := exec.CommandContext(ctx, "go", "test", "./internal/workbook", "-run", "^$", "-bench",
			"^Benchmark(Read|Inflate|ReadExcelize|Patch|Repack|Write)$", "-benchtime", "1x", "-timeout", "60m")
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("benchmarks of workbooks: %w\n%s", err, out)
		}
		for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
			if name, s, ok := benchmarked(lines.Text()); ok {
				b.workbooks[name] = append(b.workbooks[name], s)
			}
		}
	}
	return nil
}

// benchmarked reads a line that go test prints: a name, how often, and pairs of
// value and unit.
func benchmarked(line string) (name string, s sample, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return "", s, false
	}
	name, _, _ = strings.Cut(strings.TrimPrefix(fields[0], "Benchmark"), "-") // less the number of processors
	for i := 2; i+1 < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return "", s, false
		}
		switch fields[i+1] {
		case "ns/op":
			s.wall = time.Duration(value)
		case "cpu-ns/op":
			s.cpu = time.Duration(value)
		case "MB-heap":
			s.memory = int64(value * 1e6)
		}
	}
	return name, s, true
}

func (b *bench) bookTable(t *strings.Builder) {
	if len(b.workbooks) == 0 {
		return
	}
	fmt.Fprintf(t, "\n| XLSX, 7 columns | seconds | floor | ÷ floor | ÷ in processor time | must | aim |\n|---|---|---|---|---|---|---|\n")
	for _, m := range bookMeasures {
		ours, floors := b.workbooks[m.ours], b.workbooks[m.floor]
		var walls, processors []float64
		for i := range min(len(ours), len(floors)) {
			walls = append(walls, ours[i].wall.Seconds()/floors[i].wall.Seconds())
			processors = append(processors, ours[i].cpu.Seconds()/floors[i].cpu.Seconds())
		}
		if len(walls) == 0 {
			continue
		}
		slices.Sort(walls)
		slices.Sort(processors)
		fmt.Fprintf(t, "| %s | %.2f | %.2f | **%.2f** | %.2f | %s | %s |\n", m.name, middleOf(ours).Seconds(), middleOf(floors).Seconds(),
			median(walls), median(processors), m.must, m.aim)
	}
	heap := func(name string) int64 {
		most := int64(0)
		for _, s := range b.workbooks[name] {
			most = max(most, s.memory)
		}
		return most
	}
	if theirs := heap("Write/excelize"); theirs > 0 {
		fmt.Fprintf(t, "| writing: memory ÷ excelize's StreamWriter | %d MB | %d MB | **%.2f** | | 0.3 | 0.1 |\n",
			heap("Write/ours")/1e6, theirs/1e6, float64(heap("Write/ours"))/float64(theirs))
	}
}

func middleOf(samples []sample) time.Duration {
	var all []time.Duration
	for _, s := range samples {
		all = append(all, s.wall)
	}
	slices.Sort(all)
	return median(all)
}
