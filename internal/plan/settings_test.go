package plan

import (
	"errors"
	"testing"

	"meibo/internal/problem"
)

func TestSettingsThatAreAddressesAreRefusedWhereTheyAreNone(t *testing.T) {
	tests := []struct {
		name, value string
		fine        bool
	}{
		{BaseURL, "", true},
		{BaseURL, "https://members.example", true},
		{BaseURL, "http://localhost:8080/meibo", true},
		{BaseURL, "not a url", false},
		{BaseURL, "members.example", false},
		{BaseURL, "ftp://members.example", false},
		{BaseURL, "https://members.example/?a=b", false},
		{Sender, "", true},
		{Sender, "meibo@members.example", true},
		{Sender, "Meibo 名簿 <meibo@members.example>", true},
		{Sender, "nobody", false},
	}
	for _, tt := range tests {
		_, err := Settings{}.With(tt.name, tt.value)
		if fine := err == nil; fine != tt.fine || !fine && !errors.Is(err, problem.New(problem.SettingMalformed, "name", "", "value", "", "limit", "")) {
			t.Errorf("%s = %q: %v", tt.name, tt.value, err)
		}
	}
}
