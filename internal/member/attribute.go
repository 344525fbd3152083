// Package member is what a member is and the rules that a member obeys.
//
// It does not know files, databases, or who is asking.
package member

import (
	"strings"

	"golang.org/x/text/width"
)

// An Attribute is one of the attributes every member has (SPEC M1), or one of
// the two columns that only files know: delete and _base. Custom fields are
// not attributes; in a [Mask] they share the bit of Fields.
type Attribute uint8

// The attributes, in the order in which files write them. They are bits of a
// stored mask: never renumbered, only added at the end.
const (
	NoAttribute Attribute = iota
	MemberID
	LoginID
	Email
	Name
	Password
	LoginAllowed
	LoginUntil
	Groups
	SystemRole
	SystemPermission
	BrandPolicy
	Role
	Remarks
	DisplayOrder
	Delete
	PasswordHash
	Base
	Fields
	attributes // how many there are
)

// AttributeCount is the size of an array indexed by Attribute.
const AttributeCount = int(attributes)

type attributeText struct {
	identifier string
	english    []string // the first is what register files write
	japanese   []string
}

var attributeTexts = [attributes]attributeText{
	MemberID:         {"member_id", []string{"Member ID"}, []string{"メンバーID"}},
	LoginID:          {"login_id", []string{"Login ID"}, []string{"ログインID"}},
	Email:            {"email", []string{"Email", "E-mail"}, []string{"メールアドレス"}},
	Name:             {"name", []string{"Name", "User Name"}, []string{"名前", "ユーザー名"}},
	Password:         {"password", []string{"Password"}, []string{"パスワード"}},
	PasswordHash:     {"password_hash", []string{"Password Hash"}, []string{"パスワードハッシュ"}},
	LoginAllowed:     {"login_allowed", []string{"Login Allowed"}, []string{"ログインの許可"}},
	LoginUntil:       {"login_until", []string{"Login Allowed Until"}, []string{"ログイン許可の有効期限"}},
	Groups:           {"groups", []string{"Groups"}, []string{"所属グループ"}},
	SystemRole:       {"system_role", []string{"System Role Type"}, []string{"システムロール種別"}},
	SystemPermission: {"system_permission", []string{"System Permission Type"}, []string{"システム権限種別"}},
	BrandPolicy:      {"brand_policy", []string{"Brand Access Policy Code"}, []string{"ブランドアクセスポリシーコード"}},
	Role:             {"role", []string{"Role Code"}, []string{"ロールコード"}},
	Remarks:          {"remarks", []string{"Remarks"}, []string{"備考"}},
	DisplayOrder:     {"display_order", []string{"Display Order"}, []string{"並び順"}},
	Delete:           {"delete", []string{"Delete Flag", "Delete"}, []string{"削除フラグ", "削除"}},
	Base:             {"_base", nil, nil},
}

// String returns the identifier, as in a header by identifier and in JSON;
// empty for NoAttribute and Fields.
func (a Attribute) String() string { return attributeTexts[a].identifier }

// English returns the English labels, first the one that register files write.
func (a Attribute) English() []string { return attributeTexts[a].english }

// Japanese returns the Japanese labels, first the one that register files write.
func (a Attribute) Japanese() []string { return attributeTexts[a].japanese }

// Headers returns every text by which a's column is recognised.
func (a Attribute) Headers() []string {
	t := attributeTexts[a]
	if t.identifier == "" {
		return nil
	}
	return append(append([]string{t.identifier}, t.english...), t.japanese...)
}

// AttributeNamed returns the attribute with the given identifier.
func AttributeNamed(identifier string) (Attribute, bool) {
	for a := MemberID; a < attributes; a++ {
		if t := attributeTexts[a].identifier; t != "" && t == identifier {
			return a, true
		}
	}
	return NoAttribute, false
}

// FoldHeader brings a header text into the form in which headers are compared
// (SPEC M1): trimmed, full-width folded to half-width, lower case.
func FoldHeader(s string) string {
	return strings.ToLower(strings.TrimSpace(width.Fold.String(Trim(s))))
}

// A Mask is a set of attributes: bit 1<<a for attribute a.
type Mask uint32

// MaskOf returns the set of the given attributes.
func MaskOf(as ...Attribute) Mask {
	var m Mask
	for _, a := range as {
		m |= 1 << a
	}
	return m
}

// Has reports whether a is in m.
func (m Mask) Has(a Attribute) bool { return m&(1<<a) != 0 }

// With returns m and a.
func (m Mask) With(a Attribute) Mask { return m | 1<<a }

// Without returns m less a.
func (m Mask) Without(a Attribute) Mask { return m &^ (1 << a) }
