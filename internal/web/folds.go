package web

import (
	"meibo/internal/admin"
)

// A shownFold is problems of one code that a page says once.
type shownFold struct {
	admin.Fold
	Varied bool  // they are not all the same sentence: the first is an example
	OfCode int64 // how many there are of the code, with those of other sentences
}

// mostSentences is into how many sentences the problems of one code are parted.
const mostSentences = 5

// distinct parts folds by sentence, so that what is said of several rows is true of
// each: where found has all of a code, and they are few sentences.
func (q *request) distinct(folds []admin.Fold, found admin.Found) []shownFold {
	var all []shownFold
	for _, f := range folds {
		parts := q.bySentence(f, withCode(append(found.Problems[:len(found.Problems):len(found.Problems)], found.Warnings...), f.Code))
		if parts == nil {
			varied := false
			for _, p := range f.First {
				varied = varied || q.say.What(p.Problem) != q.say.What(f.First[0].Problem)
			}
			parts = []shownFold{{f, varied, f.Count}}
		}
		all = append(all, parts...)
	}
	return all
}

// bySentence parts a fold; nil if not all of its problems are there, or if they are too
// many sentences.
func (q *request) bySentence(f admin.Fold, problems []admin.RowProblem) []shownFold {
	if int64(len(problems)) != f.Count {
		return nil
	}
	var parts []shownFold
	at := map[string]int{}
	for _, p := range problems {
		sentence := q.say.What(p.Problem)
		i, has := at[sentence]
		if !has {
			i, at[sentence] = len(parts), len(parts)
			parts = append(parts, shownFold{Fold: admin.Fold{Code: f.Code}, OfCode: f.Count})
		}
		if parts[i].Count++; len(parts[i].First) < len(f.First) {
			parts[i].First = append(parts[i].First, p)
		}
		if len(parts) > mostSentences {
			return nil
		}
	}
	return parts
}
