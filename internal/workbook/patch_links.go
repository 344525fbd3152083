package workbook

import (
	"fmt"
	"path"
	"strings"
)

// A partType is what [Content_Types].xml says of a new part.
type partType struct{ name, kind string }

// A link is a new relation.
type link struct{ from, id, kind, target string }

// strictRelations is the beginning of the kinds of relations in strict workbooks.
const strictRelations = "http://purl.oclc.org/ooxml/officeDocument/relationships"

// relationSpace is the namespace of relations, and the beginning of their kinds,
// that the workbook uses.
func (p *patcher) relationSpace() string {
	if p.survey.strict {
		return strictRelations
	}
	return relationships
}

// mainSpace is the namespace of new parts.
func (p *patcher) mainSpace() string {
	if p.survey.strict {
		return strictMain
	}
	return mainNamespace
}

func (p *patcher) typed(name, kind string) { p.types = append(p.types, partType{name, kind}) }

// link adds a relation from a part to a new one, and returns its ID.
func (p *patcher) link(from, kind, to string) string {
	id := ""
	for n := 1; id == "" || p.hasLink(from, id); n++ {
		id = fmt.Sprintf("rId%d", n)
	}
	p.links = append(p.links, link{from, id, p.relationSpace() + "/" + kind, relativeTo(p.entryName(from), to)})
	return id
}

func (p *patcher) hasLink(from, id string) bool {
	if _, ok := p.relations[from][id]; ok {
		return true
	}
	for _, l := range p.links {
		if l.from == from && l.id == id {
			return true
		}
	}
	return false
}

// cutLink takes out the relation of a part.
func (p *patcher) cutLink(from, id string) {
	if p.cut[from] == nil {
		p.cut[from] = map[string]bool{}
	}
	p.cut[from][id] = true
}

// lookAtLinks reads the relations of the parts that may get new ones, and finds
// those that go: signatures would not hold, and a picture of the first page may
// show what is emptied.
func (p *patcher) lookAtLinks() error {
	p.relations = map[string]map[string]relationship{}
	for _, part := range []string{"", p.b.main, p.part} {
		found, err := p.b.relationships(part)
		if err != nil {
			return err
		}
		p.relations[part] = found
	}
	for id, r := range p.relations[""] {
		switch {
		case r.is("digital-signature/origin"):
			p.cutLink("", id)
		case r.is("metadata/thumbnail") && len(p.o.Blank) > 0 && !r.external:
			p.cutLink("", id)
			p.gone[partName(p.b.resolve("", r.target))] = true
		}
	}
	for name := range p.b.c.parts {
		if strings.HasPrefix(name, "_xmlsignatures/") {
			p.gone[name] = true
		}
	}
	return nil
}

// writeRoot writes what stays as it is first: programs that look only at the
// beginning of a file know a workbook by these parts.
func (p *patcher) writeRoot() error {
	if err := p.writeLinks(""); err != nil {
		return err
	}
	for _, f := range p.b.c.zip.File {
		if name := partName(f.Name); name == "_rels/.rels" || strings.HasPrefix(name, "docprops/") {
			if err := p.copyEntry(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeRelations writes the relations of the workbook and of the sheet, if they
// change.
func (p *patcher) writeRelations() error {
	if err := p.writeLinks(p.b.main); err != nil {
		return err
	}
	return p.writeLinks(p.part)
}

func (p *patcher) writeLinks(from string) error {
	added := func(prefix string) string {
		out := ""
		for _, l := range p.links {
			if l.from == from {
				out += fmt.Sprintf(`<%sRelationship Id="%s" Type="%s" Target="%s"/>`, prefix, l.id, l.kind, appendEscaped(nil, l.target))
			}
		}
		return out
	}
	fresh := added("")
	if fresh == "" && len(p.cut[from]) == 0 {
		return nil
	}
	if name := relsOf(from); p.b.c.find(name) != nil {
		keep := func(s *scanner, t *token) (bool, error) {
			id, err := s.attrText(t.attr("Id"))
			return !p.cut[from][id], err
		}
		return p.listed(name, keep, added)
	}
	return p.compose(relsOf(p.entryName(from)), func(e *editor) error {
		e.write(xmlDeclaration + `<Relationships xmlns="` + opcNamespace + `relationships">` + fresh + `</Relationships>`)
		return nil
	})
}

// writeTypes writes the list of what the parts are, if it changes.
func (p *patcher) writeTypes() error {
	const types = "[Content_Types].xml"
	if len(p.types) == 0 && len(p.gone) == 0 || p.b.c.find(types) == nil {
		return nil
	}
	keep := func(s *scanner, t *token) (bool, error) {
		name, err := s.attrText(t.attr("PartName"))
		return name == "" || !p.gone[partName(name)], err
	}
	return p.listed(types, keep, func(prefix string) string {
		out := ""
		for _, x := range p.types {
			out += fmt.Sprintf(`<%sOverride PartName="/%s" ContentType="%s"/>`, prefix, appendEscaped(nil, x.name), x.kind)
		}
		return out
	})
}

// entryName is the name of a part in the archive, as other parts refer to it.
func (p *patcher) entryName(part string) string {
	name := part
	if f := p.b.c.find(part); f != nil {
		name = f.Name
	}
	return strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/")
}

// freePart returns a name of the form xl/comments%d.xml that no part has.
func (p *patcher) freePart(form string) string {
	for n := 1; ; n++ {
		name := fmt.Sprintf(form, n)
		if p.b.c.find(name) == nil && !p.taken[partName(name)] {
			p.taken[partName(name)] = true
			return name
		}
	}
}

// relsOf is the name of the part that holds the relations of a part, which is
// empty for the archive itself.
func relsOf(part string) string {
	if part == "" {
		return "_rels/.rels"
	}
	return path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
}

// relativeTo is how a relation of part names another part: some programs do not
// understand the other way, from the root.
func relativeTo(part, other string) string {
	from, to := strings.Split(path.Dir(part), "/"), strings.Split(other, "/")
	for len(from) > 0 && len(to) > 1 && from[0] == to[0] {
		from, to = from[1:], to[1:]
	}
	if len(from) == 1 && from[0] == "." {
		from = nil
	}
	return strings.Repeat("../", len(from)) + strings.Join(to, "/")
}
