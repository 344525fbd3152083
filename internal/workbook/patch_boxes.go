package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"meibo/internal/problem"
)

// isDamage reports whether err says that a part is not what it should be.
func isDamage(err error) bool {
	p := problem.Problem{}
	return errors.As(err, &p) && (p.Code == problem.WorkbookDamaged || p.Code == problem.WorkbookLimit)
}

// The namespaces of VML, by the prefixes that are used here (ECMA-376 part 4).
var drawingSpaces = []struct{ prefix, name string }{
	{"v", "urn:schemas-microsoft-com:vml"},
	{"o", "urn:schemas-microsoft-com:office:office"},
	{"x", "urn:schemas-microsoft-com:office:excel"},
}

// A drawing is what is known of the part that draws notes.
type drawing struct {
	declares string // namespaces that new shapes must declare themselves
	template bool   // the type of shape that notes are is there
	ids      bool   // it says which IDs its shapes have
}

// noteShape is the type of shape that notes are.
const noteShape = "_x0000_t202"

// noteShapeType defines that type; declares are its declarations of namespaces.
func noteShapeType(declares string) string {
	return `<v:shapetype id="` + noteShape + `"` + declares + ` coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">` +
		`<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>` //nolint:misspell // VML's own word
}

func (d *drawing) read(s *scanner) error {
	return (&editor{scanner: s}).each(func(t *token) error {
		switch {
		case t.kind == startTag && s.depth() == 1:
			d.declares = missingSpaces(t)
		case t.kind != startTag && t.kind != emptyTag:
		case string(t.name) == "shapetype" && string(t.attr("id")) == noteShape:
			d.template = true
		case string(t.name) == "idmap":
			d.ids = true
		}
		return nil
	})
}

// missingSpaces returns declarations of the namespaces of VML that the root does
// not declare by the usual prefixes.
func missingSpaces(root *token) string {
	out := ""
	for _, sp := range drawingSpaces {
		declared := false
		for _, a := range root.attrs {
			declared = declared || a.space == declaringSpace && string(a.name) == sp.prefix && string(a.value) == sp.name
		}
		if !declared {
			out += ` xmlns:` + sp.prefix + `="` + sp.name + `"`
		}
	}
	return out
}

// clusters are the numbers of the blocks of 1,024 shape IDs that our shapes take:
// far from those that programs give to the sheets of a workbook in turn.
func (p *patcher) clusters() (first int, list string) {
	first = 1000 + 16*p.o.Sheet
	var all []string
	for k := 0; k*shapesPerCluster <= len(p.notes.fresh); k++ {
		all = append(all, fmt.Sprint(first+k))
	}
	return first, strings.Join(all, ",")
}

func (p *patcher) writeNoteBoxes() error {
	n := &p.notes
	if n.boxes == "" {
		if len(n.fresh) == 0 {
			return nil
		}
		return p.createBoxes()
	}
	return p.rewrite(n.boxes, func(e *editor) error {
		return e.each(func(t *token) error { return p.copyBox(e, t) })
	})
}

func (p *patcher) createBoxes() error {
	name := p.notes.newBoxes
	p.typed(name, "application/vnd.openxmlformats-officedocument.vmlDrawing")
	return p.compose(name, func(e *editor) error {
		_, clusters := p.clusters()
		e.write(`<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">` +
			`<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="` + clusters + `"/></o:shapelayout>`)
		p.appendBoxes(e)
		e.write(`</xml>`)
		return nil
	})
}

// copyBox copies a token of the drawing: without the shapes of our earlier notes,
// and with the new ones at the end.
func (p *patcher) copyBox(e *editor, t *token) error {
	depth := e.depth()
	switch {
	case string(t.name) == "idmap" && (t.kind == startTag || t.kind == emptyTag) && len(p.notes.fresh) > 0:
		return p.copyIDs(e, t)
	case t.kind == emptyTag && depth == 0:
		return p.fillDrawing(e, t)
	case t.kind == endTag && depth == 0:
		p.appendBoxes(e)
	case t.kind == startTag && depth == 2 && string(t.name) == "shape" && len(p.notes.dropped) > 0:
		return p.copyShape(e, t)
	}
	return e.copy(t)
}

