package plan

import (
	"hash/maphash"
	"iter"
	"maps"
	"math/bits"
	"slices"

	"meibo/internal/member"
)

// Repeats notices whether rows of a plan may be about the same member, may ask for
// the same key, or for one that somebody has (P8), while they are decided: where it
// says no, which is nearly always, the database need not sort or search the whole plan to
// find out the same. It may say yes where nothing repeats, never no where something
// does. It is used by one goroutine.
type Repeats struct {
	members IDSet
	emails  seenKeys
	logins  seenKeys

	again                IDSet // members whom two rows are about
	sameEmail, sameLogin bool
	claims               bool // somebody may have the key for which one asks
	unlisted             bool // there are rows whose keys were not added
}

// A Holder is who has a key, as far as it was looked up.
type Holder struct {
	Key    string // empty: it was not looked up
	Member *member.Member
}

// has reports whether somebody else than the member of c may have a key.
func (h Holder) has(key string, c *Change) bool {
	return h.Key != key || h.Member != nil && h.Member.ID != c.MemberID
}

// asks reports whether a key for which c asks must be free.
func (c *Change) asks() bool {
	return c.Action == Create || c.Action == Invite || c.Action == Update || c.Action == Reject
}

// Add looks at a change as it will be stored, and at who has its keys.
func (r *Repeats) Add(c *Change, email, login Holder) {
	if c.MemberID > 0 {
		if r.members.Add(c.MemberID) {
			r.again.Add(c.MemberID)
		}
	}
	if key := c.ClaimsEmail(); key != "" {
		r.sameEmail = r.emails.add(key) || r.sameEmail
		r.claims = r.claims || c.asks() && email.has(key, c)
	}
	if c.Mask.Has(member.LoginID) && c.After.LoginID != "" {
		key := c.After.LoginKey()
		r.sameLogin = r.logins.add(key) || r.sameLogin
		r.claims = r.claims || c.asks() && login.has(key, c)
	}
}

// AddUndone looks at a change of an undo, of which only this is of interest: whether it
// asks for a key at all.
func (r *Repeats) AddUndone(c *Change) {
	r.claims = r.claims || c.asks() && c.Mask&member.MaskOf(member.Email, member.LoginID) != 0
	r.unlisted = true
}

// Claims reports whether a row may ask for a key that somebody else has.
func (r *Repeats) Claims() bool { return r.claims }

// Asks reports whether a row may ask for a key, an e-mail address or a login ID.
func (r *Repeats) Asks(a member.Attribute, key string) bool {
	if a == member.Email {
		return r.unlisted || r.emails.has(key)
	}
	return r.unlisted || r.logins.has(key)
}

// Members returns the members whom two rows or more are about.
func (r *Repeats) Members() IDSet { return r.again }

// Keys reports whether two rows may ask for the same e-mail address, or login ID.
func (r *Repeats) Keys(a member.Attribute) bool {
	if a == member.Email {
		return r.sameEmail
	}
	return r.sameLogin
}

// Named returns the members whom rows are about.
func (r *Repeats) Named() IDSet { return r.members }

// An IDSet is a set of member IDs in pages of bits: IDs are dense, a million of
// them are 128 KB. It is exact. The zero set is empty.
type IDSet map[int64]*[64]uint64

const idsPerPage = 64 * 64

// Has reports whether id is in the set.
func (s IDSet) Has(id int64) bool {
	page := s[id/idsPerPage]
	return page != nil && page[id%idsPerPage/64]&(1<<(id%64)) != 0
}

// Add puts id into the set, and reports whether it was in already.
func (s *IDSet) Add(id int64) (again bool) {
	if *s == nil {
		*s = IDSet{}
	}
	page := (*s)[id/idsPerPage]
	if page == nil {
		page = new([64]uint64)
		(*s)[id/idsPerPage] = page
	}
	word, bit := &page[id%idsPerPage/64], uint64(1)<<(id%64)
	again = *word&bit != 0
	*word |= bit
	return again
}

// Stretches yields the first and the last of IDs that follow each other, ascending.
func (s IDSet) Stretches() iter.Seq2[int64, int64] {
	return func(yield func(first, last int64) bool) {
		var first, last int64 // 0: none yet
		for _, at := range slices.Sorted(maps.Keys(s)) {
			for i, word := range s[at] {
				for ; word != 0; word &= word - 1 {
					id := at*idsPerPage + int64(i*64+bits.TrailingZeros64(word))
					if first != 0 && id == last+1 {
						last = id
						continue
					}
					if first != 0 && !yield(first, last) {
						return
					}
					first, last = id, id
				}
			}
		}
		if first != 0 {
			yield(first, last)
		}
	}
}

// seenKeys is a set of texts that may take a new one for one it has: the first
// few by their hashes alone, more by parts of them, 8 MiB in a table where each is
// looked up in one place of memory (for a million keys, the chance of any mistake is one
// in ten thousand). When it is full, it says that every text may have been there, and the
// database is asked.
type seenKeys struct {
	seed  maphash.Seed
	few   map[uint64]bool
	table []uint32 // hashes, in the order of their other bits; 0: free
	free  int
}

const (
	fewKeys   = 4096
	tableBits = 21
	tableFree = 1 << tableBits / 8 // as many stay free: beyond that, looking up takes ever longer
)

func (s *seenKeys) add(key string) (again bool) {
	if s.few == nil && s.table == nil {
		s.seed, s.few = maphash.MakeSeed(), map[uint64]bool{}
	}
	h := maphash.String(s.seed, key)
	if s.table != nil {
		return s.place(h)
	}
	again = s.few[h]
	if s.few[h] = true; len(s.few) > fewKeys {
		s.table, s.free = make([]uint32, 1<<tableBits), 1<<tableBits
		for h := range s.few {
			s.place(h)
		}
		s.few = nil
	}
	return again
}

// has reports whether a text may have been added.
func (s *seenKeys) has(key string) bool {
	switch {
	case s.table != nil:
		_, found := s.find(maphash.String(s.seed, key))
		return found || s.free <= tableFree
	case s.few != nil:
		return s.few[maphash.String(s.seed, key)]
	}
	return false
}

// find looks for a hash from where its upper bits point, until its lower ones are met
// or a place is free.
func (s *seenKeys) find(h uint64) (at uint64, found bool) {
	part := max(uint32(h), 1)
	for at = h >> (64 - tableBits); s.table[at] != part && s.table[at] != 0; at = (at + 1) % (1 << tableBits) {
	}
	return at, s.table[at] == part
}

// place puts a hash into the first free place from where its upper bits point, and
// reports whether its lower ones were met before that.
func (s *seenKeys) place(h uint64) (again bool) {
	if s.free <= tableFree {
		return true
	}
	at, found := s.find(h)
	if !found {
		s.table[at] = max(uint32(h), 1)
		s.free--
	}
	return found
}
