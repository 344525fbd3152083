package web_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"
)

// Every whole page that a test of this package gets, and every page that a story in
// a browser looks at, is held to the HTML standard (https://html.spec.whatwg.org):
// well nested as written, no identifier twice, no reference to none, only elements
// and attributes that there are, a label for each control, headings in order. Where
// Debian's tidy is installed it judges them, too.

// judgedShapes are pages whose elements and attributes were judged already.
var judgedShapes sync.Map

// valid holds a whole page to the standard.
func valid(t *testing.T, path, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	if _, seen := judgedShapes.LoadOrStore(shapeOf(root), true); seen {
		return
	}
	wrong := slices.Concat(misnested(page, root), misreferred(root), misused(root), unlabelled(root), disordered(root), untidy(page))
	for _, w := range wrong {
		t.Errorf("%s is not valid HTML: %s", path, w)
	}
}

// shapeOf is what there is to judge of a page: its elements with their attributes.
func shapeOf(root *html.Node) string {
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			fmt.Fprint(&b, n.Data, len(path(n)))
			for _, a := range n.Attr {
				b.WriteString(" " + a.Key)
				if slices.Contains([]string{"id", "for", "role", "type"}, a.Key) || strings.HasPrefix(a.Key, "aria-") {
					b.WriteString(a.Val)
				}
			}
		}
	}
	return b.String()
}

// path are the names of an element and of what it stands in, the innermost first.
func path(n *html.Node) []string {
	var names []string
	for ; n != nil && n.Type == html.ElementNode; n = n.Parent {
		names = append(names, n.Data)
	}
	return names
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

var void = []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

// misnested compares what was written with what a browser makes of it: an element
// that is closed late or stands where it may not is moved there.
func misnested(page string, root *html.Node) (wrong []string) {
	var written, open []string
	tokens := html.NewTokenizer(strings.NewReader(page))
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		name := tokens.Token().Data
		switch {
		case kind == html.StartTagToken || kind == html.SelfClosingTagToken:
			written = append(written, strings.Join(append(slices.Clone(open), name), ">"))
			if kind == html.StartTagToken && !slices.Contains(void, name) {
				open = append(open, name)
			}
		case kind == html.EndTagToken && (len(open) == 0 || open[len(open)-1] != name):
			return append(wrong, fmt.Sprintf("</%s> within %v", name, open))
		case kind == html.EndTagToken:
			open = open[:len(open)-1]
		}
	}
	var made []string
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			names := path(n)
			slices.Reverse(names)
			made = append(made, strings.ToLower(strings.Join(names, ">")))
		}
	}
	for i := range min(len(written), len(made)) {
		if written[i] != made[i] {
			return append(wrong, fmt.Sprintf("%s becomes %s", written[i], made[i]))
		}
	}
	if len(written) != len(made) || len(open) > 0 {
		wrong = append(wrong, fmt.Sprintf("%d elements become %d, %v stay open", len(written), len(made), open))
	}
	return wrong
}

// misreferred finds identifiers that are there twice, and references to none.
func misreferred(root *html.Node) (wrong []string) {
	ids := map[string]bool{}
	for n := range root.Descendants() {
		if id, ok := attribute(n, "id"); ok {
			if ids[id] || id == "" || strings.ContainsAny(id, " \n\t") {
				wrong = append(wrong, fmt.Sprintf("id %q is there twice or is none", id))
			}
			ids[id] = true
		}
	}
	for n := range root.Descendants() {
		for _, name := range []string{"for", "list", "form", "aria-labelledby", "aria-describedby", "aria-controls", "aria-errormessage"} {
			value, _ := attribute(n, name)
			for _, id := range strings.Fields(value) {
				if !ids[id] {
					wrong = append(wrong, fmt.Sprintf("<%s %s> names %q, which is not there", n.Data, name, id))
				}
			}
		}
	}
	return wrong
}

// flow are elements that may not stand in what has phrasing content only.
var (
	flow     = strings.Fields("address article aside blockquote details dialog div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr main nav ol p pre section table ul")
	phrasing = strings.Fields("p span button label strong em b i small code kbd h1 h2 h3 h4 h5 h6 legend summary del ins dt caption")
	active   = strings.Fields("a button input select textarea details label")
)

