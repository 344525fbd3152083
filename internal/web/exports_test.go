package web_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestE5_AnExportInTheBackgroundIsStoppedOnItsPage(t *testing.T) {
	each(t, func(h *house) {
		owner, dave := h.as("owner"), h.as("dave")
		owner.post("/batch/background").leadsTo(h.T, "/exports#jobs")
		path := "/exports/jobs/1/cancel"
		if page := owner.get("/exports").wants(h.T, http.StatusOK, "Stop"); !strings.Contains(page.body, path) {
			h.Error("who asked for it is not offered to stop it")
		}
		if page := dave.get("/exports").wants(h.T, http.StatusOK, "O. Ito", "members"); strings.Contains(page.body, path) {
			h.Error("somebody else is offered to stop it")
		}
		dave.post(path).wants(h.T, http.StatusNotFound)
		owner.post(path).leadsTo(h.T, "/exports#jobs")
		if page := owner.get("/exports"); strings.Contains(page.body, path) {
			h.Error("it is still there")
		}
	})
}
