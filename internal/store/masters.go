package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
)

// Masters returns an organisation's groups, fields, roles, brands and
// policies, indexed. Groups, roles, brands and policies are by ID; fields are
// by position. Groups that were deleted are left out: see [DB.PastMasters].
func (db *DB) Masters(ctx context.Context, org int64) (*plan.Masters, error) {
	m, err := masters(ctx, db.read(), org)
	if err != nil {
		return nil, fmt.Errorf("masters of organisation %d: %w", org, err)
	}
	return m, nil
}

// PastMasters returns what Masters does, and what deleted groups were called: for
// whom changes are shown or turned back.
func (db *DB) PastMasters(ctx context.Context, org int64) (*plan.Masters, error) {
	m, err := db.Masters(ctx, org)
	if err != nil {
		return nil, err
	}
	m.DeletedGroups = map[int64]string{}
	err = each(ctx, db.read(), `SELECT id, name FROM deleted_group WHERE org_id = $1`, []any{org}, func(scan func(...any) error) error {
		var id int64
		var name string
		err := scan(&id, &name)
		m.DeletedGroups[id] = name
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("deleted groups of organisation %d: %w", org, err)
	}
	return m, nil
}

func masters(ctx context.Context, q querier, org int64) (*plan.Masters, error) {
	m := &plan.Masters{}
	args := []any{org}
	err := errors.Join(
		one(ctx, q, `SELECT masters_version FROM organisation WHERE id = $1`, args, &m.Version),
		each(ctx, q, `SELECT id, name, enabled, is_default FROM org_group WHERE org_id = $1 ORDER BY id`, args, func(scan func(...any) error) error {
			var g member.Group
			err := scan(&g.ID, &g.Name, &g.Enabled, &g.Default)
			m.Groups = append(m.Groups, g)
			return err
		}),
		each(ctx, q, `SELECT id, position, definition FROM field WHERE org_id = $1 ORDER BY position, id`, args, func(scan func(...any) error) error {
			f, err := scanField(scan)
			m.Fields = append(m.Fields, f)
			return err
		}),
		each(ctx, q, `SELECT id, code, name, access FROM role WHERE org_id = $1 ORDER BY id`, args, func(scan func(...any) error) error {
			r, err := scanRole(scan)
			m.Roles = append(m.Roles, r)
			return err
		}),
		each(ctx, q, `SELECT id, code, name FROM brand WHERE org_id = $1 ORDER BY id`, args, func(scan func(...any) error) error {
			var b member.Brand
			err := scan(&b.ID, &b.Code, &b.Name)
			m.Brands = append(m.Brands, b)
			return err
		}),
		policies(ctx, q, org, m),
	)
	if err != nil {
		return nil, err
	}
	m.Index()
	return m, nil
}

func scanField(scan func(...any) error) (member.Field, error) {
	var f member.Field
	var id, position int64
	var definition string
	if err := scan(&id, &position, &definition); err != nil {
		return f, err
	}
	err := json.Unmarshal([]byte(definition), &f)
	f.ID, f.Position = id, position
	return f, err
}

func scanRole(scan func(...any) error) (member.CodedRole, error) {
	var r member.CodedRole
	var access string
	if err := scan(&r.ID, &r.Code, &r.Name, &access); err != nil {
		return r, err
	}
	return r, r.Access.UnmarshalJSON([]byte(access))
}

func policies(ctx context.Context, q querier, org int64, m *plan.Masters) error {
	brands := map[int64][]int64{}
	err := each(ctx, q, `SELECT policy_id, brand_id FROM policy_brand WHERE org_id = $1 ORDER BY policy_id, brand_id`, []any{org}, func(scan func(...any) error) error {
		var policy, brand int64
		err := scan(&policy, &brand)
		brands[policy] = append(brands[policy], brand)
		return err
	})
	if err != nil {
		return err
	}
	return each(ctx, q, `SELECT id, code, name, description FROM policy WHERE org_id = $1 ORDER BY id`, []any{org}, func(scan func(...any) error) error {
		var p member.Policy
		err := scan(&p.ID, &p.Code, &p.Name, &p.Description)
		p.BrandIDs = brands[p.ID]
		m.Policies = append(m.Policies, p)
		return err
	})
}

// touch moves the version of the masters, so that plans made before look again
// whether what they use is still there.
func (tx *Tx) touch(ctx context.Context, org int64) error {
	_, err := tx.exec(ctx, `UPDATE organisation SET masters_version = masters_version + 1 WHERE id = $1`, org)
	return err
}

// Masters reads the masters inside the transaction.
func (tx *Tx) Masters(ctx context.Context, org int64) (*plan.Masters, error) {
	return masters(ctx, tx, org)
}

// ReserveGroup gives out the ID of a group that applying a plan will create.
func (db *DB) ReserveGroup(ctx context.Context, org int64) (id int64, err error) {
	err = db.Write(ctx, func(tx *Tx) error {
		id, err = tx.take(ctx, org, "group", 1)
		return err
	})
	return id, err
}

// taken turns a violated unique index into the problem that a person can act
// on; other errors stay what they are.
func taken(err error, code problem.Code, value string) error {
	if isUnique(err) {
		return problem.Of(problem.Conflict, code, "value", value)
	}
	return err
}

// SaveGroup stores a group; with ID 0 a new one, which gets its ID. Its problem
// is NameTaken.
func (tx *Tx) SaveGroup(ctx context.Context, org int64, g *member.Group) error {
	if g.ID == 0 {
		id, err := tx.take(ctx, org, "group", 1)
		if err != nil {
			return err
		}
		g.ID = id
	}
	_, err := tx.exec(ctx, `INSERT INTO org_group (org_id, id, name, enabled, is_default) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (org_id, id) DO UPDATE SET name = excluded.name, enabled = excluded.enabled, is_default = excluded.is_default`,
		org, g.ID, g.Name, g.Enabled, g.Default)
	if err != nil {
		return taken(err, problem.NameTaken, g.Name)
	}
	return tx.touch(ctx, org)
}

// SaveField stores a field; with ID 0 a new one, which gets its ID and, with
// position 0, the last place. Its problem is FieldIdentifierTaken.
func (tx *Tx) SaveField(ctx context.Context, org int64, f *member.Field) error {
	if f.ID == 0 {
		id, err := tx.take(ctx, org, "field", 1)
		if err != nil {
			return err
		}
		f.ID = id
	}
	if f.Position == 0 {
		f.Position = f.ID
	}
	definition, err := json.Marshal(f)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO field (org_id, id, identifier, position, definition) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (org_id, id) DO UPDATE SET identifier = excluded.identifier, position = excluded.position, definition = excluded.definition`,
		org, f.ID, f.Identifier, f.Position, string(definition))
	if err != nil {
		return taken(err, problem.FieldIdentifierTaken, f.Identifier)
	}
	return tx.touch(ctx, org)
}

// SaveRole stores a role; with ID 0 a new one, which gets its ID. Its problem is
// CodeTaken.
func (tx *Tx) SaveRole(ctx context.Context, org int64, r *member.CodedRole) error {
	if r.ID == 0 {
		id, err := tx.take(ctx, org, "role", 1)
		if err != nil {
			return err
		}
		r.ID = id
	}
	access, err := r.Access.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO role (org_id, id, code, name, access) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (org_id, id) DO UPDATE SET code = excluded.code, name = excluded.name, access = excluded.access`,
		org, r.ID, r.Code, r.Name, string(access))
	if err != nil {
		return taken(err, problem.CodeTaken, r.Code)
	}
	return tx.touch(ctx, org)
}