// attributes are those that elements of ours may have, beside those of all elements,
// data-, aria-, and those of htmx, which browsers leave alone.
var attributes = map[string]string{
	"html": "", "head": "", "body": "", "title": "", "meta": "charset name content", "link": "rel href", "script": "defer src",
	"a": "href download rel target", "form": "action method enctype novalidate autocomplete", "button": "name value type disabled form formaction formmethod formnovalidate", "label": "for",
	"input":  "name value type checked disabled required readonly min max step minlength maxlength pattern placeholder autocomplete list multiple accept size form",
	"select": "name required disabled multiple size autocomplete form", "option": "value selected disabled label", "optgroup": "label disabled", "datalist": "", "fieldset": "disabled name form", "legend": "",
	"textarea": "name rows cols required disabled readonly minlength maxlength placeholder autocomplete form", "output": "for name", "progress": "value max", "meter": "value min max low high optimum",
	"table": "", "caption": "", "thead": "", "tbody": "", "tfoot": "", "tr": "", "th": "scope colspan rowspan abbr", "td": "colspan rowspan headers", "col": "span", "colgroup": "span",
	"ol": "start reversed type", "ul": "", "li": "value", "dl": "", "dt": "", "dd": "", "details": "open name", "summary": "", "img": "src alt width height loading", "time": "datetime",
	"div": "", "span": "", "p": "", "h1": "", "h2": "", "h3": "", "h4": "", "main": "", "nav": "", "header": "", "footer": "", "section": "", "article": "", "aside": "",
	"strong": "", "em": "", "small": "", "code": "", "kbd": "", "pre": "", "b": "", "i": "", "br": "", "wbr": "", "hr": "", "del": "datetime cite", "ins": "datetime cite", "search": "", "template": "", "noscript": "",
	"svg": "viewBox width height preserveAspectRatio", "path": "d vector-effect", "circle": "cx cy r fill", "rect": "x y width height rx ry fill", "line": "x1 x2 y1 y2", "g": "transform", "text": "x y", "polyline": "points",
}

var everyElements = strings.Fields("id class lang title hidden tabindex role dir inputmode autocapitalize spellcheck autofocus enterkeyhint translate")

// misused finds elements and attributes that there are not, and elements where they
// may not stand though a browser leaves them there.
func misused(root *html.Node) (wrong []string) {
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		own, known := attributes[n.Data]
		if !known {
			wrong = append(wrong, fmt.Sprintf("<%s> is no element of ours", n.Data))
		}
		for _, a := range n.Attr {
			free := strings.HasPrefix(a.Key, "data-") || strings.HasPrefix(a.Key, "aria-") || strings.HasPrefix(a.Key, "hx-") || strings.HasPrefix(a.Key, "sse-")
			if !free && !slices.Contains(everyElements, a.Key) && !slices.Contains(strings.Fields(own), a.Key) {
				wrong = append(wrong, fmt.Sprintf("<%s> has no attribute %s", n.Data, a.Key))
			}
		}
		around := path(n)[1:]
		if len(around) > 0 && slices.Contains(flow, n.Data) && slices.Contains(phrasing, around[0]) {
			wrong = append(wrong, fmt.Sprintf("<%s> in <%s>", n.Data, around[0]))
		}
		if slices.Contains(active, n.Data) && (slices.Contains(around, "a") || slices.Contains(around, "button")) {
			wrong = append(wrong, fmt.Sprintf("<%s> in a link or button: %v", n.Data, around))
		}
	}
	return wrong
}

func isControl(n *html.Node) bool {
	kind, _ := attribute(n, "type")
	return n.Data == "select" || n.Data == "textarea" || n.Data == "input" && kind != "hidden"
}

// unlabelled finds controls and buttons without a name, and labels of more than one
// control.
func unlabelled(root *html.Node) (wrong []string) {
	labelled := map[string]bool{}
	for n := range root.Descendants() {
		if n.Data != "label" {
			continue
		}
		id, _ := attribute(n, "for")
		labelled[id] = true
		within := 0
		for c := range n.Descendants() {
			if isControl(c) || c.Data == "button" {
				within++
			}
		}
		if within > 1 {
			wrong = append(wrong, fmt.Sprintf("a label has %d controls", within))
		}
	}
	for n := range root.Descendants() {
		_, aria := attribute(n, "aria-label")
		_, by := attribute(n, "aria-labelledby")
		id, _ := attribute(n, "id")
		switch {
		case aria || by:
		case isControl(n) && !slices.Contains(path(n), "label") && (id == "" || !labelled[id]):
			name, _ := attribute(n, "name")
			wrong = append(wrong, fmt.Sprintf("<%s name=%s> has no label", n.Data, name))
		case (n.Data == "button" || n.Data == "a" || n.Data == "summary") && !hidden(n) && textOf(n) == "":
			wrong = append(wrong, fmt.Sprintf("<%s> in %v has no text", n.Data, path(n)))
		}
	}
	return wrong
}

