package workbook

import (
	"errors"
	"fmt"
	"strings"
)

// notes are the notes of the sheet: those of the person, and ours.
type notes struct {
	texts   string // part of the texts; empty: there is none yet
	boxes   string // part of the drawing; empty: there is none yet
	off     bool   // what is there cannot be added to
	theirs  map[cellRef]bool
	dropped map[cellRef]bool // cells with a note of ours, which goes
	author  int              // index of ours; -1 if it is not there
	authors int
	drawing drawing

	fresh    []note
	size     int    // bytes of fresh
	newBoxes string // the name of a new drawing
}

// A note is one that the copy adds.
type note struct {
	at   cellRef
	text string
}

const (
	// maxNoteBytes bounds the texts of notes, which are kept in memory.
	maxNoteBytes = 16 << 20

	// maxTheirs is how many notes a person's sheet may have for ours to be put
	// among them.
	maxTheirs = 200_000
)

// needed reports whether the sheet must refer to a drawing of notes.
func (n *notes) needed() bool { return len(n.fresh) > 0 }

// note takes one note: into the sheet, or, if there are too many, to the sheet of
// problems. A cell with a note of the person gets none.
func (p *patcher) note(at cellRef, text string) error {
	n := &p.notes
	text = strings.ToValidUTF8(text, "\ufffd")
	if text == "" || n.theirs[at] {
		return nil
	}
	if !n.off && len(n.fresh) < p.o.Notes && n.size+len(text) <= maxNoteBytes {
		n.fresh = append(n.fresh, note{at, signature(p.o.Author) + text})
		n.size += len(text)
		return nil
	}
	return p.overflow.add(p, note{at, text})
}

// lookAtNotes reads which cells have a note, by whom, and what their drawing
// holds.
func (p *patcher) lookAtNotes() error {
	n := &p.notes
	*n = notes{theirs: map[cellRef]bool{}, dropped: map[cellRef]bool{}, author: -1}
	if !p.annotates() {
		return nil
	}
	for id, r := range p.relations[p.part] {
		switch {
		case r.external:
		case r.is("comments"):
			n.texts = p.b.resolve(p.part, r.target)
		case id == p.survey.legacy && r.is("vmlDrawing"):
			n.boxes = p.b.resolve(p.part, r.target)
		}
	}
	for _, part := range []*string{&n.texts, &n.boxes} {
		if *part != "" && p.b.c.find(*part) == nil {
			*part, n.off = "", true
		}
	}
	if p.survey.legacy != "" && n.boxes == "" {
		n.off = true
	}
	if n.texts != "" {
		if err := p.scan(n.texts, n.readTexts(p.o.Author)); err != nil {
			return err
		}
	}
	if n.boxes != "" {
		err := p.scan(n.boxes, n.drawing.read)
		if isDamage(err) {
			n.off = true // programs of old wrote drawings that are no XML
			return nil
		}
		return err
	}
	return nil
}

// readTexts reads the part of the texts: authors, and cells that have a note.
func (n *notes) readTexts(author string) func(*scanner) error {
	return func(s *scanner) error {
		r := noteReader{notes: n, s: s, ours: author}
		return (&editor{scanner: s}).each(r.token)
	}
}

// A noteReader reads the part of the texts. LibreOffice and Google Sheets forget
// who a note is by, so that ours begin with our name too.
type noteReader struct {
	*notes
	s       *scanner
	ours    string
	unnamed map[int]bool // authors without a name

	text   []byte // of the author or note that is read
	inText bool
	at     cellRef
	author int
}

func (r *noteReader) token(t *token) error {
	switch {
	case t.is("author"):
		r.begin(t)
		if t.kind != startTag {
			r.addAuthor()
		}
	case t.is("comment") && t.kind == endTag:
		return r.addNote()
	case t.opens("comment"):
		r.at, _ = parseRef(t.attr("ref"))
		r.author, r.text = number(t.attr("authorId")), r.text[:0]
	case t.is("t"):
		r.inText = t.kind == startTag
	case t.kind == charData && r.inText && len(r.text) < 1000:
		var err error
		if r.text, err = t.text(r.text); err != nil {
			return r.s.malformed()
		}
	}
	return nil
}

