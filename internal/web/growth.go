package web

import (
	"strconv"
	"strings"

	"meibo/internal/admin"
)

// The size of the plot of members over time, in its own units.
const (
	plotWidth  = 600
	plotHeight = 120
)

// A growth is the plot of members over time.
type growth struct {
	Points []admin.MembersAt // oldest first
	Most   int64
}

func newGrowth(points []admin.MembersAt) growth {
	g := growth{Points: points}
	for _, p := range points {
		g.Most = max(g.Most, p.N)
	}
	return g
}

// line is the path through all points; area is closed along the bottom.
func (g growth) line() string {
	var b strings.Builder
	for i, p := range g.Points {
		x := i * plotWidth / max(1, len(g.Points)-1)
		y := plotHeight - p.N*(plotHeight-4)/max(1, g.Most)
		b.WriteString(map[bool]string{true: "M", false: "L"}[i == 0] + strconv.Itoa(x) + " " + number(y))
	}
	return b.String()
}

func (g growth) area() string {
	return g.line() + "L" + strconv.Itoa(plotWidth) + " " + strconv.Itoa(plotHeight) + "L0 " + strconv.Itoa(plotHeight) + "Z"
}

// first and last are the ends of what is shown.
func (g growth) first() admin.MembersAt { return g.Points[0] }
func (g growth) last() admin.MembersAt  { return g.Points[len(g.Points)-1] }
