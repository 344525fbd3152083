package workbook

import "bytes"

// nameByte says which bytes a name may have, without the colon. Beyond ASCII
// every character is taken.
var nameByte = func() (t [256]bool) {
	for c := range 256 {
		t[c] = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
			c == '_' || c == '-' || c == '.' || c >= 0x80
	}
	return t
}()

func beginsName(c byte) bool {
	return nameByte[c] && c != '-' && c != '.' && (c < '0' || c > '9')
}

// scanName returns where the qualified name at b[i] ends, and where its local
// part begins. If there is no name, end is i; at the end of b it is len(b).
func scanName(b []byte, i int) (local, end int) {
	local = i
	if i < len(b) && !beginsName(b[i]) {
		return i, i
	}
	for i < len(b) && nameByte[b[i]] {
		i++
	}
	if i < len(b) && b[i] == ':' {
		local = i + 1
		for i++; i < len(b) && nameByte[b[i]]; i++ {
		}
		if i < len(b) && (i == local || !beginsName(b[local])) {
			return local, local
		}
	}
	return local, i
}

// scanTag reads a start tag or an empty one.
func (s *scanner) scanTag(b []byte) (int, error) {
	local, i := scanName(b, 1)
	if i == len(b) {
		return 0, nil
	}
	if i == local {
		return 0, s.malformed()
	}
	nameEnd := i
	s.tok.attrs = s.tok.attrs[:0]
	declares := false
	for {
		gap := i
		for i < len(b) && isSpace(b[i]) {
			i++
		}
		if i == len(b) || b[i] == '/' && i+1 == len(b) {
			return 0, nil
		}
		if b[i] == '>' || b[i] == '/' {
			break
		}
		if gap == i {
			return 0, s.malformed()
		}
		end, ns, err := s.scanAttr(b, i)
		if err != nil || end == 0 {
			return 0, err
		}
		i, declares = end, declares || ns
	}
	s.tok.kind, s.tok.cdata = startTag, false
	if b[i] == '/' {
		if i++; b[i] != '>' {
			return 0, s.malformed()
		}
		s.tok.kind = emptyTag
	}
	s.tok.name, s.tok.prefix = b[local:nameEnd], nil
	if local > 1 {
		s.tok.prefix = b[1 : local-1]
	}
	return i + 1, s.enter(b[1:nameEnd], declares)
}

// scanAttr appends the attribute at b[i] to the token and returns where it ends,
// 0 if b does not hold all of it, and whether it declares a namespace. Its
// prefix stands in name until resolve looks it up.
func (s *scanner) scanAttr(b []byte, i int) (end int, declares bool, err error) {
	begin := i
	local, i := scanName(b, i)
	if i == len(b) {
		return 0, false, nil
	}
	if i == local {
		return 0, false, s.malformed()
	}
	name := b[begin:i]
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	if i < len(b) && b[i] != '=' {
		return 0, false, s.malformed()
	}
	for i++; i < len(b) && isSpace(b[i]); i++ {
	}
	if i >= len(b) {
		return 0, false, nil
	}
	quote := b[i]
	if quote != '"' && quote != '\'' {
		return 0, false, s.malformed()
	}
	i++
	value := i
	for i < len(b) && b[i] != quote {
		if b[i] == '<' {
			return 0, false, s.malformed()
		}
		i++
	}
	if i == len(b) {
		return 0, false, nil
	}
	if len(s.tok.attrs) == maxAttributes {
		return 0, false, tooMuch("attributes", maxAttributes)
	}
	a := attr{name: name, value: b[value:i]}
	if local > begin {
		a.space = unresolved
	}
	s.tok.attrs = append(s.tok.attrs, a)
	return i + 1, bytes.HasPrefix(name, []byte("xmlns")) && (len(name) == 5 || name[5] == ':'), nil
}

// enter opens the element of the token, and resolves the prefixes in it.
func (s *scanner) enter(qualified []byte, declares bool) error {
	if len(s.open) == 0 && s.root {
		return s.malformed() // a second root
	}
	if s.max > 0 && len(s.open) >= s.max {
		return tooMuch("depth", int64(s.max))
	}
	if !s.root {
		s.root, s.spaces.root, s.spelling = true, string(s.tok.prefix), spell(prefixOf(&s.tok))
		s.spaces.look()
	}
	bound := s.spaces.bound()
	if declares {
		if err := s.declare(); err != nil {
			return err
		}
		s.spaces.look()
	}
	if err := s.resolve(); err != nil {
		return err
	}
	if s.tok.kind == emptyTag {
		s.spaces.leave(bound)
		return nil
	}
	s.open = append(s.open, element{name: len(s.names), space: s.tok.space, bound: bound})
	s.names = append(s.names, qualified...)
	return nil
}

// resolve finds the namespaces of the token and its attributes, and refuses
// attributes that stand twice.
func (s *scanner) resolve() error {
	t := &s.tok
	t.space = s.spaces.standard
	if len(t.prefix) > 0 {
		sp, ok := s.spaces.find(t.prefix)
		if !ok {
			return s.malformed()
		}
		t.space = sp
	}
	if s.twice(t.attrs) {
		return s.malformed()
	}
	for i := range t.attrs {
		a := &t.attrs[i]
		if a.space != unresolved {
			continue
		}
		colon := bytes.IndexByte(a.name, ':')
		sp, ok := s.spaces.find(a.name[:colon])
		if !ok {
			return s.malformed()
		}
		a.space, a.name = sp, a.name[colon+1:]
	}
	return nil
}

// twice reports whether two attributes have the same qualified name. Many are
// compared through a map: comparing each with each takes minutes in files made
// for it.
func (s *scanner) twice(attrs []attr) bool {
	if len(attrs) > 16 {
		seen := make(map[string]bool, len(attrs))
		for _, a := range attrs {
			if seen[string(a.name)] {
				return true
			}
			seen[string(a.name)] = true
		}
		return false
	}
	for i := range attrs {
		for j := range i {
			if bytes.Equal(attrs[i].name, attrs[j].name) {
				return true
			}
		}
	}
	return false
}
