package plan

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// A BaseKey makes and reads the tokens of the _base column (P9). It is used by
// one goroutine.
//
// A token is "b" and base64url of: the version of the member as uvarint, 6
// bytes that bind member and version to the instance's key, 8 bytes that
// fingerprint the row's cells as exported. It begins with a letter, so that no
// spreadsheet takes it for a number or a formula, and has at most 36
// characters.
type BaseKey struct {
	// The hashes of HMAC begin with a block of their own (RFC 2104). To hash them with
	// the rest costs less than what package hmac does to keep its state.
	inner []byte // and behind it the message
	outer []byte // and behind it the inner hash
}

const (
	baseMACSize  = 6
	baseHashSize = 8
)

// NewBaseKey makes the key of one organisation from the instance's key.
func NewBaseKey(instanceKey []byte, org int64) *BaseKey {
	mac := hmac.New(sha256.New, instanceKey)
	mac.Write(binary.BigEndian.AppendUint64([]byte("_base"), uint64(org)))
	k := newBaseKey()
	copy(k.inner, mac.Sum(nil))
	copy(k.outer, k.inner)
	for i := range k.inner {
		k.inner[i] ^= 0x36
		k.outer[i] ^= 0x5c
	}
	return k
}

// newBaseKey has room for what is hashed behind its blocks, so that no row allocates.
func newBaseKey() *BaseKey {
	return &BaseKey{inner: make([]byte, sha256.BlockSize, 1024), outer: make([]byte, sha256.BlockSize, sha256.BlockSize+sha256.Size)}
}

func (k *BaseKey) clone() *BaseKey {
	c := newBaseKey()
	copy(c.inner, k.begin())
	copy(c.outer, k.outer)
	return c
}

// begin returns the place of a message, for sum.
func (k *BaseKey) begin() []byte { return k.inner[:sha256.BlockSize] }

// sum returns the HMAC of the message behind what begin returned.
func (k *BaseKey) sum(inner []byte) [sha256.Size]byte {
	k.inner = inner
	hash := sha256.Sum256(inner)
	return sha256.Sum256(append(k.outer[:sha256.BlockSize], hash[:]...))
}

// A BaseToken is a token that was read, not yet held against a member.
type BaseToken struct {
	Version int64
	mac     [baseMACSize]byte
	row     [baseHashSize]byte
}

// Token returns the token of a member for a row with the given fingerprint.
func (k *BaseKey) Token(id, version int64, row [baseHashSize]byte) string {
	var raw, text [40]byte
	mac := k.bind(id, version)
	b := append(append(binary.AppendUvarint(raw[:0], uint64(version)), mac[:]...), row[:]...)
	return string(base64.RawURLEncoding.AppendEncode(append(text[:0], 'b'), b))
}

