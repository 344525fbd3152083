package member

import (
	"encoding/xml"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"meibo/internal/problem"
)

// htmlEmail is the expression of the HTML standard (WHATWG, section "Email
// state"), the oracle of our scanner.
var htmlEmail = regexp.MustCompile("^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$")

// wantEmail is M1 said another way: HTML's grammar, a dot in the host, 254 bytes.
func wantEmail(s string) bool {
	_, host, _ := strings.Cut(s, "@")
	return len(s) <= 254 && htmlEmail.MatchString(s) && strings.Contains(host, ".")
}

func TestM1_ParseEmail(t *testing.T) {
	label63 := strings.Repeat("a", 63)
	tests := []struct {
		name, in, want string // want is empty for malformed
	}{
		{"plain", "ann@acme.example", "ann@acme.example"},
		{"case stays as typed", "Ann@ACME.example", "Ann@ACME.example"},
		{"trimmed", "\u3000ann@acme.example\u200b", "ann@acme.example"},
		{"full-width is folded", "ａｎｎ＠ａｃｍｅ．ｅｘａｍｐｌｅ", "ann@acme.example"},
		{"plus and quotes before the @", "o'neil+x@acme.example", "o'neil+x@acme.example"},
		{"a dot first, last or twice before the @ (Japanese mobile addresses)", ".a..b.@docomo.example", ".a..b.@docomo.example"},
		{"a hyphen inside a label", "a@x-y.example", "a@x-y.example"},
		{"a label of 63", "a@" + label63 + ".example", "a@" + label63 + ".example"},
		{"254 bytes", strings.Repeat("a", 254-len("@acme.example")) + "@acme.example", strings.Repeat("a", 254-len("@acme.example")) + "@acme.example"},
		{"255 bytes", strings.Repeat("a", 255-len("@acme.example")) + "@acme.example", ""},
		{"a label of 64", "a@" + label63 + "a.example", ""},
		{"blank", "", ""},
		{"no @", "acme.example", ""},
		{"two @", "a@b@acme.example", ""},
		{"nothing before the @", "@acme.example", ""},
		{"no dot in the host", "root@localhost", ""},
		{"a dot last in the host", "a@acme.example.", ""},
		{"a dot first in the host", "a@.acme.example", ""},
		{"a hyphen first in a label", "a@-acme.example", ""},
		{"a hyphen last in a label", "a@acme-.example", ""},
		{"a quoted local part", `"a b"@acme.example`, ""},
		{"an address literal", "a@[192.0.2.1]", ""},
		{"a comment", "a(b)@acme.example", ""},
		{"a display name", "Ann <a@acme.example>", ""},
		{"a space inside", "a b@acme.example", ""},
		{"two addresses", "a@acme.example,b@acme.example", ""},
		{"letters beyond ASCII", "あ@acme.example", ""},
		{"an ideographic full stop", "a@acme。example", ""},
		{"a newline inside", "a@acme.example\nb", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code := problem.Code("")
			if tt.want == "" {
				code = problem.EmailMalformed
			}
			got, err := ParseEmail(tt.in)
			if got != tt.want || codeOf(t, err) != code {
				t.Errorf("ParseEmail(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
			}
		})
	}
}

func TestM1_EmailAgreesWithIsEmail(t *testing.T) {
	data, err := os.ReadFile("../../../shared/corpora/isemail/tests.xml")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the corpus ../shared/corpora/isemail is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	var corpus struct {
		Tests []struct {
			ID       string `xml:"id,attr"`
			Address  string `xml:"address"`
			Category string `xml:"category"`
		} `xml:"test"`
	}
	if err := xml.Unmarshal(data, &corpus); err != nil {
		t.Fatal(err)
	}
	accepted, refused := 0, 0
	for _, c := range corpus.Tests {
		_, err := ParseEmail(c.Address)
		switch html := wantEmail(Trim(c.Address)); {
		case html && (c.Category == "ISEMAIL_VALID_CATEGORY" || c.Category == "ISEMAIL_DNSWARN"):
			accepted++
			if err != nil {
				t.Errorf("test %s: refused what both accept", c.ID)
			}
		case !html && c.Category == "ISEMAIL_ERR":
			refused++
			if err == nil {
				t.Errorf("test %s: accepted what both refuse", c.ID)
			}
		}
	}
	if accepted < 10 || refused < 40 {
		t.Errorf("the corpus had %d and %d cases, too few to say anything", accepted, refused)
	}
}

