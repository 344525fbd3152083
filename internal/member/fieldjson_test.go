package member

import (
	"testing"

	"pgregory.net/rapid"
)

func TestF12_AFieldIsCutOutOfADocumentAsItWasWrittenIntoIt(t *testing.T) {
	identifier := rapid.SampledFrom([]string{"a", "aa", "b", "a_b", "city"})
	value := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{`a`, `"a":"x"`, `","a":"x`, `\`, `\"a\":\"`, `:"`, "京\n\t\x01"}))
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.MapOf(identifier, value).Draw(t, "values")
		document := []byte(FieldsJSON(values))
		read, err := ParseFieldsJSON(string(document))
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"a", "aa", "b", "a_b", "city", "c"} {
			want, there := read[id]
			if got, ok := FieldIn(document, []byte(id)); ok != there || string(got) != want {
				t.Fatalf("%s in %s: %q, %v; want %q, %v", id, document, got, ok, want, there)
			}
		}
	})
}
