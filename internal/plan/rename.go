package plan

import (
	"strings"

	"meibo/internal/member"
)

// A Newcomer is a new member of a plan, as far as likely renames need to know.
type Newcomer struct {
	Seq      int64
	EmailKey string
	NameKey  string
	Fields   map[string]string
}

// Local returns what stands before the @ of the e-mail.
func (n Newcomer) Local() (string, bool) {
	local, _, ok := strings.Cut(n.EmailKey, "@")
	return local, ok && local != ""
}

// LikelyRenames pairs new rows with members that the file does not name and
// that are equal in enough else (P20): the local part of the e-mail, or the
// name and the value of a field. Only pairs that are unique on both sides
// count. It never decides anything: a person is told.
func LikelyRenames(newcomers []Newcomer, members []member.Member) map[int64]member.Member {
	byName, byLocal := map[string][]int{}, map[string][]int{}
	for i, m := range members {
		byName[member.FoldText(m.Name)] = append(byName[member.FoldText(m.Name)], i)
		if local, _, ok := strings.Cut(m.EmailKey(), "@"); ok {
			byLocal[local] = append(byLocal[local], i)
		}
	}
	pairs, taken := map[int64]int{}, map[int]int{}
	for _, n := range newcomers {
		candidates := map[int]bool{}
		if local, ok := n.Local(); ok {
			for _, i := range byLocal[local] {
				candidates[i] = true
			}
		}
		for _, i := range byName[n.NameKey] {
			if n.NameKey != "" && sharesField(n.Fields, members[i].Fields) {
				candidates[i] = true
			}
		}
		for i := range candidates {
			taken[i]++
			pairs[n.Seq] = i
		}
		if len(candidates) != 1 {
			delete(pairs, n.Seq)
		}
	}
	unique := map[int64]member.Member{}
	for seq, i := range pairs {
		if taken[i] == 1 {
			unique[seq] = members[i]
		}
	}
	return unique
}

func sharesField(x, y map[string]string) bool {
	for k, v := range x {
		if v != "" && y[k] == v {
			return true
		}
	}
	return false
}
