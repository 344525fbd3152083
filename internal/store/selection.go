package store

import (
	"fmt"
	"time"

	"meibo/internal/member"
)

// A Selection names active members (SPEC E1): those in any of the groups, who
// also fulfil the filter and everything else that is set. The zero Selection names everyone.
type Selection struct {
	Groups []int64
	Filter *member.Filter
	IDs    []int64 // if not nil, only these

	RoleID, PolicyID int64 // if not 0, only who has this role, this policy

	Now    time.Time // what relative dates of the filter count from
	Zone   *time.Location
	Fields []member.Field // the organisation's
}

// where compiles s into conditions on alias m, each with a leading AND. args
// are those that the query has already; $1 is the organisation.
func (s Selection) where(d dialect, args []any) (string, []any, error) {
	sql := ""
	if len(s.Groups) > 0 {
		args = append(args, list(d, s.Groups))
		sql += ` AND EXISTS (SELECT 1 FROM membership s WHERE s.org_id = m.org_id AND s.member_id = m.id AND ` + d.among("s.group_id", len(args)) + `)`
	}
	if s.IDs != nil {
		args = append(args, list(d, s.IDs))
		sql += ` AND ` + d.among("m.id", len(args))
	}
	for _, x := range []struct {
		column string
		id     int64
	}{{"m.role_id", s.RoleID}, {"m.policy_id", s.PolicyID}} {
		if x.id != 0 {
			args = append(args, x.id)
			sql += fmt.Sprintf(` AND %s = $%d`, x.column, len(args))
		}
	}
	if s.Filter == nil {
		return sql, args, nil
	}
	fields := map[string]member.Field{}
	for _, f := range s.Fields {
		fields[f.Identifier] = f
	}
	condition, args, err := compileFilter(*s.Filter, filterEnv{now: s.Now, zone: s.Zone, fields: fields, dialect: d}, args)
	return sql + ` AND (` + condition + `)`, args, err
}
