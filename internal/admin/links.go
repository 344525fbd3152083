package admin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A linkPurpose keeps the token of one purpose from being taken for another's.
type linkPurpose string

const (
	passwordLink linkPurpose = "password" // member, until
	addressLink  linkPurpose = "address"  // member, until, when it was asked for
)

// linkToken derives the token of a link: base64url of the organisation and the
// numbers, as varints, and a MAC over them and state. Nothing secret is at rest,
// and a mail that is sent again has the same link (A7). state is what is not told
// to whoever has the link: the token dies when it changes.
func (s *Service) linkToken(purpose linkPurpose, state string, org int64, numbers ...int64) string {
	head := invitationHead(append([]int64{org}, numbers...)...)
	return base64.RawURLEncoding.EncodeToString(append(head, s.linkMAC(purpose, state, head)...))
}

func (s *Service) linkMAC(purpose linkPurpose, state string, head []byte) []byte {
	mac := hmac.New(sha256.New, deriveKey(s.key, "links of "+string(purpose)))
	mac.Write(binary.AppendUvarint(nil, uint64(len(state))))
	mac.Write([]byte(state))
	mac.Write(head)
	return mac.Sum(nil)
}

// linkState is what the links of a purpose die with: sessions of the member that
// end at once, and, where the link opens the account, another address: who reads
// the old one must not choose the password.
func linkState(purpose linkPurpose, epoch int64, email string) string {
	state := line(epoch)
	if purpose == passwordLink {
		state += " " + member.FoldKey(email)
	}
	return state
}

// A link is a token taken apart. Nothing of it is to be believed before check.
type link struct {
	org     int64
	numbers []int64
	head    []byte
	mac     []byte
}

// parseLink takes a token with so many numbers apart; false if it has another form.
func parseLink(token string, numbers int) (link, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) <= sha256.Size {
		return link{}, false
	}
	l := link{head: raw[:len(raw)-sha256.Size], mac: raw[len(raw)-sha256.Size:]}
	rest := l.head
	for range numbers + 1 {
		n, size := binary.Uvarint(rest)
		if size <= 0 {
			return link{}, false
		}
		l.numbers, rest = append(l.numbers, int64(n)), rest[size:]
	}
	l.org, l.numbers = l.numbers[0], l.numbers[1:]
	return l, len(rest) == 0
}

// check reports, in constant time, whether the token is ours and the state is
// still what it was.
func (s *Service) checkLink(l link, purpose linkPurpose, state string) bool {
	return hmac.Equal(l.mac, s.linkMAC(purpose, state, l.head))
}

// linkOf returns the link of a mail. The token stands behind #, which browsers
// send to no server.
func (s *Service) linkOf(org store.Organisation, base string, m *store.Outgoing) string {
	if store.IsAboutImport(m.Kind) {
		return base + "/imports/" + line(m.Import)
	}
	switch m.Kind {
	case store.InvitationMail:
		return base + "/invitation#" + s.invitationToken(org.ID, m.Invited)
	case store.WelcomeMail:
		return base + "/sign-in"
	case store.ConfirmMail:
		return base + "/email#" + s.linkToken(addressLink, linkState(addressLink, m.Epoch, m.To), org.ID, m.MemberID, m.LinkUntil, m.Requested)
	}
	return base + "/password#" + s.linkToken(passwordLink, linkState(passwordLink, m.Epoch, m.To), org.ID, m.MemberID, m.LinkUntil)
}

// linkDead is the problem of every link that leads nowhere: which of the reasons
// it was is nobody's business.
func linkDead() problem.Problem { return problem.Of(problem.NotFound, problem.LinkDead) }

// linkEnds reports whether the link of a mail is good for a time only.
func linkEnds(kind string) bool { return kind != store.WelcomeMail && !store.IsAboutImport(kind) }

// linkTime is how long the link of a mail is good, microseconds from sending.
func linkTime(s plan.Settings, kind string) int64 {
	switch kind {
	case store.InvitationMail:
		return s.Count(plan.InvitationDays) * dayMicros
	case store.FirstPasswordMail:
		return s.Count(plan.FirstPasswordDays) * dayMicros
	}
	return s.Count(plan.ResetMinutes) * minuteMicros
}

const minuteMicros = 60 * 1_000_000
