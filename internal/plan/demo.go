package plan

import "maps"

// demoUnfinished is kept among the settings, but is none that people have.
const demoUnfinished = "demo_unfinished"

// DemoUnfinished reports whether a demo organisation is still being made, or its
// making was broken off.
func (s Settings) DemoUnfinished() bool { return s[demoUnfinished] != "" }

// WithDemoUnfinished returns s with that marked, or not any more.
func (s Settings) WithDemoUnfinished(on bool) Settings {
	next := Settings{}
	maps.Copy(next, s)
	delete(next, demoUnfinished)
	if on {
		next[demoUnfinished] = "1"
	}
	return next
}