func (r *noteReader) begin(t *token) {
	r.inText = t.kind == startTag
	if r.inText {
		r.text = r.text[:0]
	}
}

func (r *noteReader) addAuthor() {
	switch name := string(trim(r.text)); {
	case name == r.ours:
		r.notes.author = r.authors
	case name == "":
		if r.unnamed == nil {
			r.unnamed = map[int]bool{}
		}
		r.unnamed[r.authors] = true
	}
	r.authors++
	r.text = r.text[:0]
}

func (r *noteReader) addNote() error {
	if len(r.theirs)+len(r.dropped) > maxTheirs {
		return onlyTable("notes")
	}
	if r.author >= 0 && r.author == r.notes.author || r.unnamed[r.author] && strings.HasPrefix(string(r.text), signature(r.ours)) {
		r.dropped[r.at] = true
		return nil
	}
	r.theirs[r.at] = true
	return nil
}

// signature is how a note begins, as in those that Excel makes.
func signature(author string) string { return author + ":\n" }

// writeNotes writes the parts of the notes, if they change.
func (p *patcher) writeNotes() error {
	n := &p.notes
	if len(n.fresh) == 0 && len(n.dropped) == 0 {
		return nil
	}
	if n.off {
		return nil
	}
	return errors.Join(p.writeNoteTexts(), p.writeNoteBoxes())
}

func (p *patcher) writeNoteTexts() error {
	n := &p.notes
	author := string(appendEscaped(nil, p.o.Author))
	if n.texts == "" {
		name := p.freePart("xl/comments%d.xml")
		p.typed(name, spreadsheetType+"comments+xml")
		p.link(p.part, "comments", name)
		return p.compose(name, func(e *editor) error {
			e.write(xmlDeclaration + `<comments xmlns="` + p.mainSpace() + `"><authors><author>` + author + `</author></authors><commentList>`)
			n.appendTexts(e, "", 0)
			e.write(`</commentList></comments>`)
			return nil
		})
	}
	index, added := n.author, ""
	if index < 0 && len(n.fresh) > 0 {
		index, added = n.authors, author
	}
	return p.rewrite(n.texts, func(e *editor) error {
		return e.each(func(t *token) error { return n.copyText(e, t, index, added) })
	})
}

// copyText copies a token of the texts: without our earlier notes, with the new
// ones, and with our name, unless added is empty.
func (n *notes) copyText(e *editor, t *token, index int, added string) error {
	switch prefix := prefixOf(t); {
	case t.is("authors") && t.kind != startTag && added != "":
		name := `<` + prefix + `author>` + added + `</` + prefix + `author>`
		if t.kind == emptyTag {
			return e.expand(t, name)
		}
		e.write(name)
	case t.is("commentList") && t.kind == emptyTag && len(n.fresh) > 0:
		if err := e.tag(t, opened); err != nil {
			return err
		}
		n.appendTexts(e, prefix, index)
		e.write(`</` + t.qualified() + `>`)
		return nil
	case t.is("commentList") && t.kind == endTag:
		n.appendTexts(e, prefix, index)
	case t.opens("comment"):
		if at, ok := parseRef(t.attr("ref")); ok && n.dropped[at] {
			return e.skipElement(t)
		}
	}
	return e.copy(t)
}

func (n *notes) appendTexts(e *editor, prefix string, author int) {
	for _, x := range n.fresh {
		b := fmt.Appendf(e.tagged[:0], `<%[1]scomment ref="%[2]s" authorId="%[3]d"><%[1]stext><%[1]sr><%[1]srPr><%[1]ssz val="9"/><%[1]scolor indexed="81"/></%[1]srPr>`, prefix, x.at, author)
		b = appendTextIn(b, prefix, x.text)
		e.tagged = fmt.Appendf(b, `</%[1]sr></%[1]stext></%[1]scomment>`, prefix)
		e.write(string(e.tagged))
	}
}
