package workbook

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"

	"meibo/internal/problem"
)

const mainNS = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`

// outline reads a part and tells its tokens one by one, as in <a, a>, <a/>, "text".
func outline(r io.Reader) (string, error) {
	s, err := newScanner(r, "part", 64)
	if err != nil {
		return "", err
	}
	var out []string
	for {
		t, err := s.next()
		if errors.Is(err, io.EOF) {
			return strings.Join(out, " "), nil
		}
		if err != nil {
			return strings.Join(out, " "), err
		}
		name := string(t.name)
		if t.space == mainSpace {
			name = "main:" + name
		}
		switch t.kind {
		case startTag:
			out = append(out, "<"+name)
		case emptyTag:
			out = append(out, "<"+name+"/>")
		case endTag:
			out = append(out, name+">")
		case charData:
			text, err := t.text(nil)
			if err != nil {
				return "", err
			}
			out = append(out, `"`+string(text)+`"`)
		}
	}
}

func TestF5_PartsAreReadAsXMLSaysIt(t *testing.T) {
	tests := []struct{ name, part, want string }{
		{"start, end, empty, text", `<a><b/>x</a>`, `<a <b/> "x" a>`},
		{"a prefix is the namespace it stands for", `<x:a xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:b/><y/></x:a>`, `<main:a <main:b/> <y/> main:a>`},
		{"a default namespace ends with its element", `<a><b ` + mainNS + `><c/></b><d/></a>`, `<a <main:b <main:c/> main:b> <d/> a>`},
		{"a prefix is taken over and given back", `<p:a xmlns:p="http://purl.oclc.org/ooxml/spreadsheetml/main"><p:b xmlns:p="urn:x"/><p:c/></p:a>`, `<main:a <b/> <main:c/> main:a>`},
		{"entities and numbers", `<a>&lt;&amp;&gt;&quot;&apos;&#65;&#x3042;</a>`, `<a "<&>"'Aあ" a>`},
		{"CDATA is text as it stands", `<a><![CDATA[<&amp;]]></a>`, `<a "<&amp;" a>`},
		{"comments and instructions are no text", `<?xml version="1.0"?><!-- < --><a><?x y?>z</a><!-- -->`, `<a "z" a>`},
		{"line ends are LF", "<a>1\r\n2\r3\n</a>", "<a \"1\n2\n3\n\" a>"},
		{"a greater-than sign inside an attribute ends nothing", `<a b="1>2" c='"'/>`, `<a/>`},
		{"a byte order mark is no text", "\ufeff<a/>", `<a/>`},
		{"white space wherever it may stand", "<a\n b = 'x'\t>\n</a >\n", "<a \"\n\" a> \"\n\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{
				"at once":      strings.NewReader(tt.part),
				"byte by byte": iotest.OneByteReader(strings.NewReader(tt.part)),
			} {
				got, err := outline(r)
				if err != nil || got != tt.want {
					t.Errorf("%s: %s, %v; want %s", how, got, err, tt.want)
				}
			}
		})
	}
}

func TestF11_XMLThatIsNoneIsAProblem(t *testing.T) {
	tests := []struct{ name, part, reason string }{
		{"nothing at all", ``, reasonXML},
		{"no element", ` <!-- --> `, reasonXML},
		{"an end without a start", `</a>`, reasonXML},
		{"a start without an end", `<a>`, reasonXML},
		{"a wrong end", `<a><b></a></b>`, reasonXML},
		{"a tag that is cut off", `<a><b c="d`, reasonXML},
		{"a text that is cut off", `<a>b`, reasonXML},
		{"two roots", `<a/><b/>`, reasonXML},
		{"text outside", `<a/>b`, reasonXML},
		{"an attribute twice", `<a b="1" b="2"/>`, reasonXML},
		{"an attribute without quotes", `<a b=1/>`, reasonXML},
		{"an attribute without a value", `<a b/>`, reasonXML},
		{"attributes without a gap", `<a b="1"c="2"/>`, reasonXML},
		{"a tag inside an attribute", `<a b="<"/>`, reasonXML},
		{"a name that begins with a digit", `<1/>`, reasonXML},
		{"a prefix that nothing declares", `<p:a/>`, reasonXML},
		{"an attribute's prefix that nothing declares", `<a p:b="1"/>`, reasonXML},
		{"a control character", "<a>\x01</a>", reasonXML},
		{"a character that XML forbids", "<a>\uffff</a>", reasonXML},
		{"a document type", `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`, reasonDoctype},
		{"bytes that are no UTF-8", "<a>\x82\xa0</a>", reasonEncoding},
		{"UTF-8 that is cut off", "<a>\xe3\x81", reasonEncoding},
		{"another encoding", `<?xml version="1.0" encoding="Shift_JIS"?><a/>`, reasonEncoding},
		{"UTF-16 that is none", `<?xml version="1.0" encoding="UTF-16"?><a/>`, reasonEncoding},
		{"half a surrogate pair", "\xff\xfe<\x00a\x00>\x00\x00\xd8<\x00/\x00a\x00>\x00", reasonEncoding},
		{"half a character", "\xff\xfe<\x00a\x00/\x00>", reasonEncoding},
		{"an instruction that is cut off", `<?>`, reasonXML},
		{"a declaration in the middle", `<a><?xml version="1.0"?></a>`, reasonXML},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := outline(strings.NewReader(tt.part))
			p := problem.Problem{}
			if !errors.As(err, &p) || p.Code != problem.WorkbookDamaged || p.Values["reason"] != tt.reason {
				t.Errorf("error = %v %v, want %s", err, p.Values, tt.reason)
			}
		})
	}
}

