package admin

import (
	"context"
	"encoding/json"
	"os"

	"meibo/internal/member"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// ParseMapping reads a mapping: a JSON object of header and attribute identifier (F4).
func ParseMapping(text []byte) (map[string]string, error) {
	var m map[string]string
	if err := json.Unmarshal(text, &m); err != nil || m == nil {
		return nil, problem.New(problem.MappingMalformed)
	}
	return m, nil
}

// Mapping returns a saved mapping by its name, or reads the file of that name.
func (s *Service) Mapping(ctx context.Context, a Actor, nameOrFile string) (map[string]string, error) {
	text, err := s.db.Mapping(ctx, a.Org.ID, nameOrFile)
	if err == nil && text != "" {
		return ParseMapping([]byte(text))
	}
	if err != nil {
		return nil, err
	}
	file, err := os.ReadFile(nameOrFile)
	if err != nil {
		return nil, problem.Of(problem.NotFound, problem.MappingUnknown, "name", nameOrFile)
	}
	return ParseMapping(file)
}

// Mappings lists the names of saved mappings.
func (s *Service) Mappings(ctx context.Context, a Actor) ([]string, error) {
	if err := a.may(member.ImportsArea, member.ReadAccess); err != nil {
		return nil, err
	}
	return s.db.Mappings(ctx, a.Org.ID)
}

// SaveMapping saves a mapping under a name; an empty mapping deletes it.
func (s *Service) SaveMapping(ctx context.Context, a Actor, name string, m map[string]string) error {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return err
	}
	text := []byte(nil)
	if len(m) > 0 {
		var err error
		if text, err = json.Marshal(m); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *store.Tx) error { return tx.SaveMapping(ctx, a.Org.ID, name, string(text)) })
}
