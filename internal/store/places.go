package store

import (
	"context"
	"fmt"
	"slices"
	"sort"
)

// Places find members by their places among the active ones of an organisation, in
// the order of IDs, without walking through all of them. IDs are given one after
// another, and nearly all of them to somebody: where an ID is missing, a plan gave it to
// a row that was rejected in the end.
type Places struct {
	db     *DB
	org    int64
	gone   []int64   // IDs of who is not active, ascending
	blocks []idBlock // with members, ascending
}

// An idBlock are the IDs from first to first+width-1.
type idBlock struct {
	first, width int64
	n            int64 // of them are somebody's
	before       int64 // active members before first
}

// blockWidth is how many IDs are counted together where some are missing.
const blockWidth = 1000

// Places prepares to find members by their places; active is how many there are.
func (db *DB) Places(ctx context.Context, org, active int64) (*Places, error) {
	p := &Places{db: db, org: org}
	if err := p.prepare(ctx, active); err != nil {
		return nil, fmt.Errorf("places of members: %w", err)
	}
	return p, nil
}

func (p *Places) prepare(ctx context.Context, active int64) (err error) {
	p.gone, err = numbers(ctx, p.db.read(), `SELECT id FROM member WHERE org_id = $1 AND state <> 1`, []any{p.org})
	if err != nil {
		return err
	}
	slices.Sort(p.gone)
	var first, last int64
	err = one(ctx, p.db.read(), `SELECT coalesce((SELECT min(id) FROM member WHERE org_id = $1), 0), coalesce((SELECT max(id) FROM member WHERE org_id = $1), 0)`,
		[]any{p.org}, &first, &last) // both of one SELECT would be looked for among all
	if err != nil {
		return err
	}
	if all := active + int64(len(p.gone)); all == last-first+1 {
		p.add(idBlock{first: first, width: all, n: all})
		return nil
	}
	return each(ctx, p.db.read(), `WITH RECURSIVE block (first) AS
			(SELECT CAST($2 AS bigint) UNION ALL SELECT first + $4 FROM block WHERE first + $4 <= $3)
		SELECT first, (SELECT count(*) FROM member m WHERE m.org_id = $1 AND m.id >= block.first AND m.id < block.first + $4) FROM block ORDER BY first`,
		[]any{p.org, first, last, blockWidth}, func(scan func(...any) error) error {
			b := idBlock{width: blockWidth}
			if err := scan(&b.first, &b.n); err != nil {
				return err
			}
			p.add(b)
			return nil
		})
}

// add adds the next block.
func (p *Places) add(b idBlock) {
	if i := len(p.blocks) - 1; i >= 0 {
		last := p.blocks[i]
		b.before = last.before + last.n - int64(len(p.goneIn(last)))
	}
	p.blocks = append(p.blocks, b)
}

func (p *Places) goneIn(b idBlock) []int64 {
	from, _ := slices.BinarySearch(p.gone, b.first)
	to, _ := slices.BinarySearch(p.gone, b.first+b.width)
	return p.gone[from:to]
}

// IDs returns the IDs of the members at places that count from 0 and ascend.
func (p *Places) IDs(ctx context.Context, places []int64) ([]int64, error) {
	found := make([]int64, 0, len(places))
	for len(places) > 0 {
		i := sort.Search(len(p.blocks), func(i int) bool { return p.blocks[i].before > places[0] }) - 1
		end := len(places)
		if i+1 < len(p.blocks) {
			end, _ = slices.BinarySearch(places, p.blocks[i+1].before)
		}
		ids, err := p.inBlock(ctx, p.blocks[i], places[:end])
		if err != nil {
			return nil, fmt.Errorf("members at places: %w", err)
		}
		found, places = append(found, ids...), places[end:]
	}
	return found, nil
}

// inBlock returns the IDs at places that lie in one block.
func (p *Places) inBlock(ctx context.Context, b idBlock, places []int64) ([]int64, error) {
	ids := make([]int64, len(places))
	if b.n == b.width { // no ID is missing
		gone, passed := p.goneIn(b), 0
		for i, place := range places {
			ids[i] = b.first + place - b.before + int64(passed)
			for passed < len(gone) && gone[passed] <= ids[i] {
				passed++
				ids[i]++
			}
		}
		return ids, nil
	}
	there, err := numbers(ctx, p.db.read(), `SELECT id FROM member WHERE org_id = $1 AND id >= $2 AND id < $3 AND state = 1 ORDER BY id`,
		[]any{p.org, b.first, b.first + b.width})
	if err != nil {
		return nil, err
	}
	for i, place := range places {
		if place-b.before >= int64(len(there)) {
			return nil, fmt.Errorf("no member at place %d", place)
		}
		ids[i] = there[place-b.before]
	}
	return ids, nil
}
