package admin_test

import (
	"os"
	"runtime/pprof"
)

// profile begins a CPU profile if the errand asks for one; stop ends it.
func (e errand) profile() (stop func(), err error) {
	if e.Profile == "" {
		return func() {}, nil
	}
	f, err := os.Create(e.Profile)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close() // a measuring aid
	}, nil
}
