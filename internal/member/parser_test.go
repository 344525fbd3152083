package member

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"meibo/internal/problem"
)

func TestG3_Parse(t *testing.T) {
	format := func(name string) Field { return text(func(f *Field) { f.Format = name }) }
	pattern := func(p string) Field { return text(func(f *Field) { f.Format, f.Pattern = PatternFormat, p }) }
	typed := func(ft FieldType) Field { return text(func(f *Field) { f.Type = ft }) }
	lengths := text(func(f *Field) { f.MinLength, f.MaxLength = 2, 3 })
	radio := choice(func(f *Field) { f.Type = Radio })
	tests := []struct {
		name     string
		field    Field
		in, want string
		code     problem.Code
	}{
		{"blank is blank for every type", typed(Number), " \u3000", "", ""},
		{"a text is normalised", text(nil), "\u3000銀座\r\n支店 ", "銀座\n支店", ""},
		{"a text keeps its width", text(nil), "Ａ１", "Ａ１", ""},
		{"a control character", text(nil), "a\x00", "", problem.ControlCharacter},
		{"length counts characters, least", lengths, "花", "", problem.TextTooShort},
		{"length counts characters, fits", lengths, "花子さ", "花子さ", ""},
		{"length counts characters, most", lengths, "花子さん", "", problem.TextTooLong},

		{"format e-mail", format(EmailFormat), "ａ@acme.example", "a@acme.example", ""},
		{"format e-mail, malformed", format(EmailFormat), "a@acme", "", problem.PatternMismatch},
		{"format telephone", format(TelephoneFormat), "03-1234-5678", "03-1234-5678", ""},
		{"format telephone, international", format(TelephoneFormat), "+81 (0)3 1234.5678", "+81 (0)3 1234.5678", ""},
		{"format telephone, full-width", format(TelephoneFormat), "（０３）１２３４", "(03)1234", ""},
		{"format telephone, letters", format(TelephoneFormat), "03-1234-5678 home", "", problem.PatternMismatch},
		{"format telephone, two digits", format(TelephoneFormat), "12", "", problem.PatternMismatch},
		{"format postal code", format(PostalCodeFormat), "１００-０００１", "100-0001", ""},
		{"format postal code, another country's", format(PostalCodeFormat), "SW1A 1AA", "SW1A 1AA", ""},
		{"format postal code, no digit", format(PostalCodeFormat), "Tokyo", "", problem.PatternMismatch},
		{"format postal code, a hyphen last", format(PostalCodeFormat), "100-", "", problem.PatternMismatch},
		{"format URL", format(URLFormat), "https://acme.example/花?a=1#b", "https://acme.example/花?a=1#b", ""},
		{"format URL, relative", format(URLFormat), "/a", "", problem.PatternMismatch},
		{"format digits keeps zeros", format(DigitsFormat), "００７", "007", ""},
		{"format digits, a sign", format(DigitsFormat), "-7", "", problem.PatternMismatch},
		{"format digits, an exponent (F6)", format(DigitsFormat), "1.23E+15", "", problem.DamagedNumber},
		{"a pattern matches the whole value", pattern("[A-Z]{3}"), "ABC", "ABC", ""},
		{"a pattern that matches a part", pattern("[A-Z]{3}"), "ABCD", "", problem.PatternMismatch},
		{"a pattern whose first alternative is shorter", pattern("a|ab"), "ab", "ab", ""},
		{"a pattern that matches lines does not match one of two", pattern("(?m)^a$"), "a\nb", "", problem.PatternMismatch},
		{"a pattern with an open quotation", pattern(`\Qa.b`), "a.b", "a.b", ""},

		{"a number", typed(Number), "12.5", "12.5", ""},
		{"a number loses needless zeros", typed(Number), "-007.500", "-7.5", ""},
		{"a whole number stays whole", typed(Number), "100", "100", ""},
		{"a number ending in .0 is whole", typed(Number), "100.0", "100", ""},
		{"a number without its first zero", typed(Number), ".5", "0.5", ""},
		{"no negative zero", typed(Number), "-0.0", "0", ""},
		{"a plus is dropped", typed(Number), "+3", "3", ""},
		{"full-width digits and minus", typed(Number), "－１２．５", "-12.5", ""},
		{"the minus of Japanese input methods", typed(Number), "−1", "-1", ""},
		{"a number longer than a float keeps its digits", typed(Number), "12345678901234567890.12345", "12345678901234567890.12345", ""},
		{"thousands are not guessed", typed(Number), "1,000", "", problem.NumberMalformed},
		{"a point without a fraction", typed(Number), "5.", "", problem.NumberMalformed},
		{"a sign alone", typed(Number), "-", "", problem.NumberMalformed},
		{"two signs", typed(Number), "--1", "", problem.NumberMalformed},
		{"two points", typed(Number), "1.2.3", "", problem.NumberMalformed},
		{"not a number", typed(Number), "NaN", "", problem.NumberMalformed},
		{"hexadecimal", typed(Number), "0x10", "", problem.NumberMalformed},
		{"an exponent is damage (F6)", typed(Number), "1.23E+15", "", problem.DamagedNumber},
		{"41 digits", typed(Number), strings.Repeat("9", 41), "", problem.TextTooLong},

		{"a URL", typed(URL), "http://acme.example", "http://acme.example", ""},
		{"a URL of another scheme", typed(URL), "javascript:alert(1)", "", problem.URLMalformed},
		{"a URL without a host", typed(URL), "https:///a", "", problem.URLMalformed},
		{"a URL with a space", typed(URL), "https://acme.example/a b", "", problem.URLMalformed},
		{"a URL of 2,049 bytes", typed(URL), "https://acme.example/" + strings.Repeat("a", 2049-21), "", problem.URLMalformed},

		{"a choice by key", radio, "r", "r", ""},
		{"a choice by label", radio, " 赤 ", "r", ""},
		{"a choice in another case", radio, "R", "", problem.ChoiceUnknown},
		{"two choices of a radio", radio, "r|g", "", problem.ChoiceUnknown},
		{"choices in the order of the definition", choice(nil), "青|r", "r|b", ""},
		{"a choice twice", choice(nil), "r\n赤", "r", ""},
		{"an unknown choice among known ones", choice(nil), "r|x", "", problem.ChoiceUnknown},
		{"separators only are blank", choice(nil), "|", "", ""},

		{"a boolean", typed(Boolean), "TRUE", "1", ""},
		{"a false boolean is not blank", typed(Boolean), "false", "0", ""},
		{"a malformed boolean", typed(Boolean), "yes", "", problem.BooleanMalformed},
		{"a date", typed(Date), "2026/4/1", "2026-04-01", ""},
		{"a day number (F6)", typed(Date), "46113", "", problem.DateSerial},
		{"a moment", typed(DateTime), "2026/4/1 9:30", "2026-04-01T00:30:00Z", ""},
	}
	tokyo := zoneNamed(t, "Asia/Tokyo")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.field.Parse(tt.in, tokyo)
			if got != tt.want || codeOf(t, err) != tt.code {
				t.Errorf("Parse(%q) = %q, %v, want %q, %q", tt.in, got, err, tt.want, tt.code)
			}
		})
	}
}

