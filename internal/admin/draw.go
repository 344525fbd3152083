package admin

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	rand2 "math/rand/v2"
	"strconv"
	"strings"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// A drawer decides of one after another whether they are taken, so that in the
// end there are want of them and each choice of so many was equally likely. It
// remembers none of them (Knuth, The Art of Computer Programming 2, 3.4.2,
// algorithm S).
type drawer struct {
	left, want int64
	random     *rand2.Rand
}

// newDrawer draws want of so many. The same seed draws the same.
func newDrawer(seed string, of, want int64) *drawer {
	source := rand2.NewChaCha8(sha256.Sum256([]byte(seed)))
	return &drawer{left: of, want: want, random: rand2.New(source)} //nolint:gosec // a draw that can be repeated is not to be secret
}

// over reports whether nobody more is to be drawn.
func (d *drawer) over() bool { return d.left == 0 || d.want == 0 }

func (d *drawer) take() bool {
	take := d.random.Int64N(d.left) < d.want
	d.left--
	if take {
		d.want--
	}
	return take
}

// newSeed returns a seed for who gave none, short enough to be typed again.
func newSeed() (string, error) {
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return strconv.FormatUint(uint64(binary.BigEndian.Uint32(b[:])), 10), nil
}

// ParseSample reads how many members are to be drawn: 1 or more (SPEC E2). Its
// problem is SampleMalformed.
func ParseSample(s string) (int64, error) {
	n, err := strconv.ParseInt(member.Trim(s), 10, 64)
	if err != nil || n < 1 {
		return 0, problem.New(problem.SampleMalformed, "value", s)
	}
	return n, nil
}

// ParseRange reads places in the order of IDs: `1-1000`, `1~1000`, or `1001-`
// for all that follow, which is last 0. Both count from 1 and are included. Its
// problem is RangeMalformed.
func ParseRange(s string) (first, last int64, err error) {
	malformed := problem.New(problem.RangeMalformed, "value", s)
	from, to, ok := strings.Cut(strings.ReplaceAll(s, "~", "-"), "-")
	if !ok {
		return 0, 0, malformed
	}
	if first, err = strconv.ParseInt(member.Trim(from), 10, 64); err != nil || first < 1 {
		return 0, 0, malformed
	}
	if to = member.Trim(to); to == "" {
		return first, 0, nil
	}
	if last, err = strconv.ParseInt(to, 10, 64); err != nil || last < first {
		return 0, 0, malformed
	}
	return first, last, nil
}
