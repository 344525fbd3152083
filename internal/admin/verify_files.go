package admin

import (
	"context"
	"iter"
	"slices"

	"meibo/internal/member"
	"meibo/internal/store"
)

// lookFiles looks for files of members that are not where they were stored (G3).
// view is of one moment; what was removed since is not missing.
func (s *Service) lookFiles(ctx context.Context, view *store.DB, org int64, v *Verification) error {
	missing := map[string]int64{} // member by key
	if err := s.unwritten(ctx, view, org, missing); err != nil {
		return err
	}
	there, err := s.db.MemberFiles(ctx, org, keysOf(missing))
	if err != nil {
		return err
	}
	for key := range missing {
		if there[key].Key == "" {
			delete(missing, key)
		}
	}
	if err := unnoted(ctx, view, org, missing); err != nil {
		return err
	}
	var ids []int64
	for _, id := range missing {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) > 0 {
		v.Findings = append(v.Findings, store.Finding{Kind: "file_missing", Rule: "G3", Count: int64(len(ids)), IDs: ids[:min(len(ids), 100)]})
	}
	return nil
}

func keysOf(missing map[string]int64) []string {
	keys := make([]string, 0, len(missing))
	for key := range missing {
		keys = append(keys, key)
	}
	return keys
}

// unwritten finds notes without bytes: both sides are walked in the order of keys.
func (s *Service) unwritten(ctx context.Context, view *store.DB, org int64, missing map[string]int64) error {
	next, stop := iter.Pull2(s.blobs.list(ctx))
	defer stop()
	key, err, more := next()
	for f, noted := range view.AllMemberFiles(ctx, org) {
		if noted != nil {
			return noted
		}
		for more && err == nil && key < f.Key {
			key, err, more = next()
		}
		if err != nil {
			return err
		}
		if !more || key != f.Key {
			missing[f.Key] = f.Member
		}
	}
	return err
}

// unnoted finds members whose files nobody has noted: they would be swept.
func unnoted(ctx context.Context, view *store.DB, org int64, missing map[string]int64) error {
	masters, err := view.Masters(ctx, org)
	if err != nil {
		return err
	}
	fields := slices.DeleteFunc(slices.Clone(masters.Fields), func(f member.Field) bool { return f.Type != member.FileType })
	if len(fields) == 0 {
		return nil
	}
	holders := map[string]int64{}
	look := func() error {
		noted, err := view.MemberFiles(ctx, org, keysOf(holders))
		for key, id := range holders {
			if noted[key].Key == "" && err == nil {
				missing[key] = id
			}
		}
		clear(holders)
		return err
	}
	for m, err := range view.Members(ctx, org, store.Selection{}) {
		if err != nil {
			return err
		}
		for _, f := range fields {
			if file, ok := member.ParseFileValue(m.Fields[f.Identifier]); ok {
				holders[file.Key] = m.ID
			}
		}
		if len(holders) >= batch {
			if err := look(); err != nil {
				return err
			}
		}
	}
	return look()
}
