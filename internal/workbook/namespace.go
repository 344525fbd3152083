package workbook

import "bytes"

// A space is a namespace that means something to us, or one that does not.
// Transitional and strict OOXML have different names for the same; here they
// are one.
type space uint8

const (
	noSpace        space = iota // an attribute without a prefix, a tag where no default is declared
	otherSpace                  // declared, and unknown
	mainSpace                   // SpreadsheetML
	relSpace                    // relationships as attributes: r:id
	packageSpace                // the elements of .rels parts
	contentSpace                // [Content_Types].xml
	compatSpace                 // mc: markup compatibility
	xmlSpace                    // xml:space
	declaringSpace              // xmlns:…
	unresolved                  // an attribute whose prefix is still to be looked up
)

// spaceNames are the names of ECMA-376 part 1 (strict: purl.oclc.org), part 2
// (packages) and part 3 (compatibility), transitional ones from part 4.
var spaceNames = map[string]space{
	"": noSpace,
	"http://schemas.openxmlformats.org/spreadsheetml/2006/main": mainSpace,
	strictMain: mainSpace,
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships": relSpace,
	"http://purl.oclc.org/ooxml/officeDocument/relationships":             relSpace,
	"http://schemas.openxmlformats.org/package/2006/relationships":        packageSpace,
	"http://schemas.openxmlformats.org/package/2006/content-types":        contentSpace,
	"http://schemas.openxmlformats.org/markup-compatibility/2006":         compatSpace,
	"http://www.w3.org/XML/1998/namespace":                                xmlSpace,
}

const strictMain = "http://purl.oclc.org/ooxml/spreadsheetml/main"

// namespaces are the prefixes in force. Looking one up takes the same time
// however many are declared.
type namespaces struct {
	prefixes map[string]space
	standard space // of tags without a prefix
	undo     []binding

	root       string // prefix of the root element
	rootIsMain bool   // it stands for the main namespace here
}

// A binding is what a declaration hid.
type binding struct {
	prefix string
	before space
	was    bool
}

func (n *namespaces) reset() {
	n.prefixes = map[string]space{"xml": xmlSpace, "xmlns": declaringSpace}
}

func (n *namespaces) find(prefix []byte) (space, bool) {
	sp, ok := n.prefixes[string(prefix)]
	return sp, ok
}

// look notes what the prefix of the root element stands for now.
func (n *namespaces) look() {
	sp := n.standard
	if n.root != "" {
		sp = n.prefixes[n.root]
	}
	n.rootIsMain = sp == mainSpace
}

// bound says how many declarations are in force; leave goes back to as many.
func (n *namespaces) bound() int { return len(n.undo) }

func (n *namespaces) leave(bound int) {
	if len(n.undo) == bound {
		return
	}
	for len(n.undo) > bound {
		b := n.undo[len(n.undo)-1]
		n.undo = n.undo[:len(n.undo)-1]
		switch {
		case b.prefix == "":
			n.standard = b.before
		case b.was:
			n.prefixes[b.prefix] = b.before
		default:
			delete(n.prefixes, b.prefix)
		}
	}
	n.look()
}

func (n *namespaces) bind(prefix string, sp space) {
	if prefix == "" {
		n.undo = append(n.undo, binding{before: n.standard})
		n.standard = sp
		return
	}
	before, was := n.prefixes[prefix]
	n.undo = append(n.undo, binding{prefix, before, was})
	n.prefixes[prefix] = sp
}

// declare puts the namespaces that the token declares in force.
func (s *scanner) declare() error {
	for _, a := range s.tok.attrs {
		prefix, ok := bytes.CutPrefix(a.name, []byte("xmlns"))
		if !ok || len(prefix) > 0 && prefix[0] != ':' {
			continue
		}
		uri, err := appendText(nil, a.value)
		if err != nil {
			return s.malformed()
		}
		sp, known := spaceNames[string(uri)]
		if !known {
			sp = otherSpace
		}
		s.strict = s.strict || string(uri) == strictMain
		if len(prefix) == 0 {
			s.spaces.bind("", sp)
			continue
		}
		switch name := string(prefix[1:]); {
		case name == "xmlns", name == "xml" && sp != xmlSpace, len(uri) == 0:
			return s.malformed()
		default:
			s.spaces.bind(name, sp)
		}
	}
	return nil
}