func FuzzParseEmail(f *testing.F) {
	for _, s := range []string{"ann@acme.example", "ａ＠ｂ．ｃ", "a@-b.c", ".a..@b.c", "a@b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseEmail(s)
		if want := wantEmail(foldWidth(s)); (err == nil) != want {
			t.Errorf("ParseEmail(%q) = %q, %v; HTML says %t", s, got, err, want)
		}
		if err != nil {
			return
		}
		if again, err := ParseEmail(got); err != nil || again != got {
			t.Errorf("ParseEmail(%q) = %q, again %q, %v", s, got, again, err)
		}
	})
}

func BenchmarkParseEmail(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = ParseEmail("ann.smith@mail.acme.example")
	}
}

func TestM1_ParseLoginID(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"letters, digits, dot, underscore, hyphen", "Ann.Smith_0-1", "Ann.Smith_0-1"},
		{"full-width is folded", "ａｎｎ０１", "ann01"},
		{"a hyphen first", "-ann", "-ann"},
		{"two dots inside", "a..b", "a..b"},
		{"64", strings.Repeat("a", 64), strings.Repeat("a", 64)},
		{"65", strings.Repeat("a", 65), ""},
		{"a dot first", ".ann", ""},
		{"a dot last", "ann.", ""},
		{"an @", "ann@x", ""},
		{"a space", "ann smith", ""},
		{"letters beyond ASCII", "花子", ""},
		{"blank", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := ParseLoginID(tt.in); got != tt.want || (tt.want == "") != (codeOf(t, err) == problem.LoginIDMalformed) {
				t.Errorf("ParseLoginID(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
			}
		})
	}
}

func TestM1_NameCountsCharactersNotBytes(t *testing.T) {
	name := strings.Repeat("花", 200)
	if got, err := ParseName(" " + name); got != name || err != nil {
		t.Errorf("200 characters: %v", err)
	}
	if _, err := ParseName(name + "子"); codeOf(t, err) != problem.NameTooLong {
		t.Errorf("201 characters: %v, want %s", err, problem.NameTooLong)
	}
	if _, err := ParseName("a\x00"); codeOf(t, err) != problem.ControlCharacter {
		t.Errorf("a control character: %v, want %s", err, problem.ControlCharacter)
	}
}

func TestP1_ParseMemberID(t *testing.T) {
	tests := []struct {
		name, in string
		want     int64
		code     problem.Code
	}{
		{"a positive integer", "42", 42, ""},
		{"full-width digits", "４２", 42, ""},
		{"zero padding", "0042", 42, ""},
		{"zero", "0", 0, problem.MemberIDMalformed},
		{"negative", "-1", 0, problem.MemberIDMalformed},
		{"a sign", "+1", 0, problem.MemberIDMalformed},
		{"a fraction", "1.0", 0, problem.MemberIDMalformed},
		{"letters", "ann", 0, problem.MemberIDMalformed},
		{"blank", "", 0, problem.MemberIDMalformed},
		{"an exponent (F6)", "1.23E+15", 0, problem.DamagedNumber},
		{"more than 15 digits (F6)", "1234567890123456", 0, problem.DamagedNumber},
		{"an error value (F6)", "#N/A", 0, problem.DamagedError},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := ParseMemberID(tt.in); got != tt.want || codeOf(t, err) != tt.code {
				t.Errorf("ParseMemberID(%q) = %d, %v, want %d, %q", tt.in, got, err, tt.want, tt.code)
			}
		})
	}
}

func TestF8_ParseBoolean(t *testing.T) {
	for in, want := range map[string]bool{"1": true, "true": true, "TRUE": true, "True": true, " １ ": true, "0": false, "false": false, "FALSE": false} {
		if got, err := ParseBoolean(in); got != want || err != nil {
			t.Errorf("ParseBoolean(%q) = %t, %v, want %t", in, got, err, want)
		}
	}
	for _, in := range []string{"", "yes", "2", "t", "01", "真"} {
		if _, err := ParseBoolean(in); codeOf(t, err) != problem.BooleanMalformed {
			t.Errorf("ParseBoolean(%q): %v, want %s", in, err, problem.BooleanMalformed)
		}
	}
}

func TestM1_DisplayOrderIsAnInteger(t *testing.T) {
	for in, want := range map[string]int64{"10": 10, "-5": -5, "+5": 5, "１０": 10, "007": 7, "9223372036854775807": 1<<63 - 1} {
		if got, err := ParseInteger(in); got != want || err != nil {
			t.Errorf("ParseInteger(%q) = %d, %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "1.5", "1,000", "1_000", "0x1F", "9223372036854775808", "ten"} {
		if _, err := ParseInteger(in); codeOf(t, err) != problem.IntegerMalformed {
			t.Errorf("ParseInteger(%q): %v, want %s", in, err, problem.IntegerMalformed)
		}
	}
}
