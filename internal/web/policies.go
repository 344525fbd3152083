package web

import (
	"net/http"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/store"
)

var policyRoutes = []route{
	{http.MethodGet, "/policies", reading(member.PoliciesArea), (*request).policies},
	{http.MethodPost, "/policies", writing(member.PoliciesArea), (*request).addPolicy},
	{http.MethodGet, "/policies/{id}", reading(member.PoliciesArea), (*request).policy},
	{http.MethodPost, "/policies/{id}", writing(member.PoliciesArea), (*request).editPolicy},
	{http.MethodGet, "/policies/{id}/delete", reading(member.PoliciesArea), (*request).askToDeletePolicy},
	{http.MethodPost, "/policies/{id}/delete", writing(member.PoliciesArea), (*request).deletePolicy},
}

// A policyForm is a policy as it was typed, and the brands to choose from.
type policyForm struct {
	Code, Name, Description string
	Brands                  []string // codes of those that are ticked
	Known                   []member.Brand
	trouble
}

func (q *request) typedPolicy() policyForm {
	return policyForm{Code: q.value("code"), Name: q.value("name"), Description: q.r.PostFormValue("description"), Brands: q.values("brands")}
}

// edit is what admin is asked for. No brand ticked is an empty list, which admin
// refuses: it would open all of them (G6).
func (f policyForm) edit() admin.PolicyEdit {
	return admin.PolicyEdit{Code: &f.Code, Name: &f.Name, Description: &f.Description, Brands: append([]string{}, f.Brands...)}
}

func (q *request) policies() error { return q.showPolicies(http.StatusOK, policyForm{}) }

func (q *request) showPolicies(status int, f policyForm) error {
	all, err := q.svc.Policies(q.r.Context(), q.actor)
	if err != nil {
		return err
	}
	if f.Known, err = q.svc.PolicyBrands(q.r.Context(), q.actor); err != nil {
		return err
	}
	d, err := q.done()
	if err != nil {
		return err
	}
	return q.pageAs(status, q.say.Say("web.nav.policies"), policiesPage(q, all, f, d))
}

func (q *request) addPolicy() error {
	f := q.typedPolicy()
	_, err := q.svc.AddPolicy(q.r.Context(), q.actor, f.edit())
	var ok bool
	if f.trouble, ok = q.trouble(err); ok {
		return q.showPolicies(f.Status, f)
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/policies", "added", store.Import{}))
}

func (q *request) policy() error {
	p, err := q.svc.Policy(q.r.Context(), q.actor, q.r.PathValue("id"))
	if err != nil {
		return err
	}
	return q.showPolicy(http.StatusOK, p, policyForm{Code: p.Code, Name: p.Name, Description: p.Description, Brands: p.Brands})
}

func (q *request) showPolicy(status int, p admin.PolicyInUse, f policyForm) (err error) {
	if f.Known, err = q.svc.PolicyBrands(q.r.Context(), q.actor); err != nil {
		return err
	}
	return q.pageAs(status, p.Name, policyPage(q, p, f))
}

func (q *request) editPolicy() error {
	code, f := q.r.PathValue("id"), q.typedPolicy()
	_, err := q.svc.EditPolicy(q.r.Context(), q.actor, code, f.edit())
	var ok bool
	if f.trouble, ok = q.trouble(err); ok {
		p, err := q.svc.Policy(q.r.Context(), q.actor, code)
		if err != nil {
			return err
		}
		return q.showPolicy(f.Status, p, f)
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/policies", "changed", store.Import{}))
}

func (q *request) askToDeletePolicy() error { return q.showPolicyDeletion(http.StatusOK, trouble{}) }

func (q *request) showPolicyDeletion(status int, t trouble) error {
	p, err := q.svc.Policy(q.r.Context(), q.actor, q.r.PathValue("id"))
	if err != nil {
		return err
	}
	all, err := q.svc.Policies(q.r.Context(), q.actor)
	if err != nil {
		return err
	}
	var others []successor
	for _, other := range all {
		if other.ID != p.ID {
			others = append(others, successor{other.Code, other.Name})
		}
	}
	return q.pageAs(status, p.Name, retirement(q, "/policies/", p.Code, p.Name, "web.policies.delete", p.Use, others, t))
}

func (q *request) deletePolicy() error {
	imp, err := q.svc.DeletePolicy(q.r.Context(), q.actor, q.r.PathValue("id"), q.value("move_to"))
	if t, ok := q.trouble(err); ok {
		return q.showPolicyDeletion(t.Status, t)
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/policies", "deleted", imp))
}