// SaveBrand stores a brand; with ID 0 a new one, which gets its ID. Its problem
// is CodeTaken.
func (tx *Tx) SaveBrand(ctx context.Context, org int64, b *member.Brand) error {
	if b.ID == 0 {
		id, err := tx.take(ctx, org, "brand", 1)
		if err != nil {
			return err
		}
		b.ID = id
	}
	_, err := tx.exec(ctx, `INSERT INTO brand (org_id, id, code, name) VALUES ($1, $2, $3, $4)
		ON CONFLICT (org_id, id) DO UPDATE SET code = excluded.code, name = excluded.name`, org, b.ID, b.Code, b.Name)
	if err != nil {
		return taken(err, problem.CodeTaken, b.Code)
	}
	return tx.touch(ctx, org)
}

// SavePolicy stores a policy and its brands; with ID 0 a new one, which gets its
// ID. Its problem is CodeTaken.
func (tx *Tx) SavePolicy(ctx context.Context, org int64, p *member.Policy) error {
	if p.ID == 0 {
		id, err := tx.take(ctx, org, "policy", 1)
		if err != nil {
			return err
		}
		p.ID = id
	}
	if _, err := tx.exec(ctx, `INSERT INTO policy (org_id, id, code, name, description) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (org_id, id) DO UPDATE SET code = excluded.code, name = excluded.name, description = excluded.description`,
		org, p.ID, p.Code, p.Name, p.Description); err != nil {
		return taken(err, problem.CodeTaken, p.Code)
	}
	if _, err := tx.exec(ctx, `DELETE FROM policy_brand WHERE org_id = $1 AND policy_id = $2`, org, p.ID); err != nil {
		return err
	}
	for _, brand := range p.BrandIDs {
		if _, err := tx.exec(ctx, `INSERT INTO policy_brand (org_id, policy_id, brand_id) VALUES ($1, $2, $3)`, org, p.ID, brand); err != nil {
			return err
		}
	}
	return tx.touch(ctx, org)
}
