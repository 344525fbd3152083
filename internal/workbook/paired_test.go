package workbook

import (
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// paired runs a path and its floor in turn, b.N times each, and reports medians:
// what both take of the processors, how much memory they grow by, and the ratios,
// which are made pair by pair, as other work on the machine disturbs both.
func paired(b *testing.B, ours, floor func()) {
	memory, floorMemory := peakHeap(ours), peakHeap(floor) // not among the timed ones: looking takes time too
	var spent, floorSpent, ratios, walls []float64
	for i := range b.N {
		first, second := ours, floor
		if i%2 == 1 {
			first, second = floor, ours
		}
		cpu, wall := processorTime(b, first)
		otherCPU, otherWall := processorTime(b, second)
		if i%2 == 1 {
			cpu, wall, otherCPU, otherWall = otherCPU, otherWall, cpu, wall
		}
		spent, floorSpent = append(spent, cpu), append(floorSpent, otherCPU)
		ratios, walls = append(ratios, cpu/otherCPU), append(walls, wall/otherWall)
	}
	b.ReportMetric(0, "ns/op") // of both together, which means nothing
	b.ReportMetric(middle(spent), "s")
	b.ReportMetric(middle(floorSpent), "floor-s")
	b.ReportMetric(middle(ratios), "ratio")
	b.ReportMetric(middle(walls), "wall-ratio")
	b.ReportMetric(float64(memory)/1e6, "MB")
	b.ReportMetric(float64(floorMemory)/1e6, "floor-MB")
}

func middle(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// processorTime returns how many seconds f takes of the processors, and how many
// pass. On a machine with other work the first says more.
func processorTime(b *testing.B, f func()) (cpu, wall float64) {
	spent := func() int64 {
		var r syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
			b.Fatal(err)
		}
		return r.Utime.Nano() + r.Stime.Nano()
	}
	runtime.GC() // what was there before is not its garbage
	before, begin := spent(), time.Now()
	f()
	return float64(spent()-before) / 1e9, time.Since(begin).Seconds()
}

// peak runs f and returns the largest heap meanwhile, in bytes.
func peak(f func()) uint64 {
	stop, done := make(chan bool), make(chan uint64)
	go func() {
		var most uint64
		var m runtime.MemStats
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse+m.StackInuse)
			select {
			case <-stop:
				done <- most
				return
			case <-tick.C:
			}
		}
	}()
	f()
	close(stop)
	return <-done
}
