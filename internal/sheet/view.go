package sheet

// hidden stands in a view for what is not ASCII: no structure.
const hidden = 0x80

// A viewer shows the structure of bytes: one byte of view for each code unit,
// ASCII as itself, everything else hidden.
type viewer interface {
	unit() int    // bytes of a code unit
	direct() bool // bytes are their own view
	// see extends seen, the view of the beginning of raw, by the rest of it, as
	// far as it can be judged before what follows is read.
	see(seen, raw []byte, eof bool) []byte
	reset()
}

func viewerOf(charset string) viewer {
	switch charset {
	case utf16leName:
		return wideView{low: 0}
	case utf16beName:
		return wideView{low: 1}
	case iso2022JPName:
		return new(isoView)
	}
	return plainView{}
}

type plainView struct{}

func (plainView) unit() int                        { return 1 }
func (plainView) direct() bool                     { return true }
func (plainView) see(_, raw []byte, _ bool) []byte { return raw }
func (plainView) reset()                           {}

// wideView is that of UTF-16. low is which byte of a unit is the lower one.
type wideView struct{ low int }

func (wideView) unit() int    { return 2 }
func (wideView) direct() bool { return false }
func (wideView) reset()       {}

func (w wideView) see(seen, raw []byte, eof bool) []byte {
	i := 2 * len(seen)
	for ; i+1 < len(raw); i += 2 {
		c := raw[i+w.low]
		if raw[i+1-w.low] != 0 || c >= hidden {
			c = hidden
		}
		seen = append(seen, c)
	}
	if eof && i < len(raw) {
		seen = append(seen, hidden) // an odd last byte
	}
	return seen
}

// isoView is that of ISO-2022-JP: escape sequences, and what is not in ASCII
// because of them, are hidden. A line end goes back to ASCII.
type isoView struct{ state isoState }

func (*isoView) unit() int    { return 1 }
func (*isoView) direct() bool { return false }
func (v *isoView) reset()     { v.state = isoASCII }

func (v *isoView) see(seen, raw []byte, eof bool) []byte {
	for i := len(seen); i < len(raw); i = len(seen) {
		c := raw[i]
		switch {
		case c == esc:
			if len(raw)-i < 4 && !eof {
				return seen
			}
			s, n := isoEscape(raw[i:])
			if n > 0 {
				v.state = s
			}
			for range max(n, 1) {
				seen = append(seen, hidden)
			}
			continue
		case c == '\n' || c == '\r':
			v.state = isoASCII
		case v.state != isoASCII:
			c = hidden
		}
		seen = append(seen, c)
	}
	return seen
}