// everyField has a field of each type and format that is read from a cell alone.
func everyField() []Field {
	var fields []Field
	for _, ft := range FieldTypes() {
		if ft == FileType { // bytes do not come in a cell
			continue
		}
		f := choice(nil)
		if !ft.HasChoices() {
			f = text(nil)
		}
		f.Type = ft
		fields = append(fields, f)
	}
	for _, format := range formats {
		f := text(func(f *Field) { f.Format = format })
		if format == PatternFormat {
			f.Pattern = `\pL+(\n|\PL)*`
		}
		fields = append(fields, f)
	}
	return fields
}

// TestF12_ParseReadsWhatShowWrites: what an export gives is, brought back, what
// is stored: for any text that Parse takes at all.
func TestF12_ParseReadsWhatShowWrites(t *testing.T) {
	inputs := rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`[+\-−]?[0-9０-９]{0,6}([.．][0-9]{0,4})?`),
		rapid.StringMatching(`[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]([T ][0-2]?[0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?(Z|[+-][01][0-9]:?[0-5][0-9])?)?`),
		rapid.StringMatching(`[0-9]{4}/[1-9]/[1-9]( [0-9]:[0-5][0-9])?`),
		rapid.StringMatching(`(r|g|b|赤|緑|青)([|\n](r|g|b|赤|緑|青)){0,4}`),
		rapid.StringMatching(`https?://[a-zあ]{1,5}\.[a-z]{2,3}/[a-z%0-9]{0,5}`),
		rapid.StringMatching(`[aＡ.+]{1,5}[@＠][a-z]{1,5}[.．]jp`),
		rapid.StringMatching(`\+?[0-9０-９() .-]{1,12}`),
		rapid.SampledFrom([]string{"1", "0", "true", "FALSE", "１"}),
	)
	zones := rapid.SampledFrom([]string{"UTC", "Asia/Tokyo", "America/New_York", "Asia/Kathmandu", "Africa/Monrovia", "Pacific/Apia"})
	for _, f := range everyField() {
		t.Run(string(f.Type)+" "+f.Format, func(t *testing.T) {
			taken := 0
			rapid.Check(t, func(t *rapid.T) {
				zone := zoneNamed(t, zones.Draw(t, "zone"))
				s := inputs.Draw(t, "text")
				x, err := f.Parse(s, zone)
				if err != nil {
					return
				}
				taken++
				shown := f.Show(x, zone)
				if back, err := f.Parse(shown, zone); err != nil || back != x {
					t.Fatalf("%q is stored as %q, shown as %q, read back as %q, %v", s, x, shown, back, err)
				}
				if shown != x && f.Type != DateTime {
					t.Fatalf("shown as %q, not as stored, %q", shown, x)
				}
			})
			if taken == 0 {
				t.Error("nothing was ever taken: the generators do not fit")
			}
		})
	}
}

