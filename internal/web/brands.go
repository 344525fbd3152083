package web

import (
	"net/http"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/store"
)

var brandRoutes = []route{
	{http.MethodGet, "/brands", reading(member.BrandsArea), (*request).brands},
	{http.MethodPost, "/brands", writing(member.BrandsArea), (*request).addBrand},
	{http.MethodGet, "/brands/{id}", reading(member.BrandsArea), (*request).brand},
	{http.MethodPost, "/brands/{id}", writing(member.BrandsArea), (*request).editBrand},
	{http.MethodGet, "/brands/{id}/delete", reading(member.BrandsArea), (*request).askToDeleteBrand},
	{http.MethodPost, "/brands/{id}/delete", writing(member.BrandsArea), (*request).deleteBrand},
}

// A brandForm is a brand as it was typed.
type brandForm struct {
	member.Brand
	trouble
}

func (q *request) brands() error { return q.showBrands(http.StatusOK, brandForm{}) }

func (q *request) showBrands(status int, f brandForm) error {
	all, err := q.svc.Brands(q.r.Context(), q.actor)
	if err != nil {
		return err
	}
	d, err := q.done()
	if err != nil {
		return err
	}
	return q.pageAs(status, q.say.Say("web.nav.brands"), brandsPage(q, all, f, d))
}

func (q *request) addBrand() error {
	typed := member.Brand{Code: q.value("code"), Name: q.value("name")}
	_, err := q.svc.AddBrand(q.r.Context(), q.actor, typed)
	if t, ok := q.trouble(err); ok {
		return q.showBrands(t.Status, brandForm{typed, t})
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/brands", "added", store.Import{}))
}

func (q *request) brand() error {
	b, err := q.svc.Brand(q.r.Context(), q.actor, q.r.PathValue("id"))
	if err != nil {
		return err
	}
	return q.page(b.Name, brandPage(q, b, brandForm{Brand: b.Brand}))
}

func (q *request) editBrand() error {
	code, typed := q.r.PathValue("id"), member.Brand{Code: q.value("code"), Name: q.value("name")}
	_, err := q.svc.EditBrand(q.r.Context(), q.actor, code, admin.BrandEdit{Code: &typed.Code, Name: &typed.Name})
	if t, ok := q.trouble(err); ok {
		b, err := q.svc.Brand(q.r.Context(), q.actor, code)
		if err != nil {
			return err
		}
		return q.pageAs(t.Status, b.Name, brandPage(q, b, brandForm{typed, t}))
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/brands", "changed", store.Import{}))
}

func (q *request) askToDeleteBrand() error { return q.showBrandDeletion(http.StatusOK, trouble{}) }

func (q *request) showBrandDeletion(status int, t trouble) error {
	b, err := q.svc.Brand(q.r.Context(), q.actor, q.r.PathValue("id"))
	if err != nil {
		return err
	}
	return q.pageAs(status, b.Name, brandDeletion(q, b, t))
}

func (q *request) deleteBrand() error {
	err := q.svc.DeleteBrand(q.r.Context(), q.actor, q.r.PathValue("id"))
	if t, ok := q.trouble(err); ok {
		return q.showBrandDeletion(t.Status, t)
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/brands", "deleted", store.Import{}))
}
