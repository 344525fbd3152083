package workbook

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// An editor copies a part of the workbook token by token: what is not changed
// stays byte for byte.
type editor struct {
	*scanner
	w      *bufio.Writer
	tagged []byte // a tag that is written anew
}

// rewrite copies the part of that name through f, which must read it to its end.
func (p *patcher) rewrite(name string, f func(*editor) error) error {
	entry := p.b.c.find(name)
	r, err := p.b.c.open(name)
	if err != nil {
		return err
	}
	defer r.Close()
	src := bufio.NewReaderSize(r, 16)
	head, _ := src.Peek(len(byteOrderMark)) // an error comes again with what is read
	s, err := newScanner(src, name, p.b.c.limits.Depth)
	if err != nil {
		return err
	}
	w, err := p.create(entry.Name, entry)
	if err != nil {
		return err
	}
	e := &editor{scanner: s, w: w}
	if string(head) == byteOrderMark {
		e.write(byteOrderMark)
	}
	if err := f(e); err != nil {
		return err
	}
	return p.flush(entry.Name, w)
}

const byteOrderMark = "\ufeff"

// create begins an entry of the copy; like, which may be nil, is the one that it
// replaces.
func (p *patcher) create(name string, like *zip.File) (*bufio.Writer, error) {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate}
	if like != nil {
		h.Modified, h.NonUTF8, h.Comment, h.ExternalAttrs = like.Modified, like.NonUTF8, like.Comment, like.ExternalAttrs
		p.written[like] = true
	} else {
		h.Modified = epoch
	}
	w, err := p.zip.CreateHeader(h)
	if err != nil {
		return nil, fmt.Errorf("workbook: begin %s: %w", name, err)
	}
	return bufio.NewWriterSize(w, 64<<10), nil
}

func (p *patcher) flush(name string, w *bufio.Writer) error {
	if err := w.Flush(); err != nil {
		return fmt.Errorf("workbook: write %s: %w", name, err)
	}
	return nil
}

// compose writes a part that the workbook did not have.
func (p *patcher) compose(name string, f func(*editor) error) error {
	w, err := p.create(name, nil)
	if err != nil {
		return err
	}
	if err := f(&editor{w: w}); err != nil {
		return err
	}
	return p.flush(name, w)
}

// write writes text to the copy. Its error is that of the flush at the end.
func (e *editor) write(text string) { _, _ = e.w.WriteString(text) }

// copy writes the token as it is. Only an XML declaration that names another
// encoding than the copy's, UTF-8, is changed.
func (e *editor) copy(t *token) error {
	raw := t.raw
	if t.kind == aside && t.offset == 0 && bytes.HasPrefix(raw, []byte("<?xml")) {
		raw = declareUTF8(raw)
	}
	_, err := e.w.Write(raw)
	return err
}

func declareUTF8(declaration []byte) []byte {
	found := declaredEncoding.FindSubmatchIndex(declaration)
	if found == nil || strings.EqualFold(string(declaration[found[2]:found[3]]), "utf-8") {
		return declaration
	}
	return []byte(string(declaration[:found[2]]) + "UTF-8" + string(declaration[found[3]:]))
}

// tag writes the start tag or empty tag with some attributes set.
func (e *editor) tag(t *token, end tagEnd, settings ...setting) error {
	if len(settings) == 0 && end == asItWas {
		_, err := e.w.Write(t.raw)
		return err
	}
	e.tagged = appendTag(e.tagged[:0], t, end, settings...)
	_, err := e.w.Write(e.tagged)
	return err
}

// copyElement copies from the start tag or empty tag, which was the last token,
// to the end of the element.
func (e *editor) copyElement(t *token) error {
	if err := e.copy(t); err != nil {
		return err
	}
	return e.copyInside(t)
}

// copyInside copies what follows a start tag, which was the last token, to the
// end of the element.
func (e *editor) copyInside(t *token) error {
	if t.kind != startTag {
		return nil
	}
	for outside := e.depth() - 1; e.depth() > outside; {
		t, err := e.next()
		if err != nil {
			return err
		}
		if err := e.copy(t); err != nil {
			return err
		}
	}
	return nil
}

// each reads the part to its end and calls f with every token. f copies what is
// to stay.
func (e *editor) each(f func(t *token) error) error {
	for {
		t, err := e.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(t); err != nil {
			return err
		}
	}
}

// opensAt reports whether t opens an element of that name inside of so many
// others.
func (e *editor) opensAt(t *token, depth int, sp space, name string) bool {
	return t.space == sp && string(t.name) == name &&
		(t.kind == startTag && e.depth() == depth+1 || t.kind == emptyTag && e.depth() == depth)
}

// listed copies a part that is a list, such as relations: keep says for each
// element of the list whether it stays, and addition is put at the end of the
// list, given the prefix of its root.
func (p *patcher) listed(name string, keep func(s *scanner, t *token) (bool, error), addition func(prefix string) string) error {
	return p.rewrite(name, func(e *editor) error {
		prefix := ""
		return e.each(func(t *token) error {
			depth := e.depth()
			switch {
			case t.kind == emptyTag && depth == 0:
				return e.expand(t, addition(prefixOf(t)))
			case t.kind == startTag && depth == 1:
				prefix = prefixOf(t)
			case t.kind == startTag && depth == 2, t.kind == emptyTag && depth == 1:
				if ok, err := keep(e.scanner, t); err != nil || !ok {
					return errors.Join(err, e.skipThis(t))
				}
			case t.kind == endTag && depth == 0:
				e.write(addition(prefix))
			}
			return e.copy(t)
		})
	})
}

// expand writes an empty tag as an element with that content.
func (e *editor) expand(t *token, content string) error {
	if content == "" {
		return e.copy(t)
	}
	if err := e.tag(t, opened); err != nil {
		return err
	}
	e.write(content)
	e.write("</" + t.qualified() + ">")
	return nil
}

// skipThis leaves out the element that the tag opens.
func (e *editor) skipThis(t *token) error {
	if t.kind != startTag {
		return nil
	}
	return e.skip()
}