func FuzzFieldParse(f *testing.F) {
	f.Add(0, "銀座\r\n支店")
	f.Add(2, "-007.500")
	f.Add(9, "2026-04-01T09:30:00+09:00")
	f.Add(6, "青|r")
	fields := everyField()
	tokyo := zoneNamed(f, "Asia/Tokyo")
	f.Fuzz(func(t *testing.T, n int, s string) {
		if n < 0 || n >= len(fields) {
			return
		}
		x, err := fields[n].Parse(s, tokyo)
		if err != nil {
			if x != "" {
				t.Errorf("%q beside an error", x)
			}
			return
		}
		if back, err := fields[n].Parse(fields[n].Show(x, tokyo), tokyo); err != nil || back != x {
			t.Errorf("%s: %q is stored as %q, read back as %q, %v", fields[n].Type, s, x, back, err)
		}
	})
}

func TestG3_AParserSeesNoLaterChangeOfTheDefinition(t *testing.T) {
	f := text(func(f *Field) { f.Format, f.Pattern = PatternFormat, "a+" })
	p, err := f.Compile()
	if err != nil {
		t.Fatal(err)
	}
	f.Pattern = "b+"
	if p.Field().Pattern != "a+" || p.Show("aa", nil) != "aa" {
		t.Errorf("the parser's field is %+v", p.Field())
	}
	if _, err := p.Parse("aa", nil); err != nil {
		t.Errorf("the parser follows the field: %v", err)
	}
	if _, err := f.Parse("aa", nil); codeOf(t, err) != problem.PatternMismatch {
		t.Errorf("the field follows the parser: %v", err)
	}
}
