package admin

import (
	"errors"
	"strconv"
	"testing"

	"meibo/internal/problem"
)

// With 20 members of whom 5 are drawn, each is in a draw with probability 1/4,
// and each pair with 1/19. The chi-square bounds are those at which a true
// draw is refused once in 1,000 times; the seeds are fixed, so it never is.
func TestE2_EachMemberIsEquallyLikely(t *testing.T) {
	const draws, of, want = 20000, 20, 5
	var single [of]float64
	var pair [of][of]float64
	for seed := range draws {
		d := newDrawer(strconv.Itoa(seed), of, want)
		var drawn []int
		for i := range of {
			if d.take() {
				drawn = append(drawn, i)
			}
		}
		if len(drawn) != want {
			t.Fatalf("seed %d drew %d", seed, len(drawn))
		}
		for i, a := range drawn {
			single[a]++
			for _, b := range drawn[i+1:] {
				pair[a][b]++
			}
		}
	}
	chi, pairs := 0.0, 0.0
	for a := range of {
		chi += square(single[a], draws*want/of)
		for b := a + 1; b < of; b++ {
			pairs += square(pair[a][b], draws*want*(want-1)/float64(of*(of-1)))
		}
	}
	if chi > 43.8 { // 19 degrees of freedom; a draw without repetition scatters less
		t.Errorf("members: chi-square = %.1f", chi)
	}
	if pairs > 253.9 { // 189
		t.Errorf("pairs: chi-square = %.1f", pairs)
	}
	if chi < 1 || pairs < 50 {
		t.Errorf("too even to be drawn: %.1f, %.1f", chi, pairs)
	}
}

func square(observed, expected float64) float64 {
	return (observed - expected) * (observed - expected) / expected
}

func TestE2_SamplesAndRangesAsPeopleTypeThem(t *testing.T) {
	for _, tt := range []struct {
		text        string
		first, last int64
		ok          bool
	}{
		{"1-1000", 1, 1000, true}, {" 5 ~ 9 ", 5, 9, true}, {"7-7", 7, 7, true}, {"1001-", 1001, 0, true},
		{"0-5", 0, 0, false}, {"5-2", 0, 0, false}, {"-5", 0, 0, false}, {"5", 0, 0, false}, {"", 0, 0, false}, {"a-b", 0, 0, false}, {"1-2-3", 0, 0, false},
	} {
		first, last, err := ParseRange(tt.text)
		if (err == nil) != tt.ok || tt.ok && (first != tt.first || last != tt.last) {
			t.Errorf("range %q = %d, %d, %v", tt.text, first, last, err)
		}
		if err != nil && !errors.Is(err, problem.New(problem.RangeMalformed)) {
			t.Errorf("range %q: %v", tt.text, err)
		}
	}
	for text, want := range map[string]int64{"1": 1, " 30 ": 30, "0": 0, "-3": 0, "x": 0, "": 0, "1.5": 0} {
		n, err := ParseSample(text)
		if n != want || (err == nil) != (want > 0) {
			t.Errorf("sample %q = %d, %v", text, n, err)
		}
	}
}
