package store

import "testing"

func TestM8_PeopleAreFoundAsWordsOfTheirOwn(t *testing.T) {
	p := newPeople()
	p.emails["ann@x.example"], p.logins["ann"], p.names["佐藤太郎"], p.names["ann lee"], p.names["林"] = true, true, true, true, true
	p.seal()
	tests := []struct {
		text         string
		in, mentions bool
	}{
		{"ANN@x.example", true, true},
		{" ann@x.example ", true, true},
		{"Ann Lee <Ann@X.example>,佐藤", true, true},
		{"ann@x.example.", true, true},
		{"宛先ann@x.exampleです", true, true},
		{"ａｎｎ＠x.example", true, true},
		{"joann@x.example", false, false},
		{"jo.ann@x.example", false, false},
		{"ann@x.example.org", false, false},
		{"ann@x.example-2", false, false},
		{"ann", true, true},
		{"ann, bob", false, true},
		{"ann@y.example", false, false},
		{"ann-bob", false, false},
		{"joann", false, false},
		{"佐藤太郎", true, true},
		{"佐藤太郎様", false, true},
		{"佐藤", false, false},
		{"Dr. Ann Lee, Ph.D.", false, true},
		{"Joann Lee", false, false},
		{"林", true, true},
		{"小林", false, false}, // one character is nobody's trace in a longer word
		{"", false, false},
	}
	for _, tt := range tests {
		if in, mentions := p.in(tt.text), p.mentions(tt.text); in != tt.in || mentions != tt.mentions {
			t.Errorf("%q: in = %v, mentions = %v, want %v, %v", tt.text, in, mentions, tt.in, tt.mentions)
		}
	}
}

func TestM8_FiltersLoseWholeTextsAndNothingElse(t *testing.T) {
	p := newPeople()
	p.emails["ann@x"], p.names["佐藤太郎"], p.names[`o"neil`] = true, true, true
	p.seal()
	tests := []struct{ record, want string }{
		{`{"filter":"email eq \"joann@x\"","charset":"utf-8"}`, `{"filter":"email eq \"joann@x\"","charset":"utf-8"}`},
		{`{"filter":"email eq \"Ann@x\" and name pr"}`, `{"filter":"email eq \"***\" and name pr"}`},
		{`{"sync_within":"name eq \"\\u4f50藤太郎\"","seed":"ann@x"}`, `{"seed":"ann@x","sync_within":"name eq \"***\""}`},
		{`{"filter":"name eq \"O\\\"Neil\" or name eq \"x\""}`, `{"filter":"name eq \"***\" or name eq \"x\""}`},
		{`{"ids":[1,2]}`, `{"ids":[1,2]}`},
	}
	for _, tt := range tests {
		if got, err := p.blot(tt.record); err != nil || got != tt.want {
			t.Errorf("blot(%s) = %s, %v, want %s", tt.record, got, err, tt.want)
		}
	}
}
