package web

import "testing"

func TestP21_ANumberIsTypedAsPagesPrintItOrBare(t *testing.T) {
	for typed, want := range map[string]string{"18": "18", "１８": "18", "30,000": "30000", "30 000": "30000", "１，２３４，５６７": "1234567", " 7 ": "7",
		"1,8": "1,8", "1 0": "1 0", "1,0000": "1,0000", ",100": ",100", "1.000": "1.000", "": ""} {
		if got := plainDigits(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
