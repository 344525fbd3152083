package store

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/storetest"
)

// mixedChanges are n changes of all sorts, as no file would make them: the rare actions
// are in few of them.
func mixedChanges(draw *rand.Rand, n int) []plan.Change {
	changes := make([]plan.Change, n)
	for i := range changes {
		c := plan.Change{Seq: int64(i + 1), Line: int64(i + 2), Action: plan.Keep, Ordinal: -1, Hazards: plan.Hazard(draw.IntN(3)),
			After: member.Member{Email: fmt.Sprintf("u%d@x.example", i), LoginID: fmt.Sprintf("L%d", i%700), Name: fmt.Sprintf("佐藤 %d", i%50), Role: member.Regular}}
		switch k := draw.IntN(2000); {
		case k < 3:
			c.Action = plan.Invite
		case k < 6:
			c.Action = plan.Delete
		case k < 8:
			c.Action = plan.Reject
		case k < 900:
			c.Action = plan.Create
		case k < 1800:
			c.Action = plan.Update
		}
		if draw.IntN(3) > 0 {
			c.MemberID = 1 + draw.Int64N(int64(n)) // now and then the same one
		}
		if c.Action == plan.Update || draw.IntN(4) == 0 {
			c.Mask = member.MaskOf([]member.Attribute{member.Email, member.LoginID, member.Password, member.LoginAllowed, member.Remarks}[draw.IntN(5)])
		}
		for range draw.IntN(4) {
			c.Groups = append(c.Groups, plan.GroupOp{ID: 1 + draw.Int64N(9), Adds: draw.IntN(2) == 0})
		}
		if draw.IntN(5) == 0 {
			c.InvitationID, c.InvitationOp = int64(i), plan.InvitationOp(draw.IntN(5))
		}
		if draw.IntN(9) == 0 {
			c.Secret = "argon2id$x"
		}
		changes[i] = c
	}
	return changes
}

