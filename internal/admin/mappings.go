package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"slices"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// ParseMapping reads a mapping: a JSON object of header and attribute
// identifier (F4), as editors save it, with or without a BOM. Its problems are
// MappingMalformed and MappingHeaderTwice: which of two would count is nobody's
// guess.
func ParseMapping(text []byte) (map[string]string, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var m map[string]string
	if err := json.Unmarshal(text, &m); err != nil || m == nil {
		return nil, problem.New(problem.MappingMalformed)
	}
	seen := map[string]bool{}
	d := json.NewDecoder(bytes.NewReader(text))
	for isKey := false; ; isKey = !isKey {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return nil, problem.New(problem.MappingMalformed)
		}
		header, ok := token.(string) // a brace is not
		if !ok || !isKey {
			continue
		}
		if seen[member.FoldHeader(header)] {
			return nil, problem.New(problem.MappingHeaderTwice, "header", header)
		}
		seen[member.FoldHeader(header)] = true
	}
}

// Mapping returns a saved mapping by its name, or reads the file of that name.
// Its problems are MappingUnknown and those of ParseMapping.
func (s *Service) Mapping(ctx context.Context, a Actor, nameOrFile string) (map[string]string, error) {
	m, found, err := s.savedMapping(ctx, a, nameOrFile)
	if found || err != nil {
		return m, err
	}
	file, err := os.ReadFile(nameOrFile)
	if err != nil {
		return nil, mappingUnknown(nameOrFile)
	}
	return ParseMapping(file)
}

func mappingUnknown(name string) error {
	return problem.Of(problem.NotFound, problem.MappingUnknown, "name", name)
}

func (s *Service) savedMapping(ctx context.Context, a Actor, name string) (m map[string]string, found bool, err error) {
	text, err := s.db.Mapping(ctx, a.Org.ID, titled(name))
	if err != nil || text == "" {
		return nil, false, err
	}
	m, err = ParseMapping([]byte(text))
	return m, true, err
}

// SavedMapping returns a saved mapping. Its problem is MappingUnknown.
func (s *Service) SavedMapping(ctx context.Context, a Actor, name string) (map[string]string, error) {
	if err := a.may(member.ImportsArea, member.ReadAccess); err != nil {
		return nil, err
	}
	m, found, err := s.savedMapping(ctx, a, name)
	if err == nil && !found {
		err = mappingUnknown(name)
	}
	return m, err
}

// Mappings lists the names of saved mappings, ascending.
func (s *Service) Mappings(ctx context.Context, a Actor) ([]string, error) {
	if err := a.may(member.ImportsArea, member.ReadAccess); err != nil {
		return nil, err
	}
	return s.db.Mappings(ctx, a.Org.ID)
}

// AddMapping saves a new mapping. Its problems are TitleInvalid, NameTaken,
// MappingMalformed for one without a header, MappingHeaderTwice and
// MappingAttributeUnknown.
func (s *Service) AddMapping(ctx context.Context, a Actor, name string, m map[string]string) error {
	return s.saveMapping(ctx, a, name, m, func(tx *store.Tx, name, columns string) error {
		return tx.AddMapping(ctx, a.Org.ID, name, columns)
	})
}

// EditMapping replaces a saved mapping. Its problems are those of AddMapping,
// and MappingUnknown.
func (s *Service) EditMapping(ctx context.Context, a Actor, name string, m map[string]string) error {
	return s.saveMapping(ctx, a, name, m, func(tx *store.Tx, name, columns string) error {
		found, err := tx.EditMapping(ctx, a.Org.ID, name, columns)
		if err == nil && !found {
			err = mappingUnknown(name)
		}
		return err
	})
}

func (s *Service) saveMapping(ctx context.Context, a Actor, name string, m map[string]string, save func(tx *store.Tx, name, columns string) error) error {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return err
	}
	name, err := member.ParseTitle(name)
	if err != nil {
		return err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return err
	}
	if err := checkMapping(m, masters); err != nil {
		return err
	}
	columns, err := json.Marshal(m)
	if err != nil {
		return wrap("mapping", err)
	}
	return s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error { return save(tx, name, string(columns)) })
}

// checkMapping refuses attributes that there are not, and headers that are read
// as the same.
func checkMapping(m map[string]string, masters *plan.Masters) error {
	if len(m) == 0 {
		return problem.New(problem.MappingMalformed)
	}
	seen := map[string]bool{}
	for _, header := range slices.Sorted(maps.Keys(m)) {
		if seen[member.FoldHeader(header)] {
			return problem.New(problem.MappingHeaderTwice, "header", header)
		}
		seen[member.FoldHeader(header)] = true
		_, attribute := member.AttributeNamed(m[header])
		if _, field := masters.Field(m[header]); !attribute && !field {
			return problem.New(problem.MappingAttributeUnknown, "header", header, "attribute", m[header])
		}
	}
	return nil
}

// DeleteMapping deletes a saved mapping. Its problem is MappingUnknown.
func (s *Service) DeleteMapping(ctx context.Context, a Actor, name string) error {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return err
	}
	return s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		found, err := tx.DeleteMapping(ctx, a.Org.ID, titled(name))
		if err == nil && !found {
			err = mappingUnknown(name)
		}
		return err
	})
}