func TestF11_ReferencesThatXMLDoesNotKnowAreAProblem(t *testing.T) {
	for _, ref := range []string{"&b;", "&", "&;", "&#;", "&#x;", "&#0;", "&#xD800;", "&#xFFFF;", "&#x110000;", "&#-1;", "&#X41;", "&amp", "&LT;"} {
		if got, err := appendText(nil, []byte("x"+ref)); err == nil {
			t.Errorf("%s = %q, want an error", ref, got)
		}
	}
}

func TestF5_PartsInUTF16AreRead(t *testing.T) {
	const part = `<?xml version="1.0" encoding="UTF-16"?><a b="名">𠮷野家` + "</a>"
	want, err := outline(strings.NewReader(strings.Replace(part, "-16", "-8", 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, mark := range []string{"", "\ufeff"} {
			var b []byte
			for _, u := range utf16.Encode([]rune(mark + part)) {
				b = order.AppendUint16(b, u)
			}
			got, err := outline(iotest.OneByteReader(bytes.NewReader(b)))
			if err != nil || got != want {
				t.Errorf("%v, mark %q: %s, %v; want %s", order, mark, got, err, want)
			}
		}
	}
}

func TestA5_CopyingEveryTokenWritesThePartAnew(t *testing.T) {
	part := `<?xml version="1.0"?>` + "\r\n<a " + mainNS + ` x="&#65;">` + strings.Repeat("<!-- c --><b  y='1' />あ&amp;<![CDATA[z]]>", 20_000) + "</a >\n"
	s, err := newScanner(iotest.HalfReader(strings.NewReader(part)), "part", 64)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for {
		tok, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if tok.offset != int64(out.Len()) {
			t.Fatalf("offset = %d, want %d", tok.offset, out.Len())
		}
		out.Write(tok.raw)
	}
	if out.String() != part {
		t.Error("what comes out is not what went in")
	}
}

func TestF5_AlternateContentIsItsFallback(t *testing.T) {
	part := `<a ` + mainNS + ` xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><!-- c --><mc:AlternateContent>` +
		`<mc:Choice Requires="x15"><b/><mc:AlternateContent><mc:Fallback><c/></mc:Fallback></mc:AlternateContent></mc:Choice>` +
		`<mc:Fallback><d/></mc:Fallback></mc:AlternateContent><e/></a>`
	s, err := newScanner(strings.NewReader(part), "part", 64)
	if err != nil {
		t.Fatal(err)
	}
	var got string
	for {
		tok, err := s.content()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got += string(tok.name)
	}
	if got != "adea" {
		t.Errorf("elements = %s, want adea", got)
	}
}

func TestF11_HostileXMLEndsInTime(t *testing.T) {
	var many, spaces strings.Builder
	for i := range 900 {
		many.WriteString(" a" + strings.Repeat("b", i%7) + string(rune('a'+i%26)) + strings.Repeat("c", i/26) + `=""`)
		spaces.WriteString(" xmlns:n" + strings.Repeat("x", i) + `="u"`)
	}
	deep := `<a>` + strings.Repeat("<b"+spaces.String()+">", 60) + strings.Repeat("<c/>", 1_000_000)
	tests := []struct {
		name string
		part io.Reader
		what string // of WorkbookLimit; empty for damage
	}{
		{"a million levels", strings.NewReader(strings.Repeat("<a>", 1_000_000)), "depth"},
		{"one tag without end", io.MultiReader(strings.NewReader("<a b='"), io.LimitReader(zeros{}, 100<<20)), "text"},
		{"one text without end", io.MultiReader(strings.NewReader("<a>"), io.LimitReader(zeros{}, 100<<20)), "text"},
		{"one comment without end", io.MultiReader(strings.NewReader("<!--"), io.LimitReader(zeros{}, 100<<20)), "text"},
		{"one end tag without end", io.MultiReader(strings.NewReader("<a></a"), io.LimitReader(zeros{}, 100<<20)), "text"},
		{"a hundred thousand attributes", strings.NewReader("<a" + strings.Repeat(many.String(), 100)), "attributes"},
		{"many attributes, many times", strings.NewReader("<a>" + strings.Repeat("<b"+many.String()+"/>", 300)), ""},
		{"many namespaces, many tags", strings.NewReader(deep), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			begin := time.Now()
			_, err := outline(tt.part)
			p := problem.Problem{}
			if !errors.As(err, &p) || p.Values["what"] != tt.what {
				t.Errorf("error = %v %v, want %q", err, p.Values, tt.what)
			}
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// zeros are the character 0 for ever.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '0'
	}
	return len(b), nil
}