// fillDrawing writes the shapes into a drawing that has nothing in it.
func (p *patcher) fillDrawing(e *editor, t *token) error {
	p.notes.drawing.declares = missingSpaces(t)
	if err := e.tag(t, opened); err != nil {
		return err
	}
	p.appendBoxes(e)
	e.write("</" + t.qualified() + ">")
	return nil
}

func (p *patcher) copyIDs(e *editor, t *token) error {
	_, clusters := p.clusters()
	before := string(t.attr("data"))
	have := map[string]bool{}
	for _, id := range strings.Split(before, ",") {
		have[strings.TrimSpace(id)] = true
	}
	for _, id := range strings.Split(clusters, ",") {
		if !have[id] {
			before += "," + id
		}
	}
	if err := e.tag(t, asItWas, set("data", strings.Trim(before, ","))); err != nil {
		return err
	}
	return e.copyInside(t)
}

// maxShape is how large a shape may be to be taken for one of ours.
const maxShape = 1 << 20

// copyShape copies a shape, unless it is that of a note of ours.
func (p *patcher) copyShape(e *editor, t *token) error {
	var raw, text []byte
	at, isNote, ours := cellRef{}, false, false
	raw = append(raw, t.raw...)
	for outside := e.depth() - 1; e.depth() > outside; {
		t, err := e.next()
		if err != nil {
			return err
		}
		if raw = append(raw, t.raw...); len(raw) > maxShape {
			if _, err := e.w.Write(raw); err != nil {
				return err
			}
			raw = raw[:0]
		}
		switch name := string(t.name); {
		case t.kind == charData:
			text = append(text[:0], bytes.TrimSpace(t.raw)...)
		case t.kind == startTag && name == "ClientData":
			isNote = string(t.attr("ObjectType")) == "Note"
		case t.kind == endTag && name == "Row":
			at.row = number(text) + 1
		case t.kind == endTag && name == "Column":
			at.column = number(text)
		case t.kind == endTag && name == "ClientData":
			ours = isNote && p.notes.dropped[at]
		}
	}
	if ours {
		return nil
	}
	_, err := e.w.Write(raw)
	return err
}

// appendBoxes writes the shapes of the new notes, hidden until the pointer is on
// their cell.
func (p *patcher) appendBoxes(e *editor) {
	if len(p.notes.fresh) == 0 {
		return
	}
	declares := p.notes.drawing.declares
	if !p.notes.drawing.template {
		e.write(noteShapeType(declares))
	}
	first, _ := p.clusters()
	for i, x := range p.notes.fresh {
		e.write(noteBox(x, first*shapesPerCluster+1+i, i+1, declares))
	}
}

// Sizes of cells in pixels, as most sheets have them: a note needs not be drawn to
// the pixel.
const (
	usualColumn = 64
	usualRow    = 20
)

// noteBox is the shape of a note, to the right of its cell.
func noteBox(x note, id, order int, declares string) string {
	width, height := noteSize(x.text)
	height = min(height, 600)
	left := min(x.at.column+1, maxColumns-12)
	top := min(max(0, x.at.row-2), maxRows-40)
	right, bottom := left+(width+15)/usualColumn, top+(height+2)/usualRow
	return fmt.Sprintf(`<v:shape id="_x0000_s%d"%s type="#`+noteShape+`" style="position:absolute;width:%gpt;height:%gpt;z-index:%d;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">`+
		`<v:fill color2="#ffffe1"/><v:shadow color="black" obscured="t"/><v:path o:connecttype="none"/>`+
		`<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>`+
		`<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>%d,15,%d,2,%d,%d,%d,%d</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>%d</x:Row><x:Column>%d</x:Column></x:ClientData></v:shape>`,
		id, declares, float64(width)*pointsPerPixel, float64(height)*pointsPerPixel, order,
		left, top, right, (width+15)%usualColumn, bottom, (height+2)%usualRow, x.at.row-1, x.at.column)
}
