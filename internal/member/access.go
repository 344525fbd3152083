package member

import (
	"encoding/json"
	"slices"
	"strings"

	"meibo/internal/problem"
)

// An Area is a part of the organisation that a role opens (SPEC G5).
type Area string

// The areas, by the words of files, JSON and the command line.
const (
	MembersArea     Area = "members"
	GroupsArea      Area = "groups"
	FieldsArea      Area = "fields"
	FiltersArea     Area = "filters"
	BrandsArea      Area = "brands"
	PoliciesArea    Area = "policies"
	RolesArea       Area = "roles"
	InvitationsArea Area = "invitations"
	ImportsArea     Area = "imports"
	ExportsArea     Area = "exports" // needed to download
	HistoryArea     Area = "history"
	SettingsArea    Area = "settings"
)

// areas are in the order of the bits of a stored Access: never reordered, only
// added at the end.
var areas = []Area{
	MembersArea, GroupsArea, FieldsArea, FiltersArea, BrandsArea, PoliciesArea,
	RolesArea, InvitationsArea, ImportsArea, ExportsArea, HistoryArea, SettingsArea,
}

// Areas returns every area, in the order in which pages list them. The caller
// may change the slice.
func Areas() []Area { return slices.Clone(areas) }

// A Level is how far an area is open; a higher one includes the lower ones.
type Level uint8

// The levels, as they are stored.
const (
	NoAccess    Level = 0
	ReadAccess  Level = 1
	WriteAccess Level = 2 // and read
)

var levelWords = [...]string{NoAccess: "none", ReadAccess: "read", WriteAccess: "write"}

// String returns the code word: none, read or write.
func (l Level) String() string {
	if int(l) < len(levelWords) {
		return levelWords[l]
	}
	return levelWords[NoAccess]
}

// Access is the level of every area: two bits for each, the first area lowest.
// The zero Access opens nothing but the own profile.
type Access uint32

// FullAccess writes every area, as owners and admins do.
const FullAccess Access = 0b10_10_10_10_10_10_10_10_10_10_10_10

// Level returns the level of an area; NoAccess for one that does not exist.
func (a Access) Level(area Area) Level {
	i := slices.Index(areas, area)
	if i < 0 {
		return NoAccess
	}
	return Level(a >> (2 * i) & 0b11)
}

// Allows reports whether an area is open at least as far as the level says.
func (a Access) Allows(area Area, level Level) bool { return a.Level(area) >= level }

// Covers reports whether a opens at least what b opens, so that who has a may
// give b (SPEC G7).
func (a Access) Covers(b Access) bool {
	return !slices.ContainsFunc(areas, func(area Area) bool { return a.Level(area) < b.Level(area) })
}

// With returns a with one area set to the level; an area that does not exist
// changes nothing.
func (a Access) With(area Area, level Level) Access {
	i := slices.Index(areas, area)
	if i < 0 || level > WriteAccess {
		return a
	}
	return a&^(0b11<<(2*i)) | Access(level)<<(2*i)
}

// ParseAccess makes an Access of the words of the areas to read and of those to
// write; writing includes reading. A word that is no area is the problem
// RightUnknown.
func ParseAccess(read, write []string) (Access, error) {
	var a Access
	for _, word := range read {
		if err := a.open(word, ReadAccess); err != nil {
			return 0, err
		}
	}
	for _, word := range write {
		if err := a.open(word, WriteAccess); err != nil {
			return 0, err
		}
	}
	return a, nil
}

func (a *Access) open(word string, level Level) error {
	area := Area(strings.ToLower(foldWidth(word)))
	if !slices.Contains(areas, area) {
		return rightUnknown(word)
	}
	*a = a.With(area, max(level, a.Level(area)))
	return nil
}

func rightUnknown(word string) error {
	return problem.New(problem.RightUnknown, "value", word, "known", list(areas))
}

// list joins words as the values of a problem that are lists are joined.
func list[S ~string](words []S) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(string(w))
	}
	return b.String()
}

// Words returns the areas that can only be read and those that can be written,
// each in the order of [Areas]. ParseAccess turns them back.
func (a Access) Words() (read, write []string) {
	for _, area := range areas {
		switch a.Level(area) {
		case ReadAccess:
			read = append(read, string(area))
		case WriteAccess:
			write = append(write, string(area))
		}
	}
	return read, write
}

// MarshalJSON writes an object of area and level, without the areas that are
// closed: {"exports":"read","members":"write"}.
func (a Access) MarshalJSON() ([]byte, error) {
	levels := map[Area]string{}
	for _, area := range areas {
		if l := a.Level(area); l > NoAccess {
			levels[area] = l.String()
		}
	}
	return json.Marshal(levels)
}

// UnmarshalJSON reads what MarshalJSON writes, and the level none. An area or a
// level that does not exist is the problem RightUnknown.
func (a *Access) UnmarshalJSON(data []byte) error {
	var levels map[Area]string
	if err := json.Unmarshal(data, &levels); err != nil {
		return err
	}
	var got Access
	for area, word := range levels {
		level := slices.Index(levelWords[:], word)
		if level < 0 || !slices.Contains(areas, area) {
			return rightUnknown(string(area) + ": " + word)
		}
		got = got.With(area, Level(level))
	}
	*a = got
	return nil
}