func hidden(n *html.Node) bool {
	value, _ := attribute(n, "aria-hidden")
	return value == "true"
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
		if alt, ok := attribute(c, "alt"); ok {
			b.WriteString(alt)
		}
	}
	return strings.TrimSpace(b.String())
}

// disordered finds headings that are left out: a page has one h1, and none is more
// than one level below the one before.
func disordered(root *html.Node) (wrong []string) {
	last, first := 0, 0
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || len(n.Data) != 2 || n.Data[0] != 'h' || n.Data[1] < '1' || n.Data[1] > '6' {
			continue
		}
		level := int(n.Data[1] - '0')
		if level > last+1 {
			wrong = append(wrong, fmt.Sprintf("<%s> %q follows a heading of level %d", n.Data, textOf(n), last))
		}
		if level == 1 {
			first++
		}
		last = level
	}
	if first != 1 {
		wrong = append(wrong, fmt.Sprintf("there are %d <h1>", first))
	}
	return wrong
}

// Tidy 5.6 is older than parts of the standard: attributes that came since, groups
// (div) in lists of descriptions, and elements that may be empty.
var outdated = regexp.MustCompile(`proprietary attribute "(hx-[a-z-]*|sse-[a-z-]*|aria-current|inputmode|autocapitalize|minlength|enterkeyhint)"|trimming empty <|` +
	`missing </dl> before </div>|missing </div> before <dt>|inserting implicit <dl>|missing <dd>|discarding unexpected </dl>`)

// untidy is what tidy complains of; nothing where it is not installed.
func untidy(page string) (wrong []string) {
	program, err := exec.LookPath("tidy")
	if err != nil {
		return nil
	}
	cmd := exec.Command(program, "-quiet", "-errors", "-utf8", "--show-info", "no")
	cmd.Stdin = strings.NewReader(page)
	var said bytes.Buffer
	cmd.Stderr = &said
	_ = cmd.Run() // its status tells of the same
	for _, line := range strings.Split(said.String(), "\n") {
		if line != "" && !outdated.MatchString(line) {
			wrong = append(wrong, "tidy: "+line)
		}
	}
	return wrong
}

func TestPagesThatAreNotValidAreNoticed(t *testing.T) {
	const begin, end = `<!DOCTYPE html><html lang="en"><head><title>x</title></head><body><h1>x</h1>`, `</body></html>`
	for bad, want := range map[string]string{
		`<p><div></div></p>`:                                "becomes",
		`<table><tr><td>x</td></tr></table>`:                "becomes",
		`<b><i>x</b></i>`:                                   "within",
		`<p id="a">x</p><p id="a">x</p>`:                    "twice",
		`<label for="a">x</label>`:                          "not there",
		`<p align="left">x</p>`:                             "no attribute align",
		`<center>x</center>`:                                "no element of ours",
		`<span><div>x</div></span>`:                         "<div> in <span>",
		`<a href="/"><button>x</button></a>`:                "in a link or button",
		`<input name="a">`:                                  "no label",
		`<button></button>`:                                 "no text",
		`<label>x <input name="a"><input name="b"></label>`: "2 controls",
		`<h3>x</h3>`:                                        "follows a heading of level 1",
		`<h1>x</h1>`:                                        "2 <h1>",
	} {
		root, err := html.Parse(strings.NewReader(begin + bad + end))
		if err != nil {
			t.Fatal(err)
		}
		page := begin + bad + end
		wrong := strings.Join(slices.Concat(misnested(page, root), misreferred(root), misused(root), unlabelled(root), disordered(root)), "; ")
		if !strings.Contains(wrong, want) {
			t.Errorf("%s: %q, want %q", bad, wrong, want)
		}
	}
}