// completed stores changes as a plan and ends it.
func completed(t *testing.T, db *DB, changes []plan.Change) *Import {
	t.Helper()
	imp := &Import{Org: 1, Kind: FileImport, State: Planning, Layout: plan.Memberships}
	if err := db.StartImport(t.Context(), imp); err != nil {
		t.Fatal(err)
	}
	for some := range slices.Chunk(changes, 1300) { // which are no blocks
		if err := addChanges(t, db, imp, some); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Complete(t.Context(), imp); err != nil {
		t.Fatal(err)
	}
	return imp
}

// The migration counted in SQL what is counted since: a plan that waited is applied
// after it, and one that was applied is looked through.
func TestA3_BlocksOfEarlierPlansAreThoseOfPlansMadeSince(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		imp := completed(t, db, mixedChanges(rand.New(rand.NewPCG(7, 8)), 9000))
		made := blocksIn(t, db, imp)
		if len(made) != 5 {
			t.Fatalf("%d blocks", len(made))
		}
		engine := map[dialect]string{sqlite: "sqlite", postgres: "postgres"}[db.dialect]
		text, err := fs.ReadFile(migrations, "migration/"+engine+"/0008_blocks.sql")
		if err != nil {
			t.Fatal(err)
		}
		_, fill, found := strings.Cut(string(text), "INSERT INTO change_block")
		if !found {
			t.Fatal("the migration fills nothing")
		}
		err = db.Write(t.Context(), func(tx *Tx) error {
			if err := tx.removeBlocks(t.Context(), imp.Org, imp.ID); err != nil {
				return err
			}
			_, err := tx.exec(t.Context(), "INSERT INTO change_block"+strings.TrimSuffix(strings.TrimSpace(fill), ";"))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(made, blocksIn(t, db, imp)); diff != "" {
			t.Errorf("made while storing (-) and by the migration (+):\n%s", diff)
		}
	})
}

// A storedBlock is a block as it is read, with keys in an order of their own.
type storedBlock struct {
	Number, Actions int64
	Counts          expected
	Keys            []string
}

func blocksIn(t *testing.T, db *DB, imp *Import) (all []storedBlock) {
	t.Helper()
	err := each(t.Context(), db.read(), `SELECT block, actions, counts, keys FROM change_block WHERE import_id = $1 ORDER BY block`, []any{imp.ID}, func(scan func(...any) error) error {
		var b storedBlock
		var counts, keys string
		if err := scan(&b.Number, &b.Actions, &counts, &keys); err != nil {
			return err
		}
		b.Keys = strings.Split(keys, keyBegins)
		slices.Sort(b.Keys)
		err := json.Unmarshal([]byte(counts), &b.Counts)
		all = append(all, b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Nobody who looks through a plan may see that most of it is not looked at.
func TestF11_PagesOfAPlanHaveWhatAllOfItHas(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		changes := mixedChanges(rand.New(rand.NewPCG(3, 4)), portionWidth+3100)
		long := strings.Repeat("長", 3*keyRunes)
		changes[60].After.Name = long
		for i := range changes {
			if changes[i].Action == plan.Keep { // one that has a row of its own
				changes[i].MemberID, changes[i].InvitationID = 0, 0
			}
		}
		imp := completed(t, db, changes)
		rewritten := []int64{2, 4001, 4003}
		if err := db.Rewrite(t.Context(), imp, rewritten, func(c *plan.Change) { c.Fail() }); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Complete(t.Context(), imp); err != nil {
			t.Fatal(err)
		}
		for _, seq := range rewritten {
			changes[seq-1].Action = plan.Reject
		}
		for _, p := range []ChangePage{
			{Action: plan.Reject}, {Action: plan.Invite}, {Action: plan.Invite, After: 777}, {Action: plan.Invite, Before: portionWidth + 2500}, {Begin: "u51", Before: 1 << 40}, {Action: plan.Create}, {Action: plan.Invite, Before: 8000}, {Action: plan.Delete, After: 2000},
			{Action: plan.Reject, After: 3999, Within: 3}, {Action: plan.Reject, Before: 4002, Within: 1}, {Action: plan.Update, Before: 2001},
			{Begin: "u77@"}, {Begin: "u8"}, {Begin: "l699"}, {Begin: "佐藤 4"}, {Begin: "u8", Before: 1 << 40}, {Begin: "nobody"}, {Begin: "l6", Action: plan.Delete},
			{Begin: long}, {Begin: long[:3*keyRunes]}, {Begin: long[:3*keyRunes+3]}, {Begin: long + "x"},
			{Begin: "u4000@", Action: plan.Reject}, {Begin: "u4000@", Before: 4001}, {Begin: "\n"},
		} {
			p.Limit = 51
			var want, got []int64
			for i := range changes {
				c := &changes[i]
				after, before := p.bounds()
				keys := []string{c.After.EmailKey(), c.After.LoginKey(), member.FoldText(c.After.Name)}
				if c.Seq > after && c.Seq < before && (p.Action == 0 || c.Action == p.Action) &&
					slices.ContainsFunc(keys, func(key string) bool { return strings.HasPrefix(key, p.Begin) }) {
					want = append(want, c.Seq)
				}
			}
			if p.Before != 0 {
				want = want[max(0, len(want)-p.Limit):]
			}
			cs, err := db.ChangePage(t.Context(), 1, imp.ID, p)
			for i := range cs {
				got = append(got, cs[i].Seq)
			}
			if diff := cmp.Diff(want[:min(len(want), p.Limit)], got); diff != "" || err != nil {
				t.Errorf("%+v: %v, wanted (-) and got (+):\n%s", p, err, diff)
			}
		}
	})
}

// Who finds a block by what it had would learn what was erased.
func TestM7_BlocksHaveNoKeyThatNoChangeHas(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		imp := completed(t, db, mixedChanges(rand.New(rand.NewPCG(5, 6)), 4100))
		before := blocksIn(t, db, imp)
		err := db.Write(t.Context(), func(tx *Tx) error {
			if _, err := tx.exec(t.Context(), `UPDATE change SET `+emptyChange+` WHERE import_id = $1 AND seq = 2500`, imp.ID); err != nil {
				return err
			}
			return tx.remakeBlocks(t.Context(), imp.Org, imp.ID, []int64{2500, 2500})
		})
		if err != nil {
			t.Fatal(err)
		}
		after := blocksIn(t, db, imp)
		if slices.Contains(after[1].Keys, "u2499@x.example") || !slices.Contains(before[1].Keys, "u2499@x.example") || len(after[1].Keys) < 3900 {
			t.Errorf("%d keys before, %d after", len(before[1].Keys), len(after[1].Keys))
		}
		if diff := cmp.Diff([]storedBlock{before[0], before[2]}, []storedBlock{after[0], after[2]}); diff != "" {
			t.Errorf("other blocks have changed:\n%s", diff)
		}
		if diff := cmp.Diff(before[1].Counts, after[1].Counts); diff != "" {
			t.Errorf("what is counted has changed:\n%s", diff)
		}
	})
}
