package admin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// InvitationLink returns the link of the newest invitation to an address: the
// same one that its mail has (I1). Its problems are InvitationUnknown,
// InvitationNotOpen and BaseURLMissing.
//
// The token stands behind #, which browsers send to no server: so it is in no
// log and no Referer.
func (s *Service) InvitationLink(ctx context.Context, a Actor, address string) (string, error) {
	if err := a.may(member.InvitationsArea, member.WriteAccess); err != nil {
		return "", err
	}
	key := member.FoldKey(member.Trim(address))
	newest, err := s.db.NewestInvitations(ctx, a.Org.ID, []string{key})
	if err != nil {
		return "", err
	}
	i := newest[key]
	base := strings.TrimRight(a.Org.Settings.Get(plan.BaseURL), "/")
	switch {
	case i == nil:
		return "", problem.Of(problem.NotFound, problem.InvitationUnknown, "value", address)
	case i.StateAt(s.micros()) != plan.InvitationOpen:
		return "", problem.Of(problem.Conflict, problem.InvitationNotOpen, "value", address)
	case base == "":
		return "", problem.Of(problem.Conflict, problem.BaseURLMissing)
	}
	if err := a.mayHandOut(*i); err != nil {
		return "", err
	}
	return base + "/invitation#" + s.invitationToken(a.Org.ID, *i), nil
}

// invitationToken derives the token of an invitation from the instance's key:
// nothing secret is at rest, and a new generation makes the old token dead.
//
// It is the base64url of organisation, ID and generation, as varints, and the
// MAC over them. The organisation is in it so that the page that accepts needs
// nothing but the token.
func (s *Service) invitationToken(org int64, i plan.Invitation) string {
	head := invitationHead(org, i.ID, i.Generation)
	return base64.RawURLEncoding.EncodeToString(append(head, s.invitationMAC(head)...))
}

func invitationHead(numbers ...int64) []byte {
	var head []byte
	for _, n := range numbers {
		head = binary.AppendUvarint(head, uint64(n))
	}
	return head
}

func (s *Service) invitationMAC(head []byte) []byte {
	mac := hmac.New(sha256.New, deriveKey(s.key, "invitation links"))
	mac.Write([]byte("invite"))
	mac.Write(head)
	return mac.Sum(nil)
}

// ParseInvitationToken returns the invitation that a link leads to, and its
// organisation. A token that is not ours, of an earlier generation, or of an
// invitation that is no longer open is the problem InvitationLinkDead: which of
// them it was is nobody's business.
func (s *Service) ParseInvitationToken(ctx context.Context, token string) (store.Organisation, plan.Invitation, error) {
	dead := problem.Of(problem.NotFound, problem.InvitationLinkDead)
	orgID, id, generation, ok := s.openInvitationToken(token)
	if !ok {
		return store.Organisation{}, plan.Invitation{}, dead
	}
	all, err := s.db.Organisations(ctx)
	if err != nil {
		return store.Organisation{}, plan.Invitation{}, err
	}
	for _, org := range all {
		if org.ID != orgID {
			continue
		}
		found, err := s.db.InvitationsByID(ctx, org.ID, []int64{id})
		if err != nil {
			return store.Organisation{}, plan.Invitation{}, err
		}
		if i := found[id]; i != nil && i.Generation == generation && i.StateAt(s.micros()) == plan.InvitationOpen {
			return org, *i, nil
		}
	}
	return store.Organisation{}, plan.Invitation{}, dead
}

// openInvitationToken checks the MAC, in constant time, before it looks at
// anything else.
func (s *Service) openInvitationToken(token string) (org, id, generation int64, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) <= sha256.Size {
		return 0, 0, 0, false
	}
	head, mac := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	if !hmac.Equal(mac, s.invitationMAC(head)) {
		return 0, 0, 0, false
	}
	var numbers [3]int64
	for i := range numbers {
		n, size := binary.Uvarint(head)
		if size <= 0 {
			return 0, 0, 0, false
		}
		numbers[i], head = int64(n), head[size:]
	}
	return numbers[0], numbers[1], numbers[2], len(head) == 0
}
