package main

// A colour is how a piece of text stands out on a terminal.
type colour string

// The few that the program uses: ANSI SGR parameters.
const (
	bold   colour = "1"
	dim    colour = "2"
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
	cyan   colour = "36"
)

// A painter gives text a colour, or leaves it alone.
type painter func(c colour, text string) string

// painter paints on a terminal only, and not where NO_COLOR asks not to
// (no-color.org).
func (a *app) painter() painter {
	if !isTerminal(a.stderr) || a.getenv("NO_COLOR") != "" || a.getenv("TERM") == "dumb" {
		return func(_ colour, text string) string { return text }
	}
	return func(c colour, text string) string { return "\x1b[" + string(c) + "m" + text + "\x1b[0m" }
}