// Parse reads a token; ok is false if it is none of ours.
func (k *BaseKey) Parse(s string) (t BaseToken, ok bool) {
	rest, ok := strings.CutPrefix(s, "b")
	if !ok || len(s) > 40 {
		return t, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if err != nil {
		return t, false
	}
	version, n := binary.Uvarint(raw)
	if n <= 0 || len(raw) != n+baseMACSize+baseHashSize || version == 0 || version >= 1<<62 {
		return t, false
	}
	t.Version = int64(version)
	copy(t.mac[:], raw[n:])
	copy(t.row[:], raw[n+baseMACSize:])
	return t, true
}

// Names reports whether the token was made for that member.
func (k *BaseKey) Names(t BaseToken, id int64) bool {
	mac := k.bind(id, t.Version)
	return subtle.ConstantTimeCompare(mac[:], t.mac[:]) == 1
}

func (k *BaseKey) bind(id, version int64) (out [baseMACSize]byte) {
	b := append(k.begin(), 'm')
	b = binary.BigEndian.AppendUint64(b, uint64(id))
	mac := k.sum(binary.BigEndian.AppendUint64(b, uint64(version)))
	copy(out[:], mac[:])
	return out
}

// Row fingerprints the cells of a row: pairs of column identifier and text as
// a reader of the file sees it, trimmed. Two columns swapped, a cell edited or
// a column left out make another fingerprint.
func (k *BaseKey) Row(pairs func(yield func(column, cell string) bool)) (out [baseHashSize]byte) {
	b := append(k.begin(), 'r')
	for column, cell := range pairs {
		b = append(append(b, column...), 0)
		b = append(append(b, cell...), 0)
	}
	mac := k.sum(b)
	copy(out[:], mac[:])
	return out
}

// A pastMember is what a member was when the file was made.
type pastMember struct {
	*member.Member
	same bool // the whole row still says what was exported
}

// readBase reads a row's _base cell.
func (e *Env) readBase(d *Draft, cells []string) {
	if e.Bases == nil || !d.Set.Has(member.Base) {
		return
	}
	t, ok := e.Bases.Parse(d.Text[member.Base])
	if !ok {
		return
	}
	d.base, d.hasBase = t, true
	d.rowSame = e.Bases.untouched(e.Mapping, t, cells)
}

// untouched reports whether cells are those of the row that t was made for.
func (k *BaseKey) untouched(m *Mapping, t BaseToken, cells []string) bool {
	return k.Row(func(yield func(string, string) bool) {
		for i, c := range m.Columns {
			if c.Attribute == member.NoAttribute || c.Attribute == member.Base || i >= len(cells) {
				continue
			}
			if !yield(c.identifier(), BaseText(cells[i])) {
				return
			}
		}
	}) == t.row
}

// Proves reports whether a row that is not plain ASCII reads just as it was
// exported: then the file was read in the right charset.
func (k *BaseKey) Proves(m *Mapping, cells []string) bool {
	column := m.at[member.Base]
	if column == 0 || column > len(cells) || isASCII(cells) {
		return false
	}
	t, ok := k.Parse(member.Trim(cells[column-1]))
	return ok && k.untouched(m, t, cells)
}

func isASCII(cells []string) bool {
	for _, cell := range cells {
		for i := range len(cell) {
			if cell[i] >= 0x80 {
				return false
			}
		}
	}
	return true
}

// BaseText returns what a fingerprint is taken of: a cell as a reader of the
// file sees it, brought into one form.
func BaseText(cell string) string { return newlines(member.Trim(cell)) }

func (c Column) identifier() string {
	if c.Field != "" {
		return c.Field
	}
	return c.Attribute.String()
}

// NeedsPast returns the version of m that must be read from its history before
// d can be decided; ok is false if m as it is will do.
func (e *Env) NeedsPast(d *Draft, m *member.Member) (version int64, ok bool) {
	if !d.hasBase || m == nil || d.rowSame && len(e.chosen) == 0 || d.base.Version >= m.Version || !e.Bases.Names(d.base, m.ID) {
		return 0, false
	}
	return d.base.Version, true
}

// past returns what the row is compared with beside the member as it is; nil
// if the row has no valid token or the member has not moved since.
func (e *Env) past(c *Change, d *Draft, m *member.Member, f Found) *pastMember {
	if !d.Set.Has(member.Base) || e.Bases == nil {
		return nil
	}
	place := e.Mapping.Place(d.Line, member.Base)
	switch {
	case !d.hasBase:
		c.Problems = append(c.Problems, problem.New(problem.BaseForged).At(place))
		return nil
	case !e.Bases.Names(d.base, m.ID):
		e.disagree++
		c.note(problem.New(problem.BaseOtherMember).At(place))
		return nil
	}
	e.agree++
	if d.rowSame && len(e.chosen) == 0 {
		return &pastMember{Member: m, same: true}
	}
	if f.Past == nil {
		return nil
	}
	return &pastMember{Member: f.Past}
}

// namesNobody reports whether a row is as it was exported, of a member who has
// none of the keys by which this import finds members: one without an address in
// an invitation file. It asks for nothing (F12).
func (e *Env) namesNobody(d *Draft) bool {
	byKey := d.Set.Has(member.MemberID) || e.Options.Matches(member.Email) && d.Set.Has(member.Email) ||
		e.Options.Matches(member.LoginID) && d.Set.Has(member.LoginID)
	return d.rowSame && !byKey && len(e.Options.Match) > 0 && len(e.chosen) == 0
}

// BaseVerdict judges the _base column as a whole: many tokens that name other
// members mean that the file was sorted without the column.
func (e *Env) BaseVerdict() (problem.Problem, bool) {
	if e.disagree > 1 && (e.disagree >= 10 || e.disagree > e.agree) {
		return problem.New(problem.BaseManyDisagree, "count", number(int64(e.disagree))), true
	}
	return problem.Problem{}, false
}
