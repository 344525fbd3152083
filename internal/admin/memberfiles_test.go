package admin_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

const (
	png    = "\x89PNG\r\n\x1a\n"
	pdf    = "%PDF-1.7\n"
	month  = 31 * 24 * time.Hour
	aWhile = 2 * time.Hour
)

// album has a photo field, and two members without photos: IDs 2 and 3.
func (h *house) album() {
	h.Helper()
	h.field(member.Field{Identifier: "photo", LabelEN: "Photo", LabelJA: "写真", Type: member.FileType, Extensions: []string{"png", "jpg"}, MaxSize: 1000})
	h.field(member.Field{Identifier: "paper", LabelEN: "Paper", LabelJA: "書類", Type: member.FileType})
	h.apply("login_id,name\nann,Ann\nbob,Bob\n", plan.Options{})
}

// zipOf packs contents by path.
func zipOf(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// planFiles plans a CSV with a zip beside it.
func (h *house) planFiles(file string, packed []byte) store.Import {
	h.Helper()
	return h.planFilesAs(h.owner, file, packed, plan.Options{})
}

func (h *house) planFilesAs(a admin.Actor, file string, packed []byte, o plan.Options) store.Import {
	h.Helper()
	imp, err := h.svc.Plan(h.Context(), a, admin.Upload{Name: "test.csv", Content: strings.NewReader(file), Size: int64(len(file)),
		Files: bytes.NewReader(packed), FilesSize: int64(len(packed))}, o, nil)
	if err != nil {
		h.Fatalf("plan with files: %v", err)
	}
	return imp
}

func (h *house) applyFiles(file string, files map[string]string) store.Import {
	h.Helper()
	return h.do(h.planFiles(file, zipOf(h, files)))
}

// has is what a member's fields show.
func (h *house) has(id int64, field string) string {
	h.Helper()
	m, err := h.svc.Member(h.Context(), h.owner, fmt.Sprint(id))
	if err != nil {
		h.Fatal(err)
	}
	masters, err := h.svc.Masters(h.Context(), h.owner)
	if err != nil {
		h.Fatal(err)
	}
	return admin.Texts(&m, h.owner, masters)[field]
}

// blobs are the keys of all files that are kept for members.
func (h *house) blobs() []string {
	h.Helper()
	keys := h.stored("members")
	for i := range keys {
		keys[i] = path.Base(keys[i])
	}
	return keys
}

// sweepAfter lets time go by, and sweeps.
func (h *house) sweepAfter(d time.Duration) {
	h.Helper()
	*h.now = h.now.Add(d)
	if _, err := h.svc.Sweep(h.Context(), h.owner); err != nil {
		h.Fatal(err)
	}
}

func blobPath(key string) string { return "members/" + key[:2] + "/" + key }

// keyOf is the key of what a member has in a file field.
func (h *house) keyOf(id int64, field string) string {
	h.Helper()
	v, ok := member.ParseFileValue(h.record(id).Fields[field])
	if !ok {
		h.Fatalf("member %d has no file in %s", id, field)
	}
	return v.Key
}

func (h *house) blobsAre(when string, n int) {
	h.Helper()
	if got := h.blobs(); len(got) != n {
		h.Errorf("%s %d files are kept, want %d", when, len(got), n)
	}
}

// exportFiles returns the content of each entry of an export of files.
func (h *house) exportFiles(e admin.Export) map[string]string {
	h.Helper()
	return unzip(h, h.exportZip(e))
}

func (h *house) exportZip(e admin.Export) []byte {
	h.Helper()
	var out bytes.Buffer
	if _, err := h.svc.ExportFiles(h.Context(), h.owner, e, &out, nil); err != nil {
		h.Fatalf("export files: %v", err)
	}
	return out.Bytes()
}

func unzip(t testing.TB, packed []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range z.File {
		r, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		files[e.Name] = string(content)
	}
	return files
}

func TestG3_ACellNamesAFileInTheMembersFolder(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		imp := h.planFiles("member_id,photo\n2,me.png\n3,写真.png\n", zipOf(t, map[string]string{"2/me.png": png + "ann", "3/写真.png": png + "bob", "2/other.png": png}))
		if counts(imp) != [6]int64{0, 0, 2, 0, 0, 0} {
			h.Fatalf("counts = %v: %s", counts(imp), h.reasons(imp))
		}
		if got := h.has(2, "photo"); got != "" {
			h.Errorf("before applying the member has %q", got)
		}
		h.do(imp)
		if a, b := h.has(2, "photo"), h.has(3, "photo"); a != "me.png" || b != "写真.png" {
			h.Errorf("the members have %q and %q", a, b)
		}
		files := h.exportFiles(admin.Export{})
		if files["2/me.png"] != png+"ann" || files["3/写真.png"] != png+"bob" {
			h.Errorf("kept: %q", files)
		}
		h.blobsAre("after applying", 2)
	})
}

func TestG3_SomebodyNewNamesAPathFromTheRoot(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		for _, packed := range []map[string]string{{"new/cas.png": png}, {"all/new/cas.png": png}} { // packed from inside, and with its folder
			login := fmt.Sprintf("cas%d", len(h.blobs()))
			imp := h.applyFiles("login_id,name,photo\n"+login+",Cas,new/cas.png\n", packed)
			if got := h.has(imp.FirstMember, "photo"); got != "cas.png" {
				h.Errorf("the new member has %q", got)
			}
		}
	})
}

func TestG3_BlankAndTheSameNameLeaveTheFile(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		h.applyFiles("member_id,photo\n2,me.png\n", map[string]string{"2/me.png": png})
		for what, imp := range map[string]store.Import{
			"blank":                          h.planFiles("member_id,photo\n2,\n", zipOf(t, map[string]string{"2/me.png": png + "x"})),
			"the same name":                  h.planFiles("photo,member_id\nme.png,2\n", zipOf(t, map[string]string{"2/me.png": png + "x"})),
			"the same name without a zip":    h.plan("photo,member_id\nme.png,2\n", plan.Options{}),
			"the path of the very same file": h.planFiles("member_id,photo\n2,2/me.png\n", zipOf(t, map[string]string{"2/me.png": png})),
			"untouched (F12)":                h.plan(h.export(admin.Export{}), plan.Options{}),
		} {
			if c := counts(imp); c[4] != imp.Rows {
				h.Errorf("%s: counts = %v: %s", what, c, h.reasons(imp))
			}
			if warned := imp.Outcome.WarningsTotal == 1; warned != (what == "the same name") {
				h.Errorf("%s: %d warnings", what, imp.Outcome.WarningsTotal)
			}
		}
		h.sweepAfter(aWhile)
		h.blobsAre("after plans that keep", 1)
		h.applyFiles("member_id,photo\n2,2/me.png\n", map[string]string{"2/me.png": png + "x"})
		if got := h.exportFiles(admin.Export{})["2/me.png"]; got != png+"x" {
			h.Errorf("the path did not replace: %q", got)
		}
	})
}

func TestG3_BadFilesAreProblemsOfTheirCells(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		packed := map[string]string{"2/a.png": pdf, "2/a.pdf": pdf, "2/big.png": png + strings.Repeat("x", 1000), "2/none.png": "", "2/run.exe": "MZ\x00",
			"2/page.png": "<html><script>", "2/page.pdf": "<html><script>", "2/con.png": png}
		for cell, want := range map[string]problem.Code{
			"photo,gone.png": problem.FileMissing, "photo,a.png": problem.FileTypeMismatch, "photo,a.pdf": problem.FileExtensionRefused,
			"photo,big.png": problem.FileTooLargeForField, "photo,none.png": problem.FileBlank, "photo,page.png": problem.FileTypeMismatch,
			"paper,page.pdf": problem.FileTypeMismatch, "paper,run.exe": problem.FileExtensionRefused, "photo,../2/a.png": problem.FileMissing,
			"photo,con.png": problem.FileNameInvalid, "photo,/etc/passwd.png": problem.FileMissing, `photo,C:\a.png`: problem.FileMissing,
		} {
			field, name, _ := strings.Cut(cell, ",")
			imp := h.planFiles("member_id,"+field+"\n2,"+name+"\n3,\n", zipOf(t, packed))
			if got := h.codes(imp); len(got) != 1 || got[0] != want {
				h.Errorf("%s: %v, want %s", cell, got, want)
			}
			for _, c := range h.rejected(imp) {
				if p := c.Problems[0]; p.Place.Header != field || p.Place.Line != 2 {
					h.Errorf("%s: place %+v", cell, p.Place)
				}
			}
		}
		if got := h.codes(h.plan("member_id,photo\n2,a.png\n", plan.Options{})); len(got) != 1 || got[0] != problem.FilesNeeded {
			h.Errorf("without a zip: %v", got)
		}
		h.blobsAre("of rejected rows", 0)
	})
}

func TestG3_AHostileZipIsRefusedAsAWhole(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		h.writer("clerk@x.example", []string{"members", "imports"}, []string{"members", "imports"})
		h.set(h.url, `{"limit_files_entries":"3","limit_files_inflated":"30000000","limit_files_bytes":"100000"}`, "NULL")
		clerk := h.as("clerk@x.example")
		raw := func(f func(z *zip.Writer)) []byte {
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			f(z)
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
		entry := func(z *zip.Writer, e zip.FileHeader, content string) {
			w, err := z.CreateHeader(&e)
			if err == nil {
				_, err = io.WriteString(w, content)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		link := zip.FileHeader{Name: "2/me.png"}
		link.SetMode(fs.ModeSymlink | 0o777)
		good := zipOf(t, map[string]string{"2/me.png": png})
		encrypted := bytes.Replace(bytes.Clone(good), []byte("PK\x01\x02\x14\x00\x14\x00\x08"), []byte("PK\x01\x02\x14\x00\x14\x00\x09"), 1)
		if bytes.Equal(encrypted, good) {
			t.Fatal("the zip is not as this test thinks")
		}
		for what, tt := range map[string]struct {
			packed []byte
			code   problem.Code
			value  string
		}{
			"..":          {zipOf(t, map[string]string{"../2/me.png": png}), problem.FilesEntryRefused, "path"},
			".. inside":   {zipOf(t, map[string]string{"2/../../me.png": png}), problem.FilesEntryRefused, "path"},
			"absolute":    {zipOf(t, map[string]string{"/2/me.png": png}), problem.FilesEntryRefused, "path"},
			"a drive":     {zipOf(t, map[string]string{"C:/me.png": png}), problem.FilesEntryRefused, "path"},
			"a backslash": {zipOf(t, map[string]string{`2\me.png`: png}), problem.FilesEntryRefused, "path"},
			"a link":      {raw(func(z *zip.Writer) { entry(z, link, "/etc/passwd") }), problem.FilesEntryRefused, "link"},
			"a name twice": {raw(func(z *zip.Writer) {
				entry(z, zip.FileHeader{Name: "a.png"}, png)
				entry(z, zip.FileHeader{Name: "a.png"}, png)
			}), problem.FilesEntryRefused, "twice"},
			"a name in two ways": {raw(func(z *zip.Writer) {
				entry(z, zip.FileHeader{Name: "が.png"}, png)
				entry(z, zip.FileHeader{Name: "か\u3099.png"}, png)
			}), problem.FilesEntryRefused, "twice"},
			"a password": {encrypted, problem.FilesEntryRefused, "encrypted"},
			"a bomb": {raw(func(z *zip.Writer) {
				entry(z, zip.FileHeader{Name: "a.png", Method: zip.Deflate}, strings.Repeat("\x00", 20_000_000))
			}), problem.FilesEntryRefused, "ratio"},
			"too much inside": {raw(func(z *zip.Writer) {
				entry(z, zip.FileHeader{Name: "a.png", Method: zip.Deflate}, strings.Repeat("\x00", 30_000_001))
			}), problem.FilesTooMuch, "inflated"},
			"too many entries": {zipOf(t, map[string]string{"1": "", "2": "", "3": "", "4": ""}), problem.FilesTooMuch, "entries"},
			"too large":        {raw(func(z *zip.Writer) { entry(z, zip.FileHeader{Name: "a"}, strings.Repeat("x", 100_000)) }), problem.FilesTooMuch, "bytes"},
			"no zip":           {[]byte(pdf), problem.FilesNotZip, ""},
			"half a zip":       {good[:len(good)/2], problem.FilesNotZip, ""},
			"nothing":          {[]byte{}, problem.FilesNotZip, ""},
		} {
			imp := h.planFilesAs(clerk, "member_id,photo\n2,me.png\n", tt.packed, plan.Options{})
			ps, err := plan.ParseProblems(imp.Outcome.Problems)
			if err != nil || imp.State != store.Rejected || len(ps) != 1 {
				h.Errorf("%s: state %s, problems %v, %v", what, imp.State, ps, err)
				continue
			}
			if got := ps[0].Values["reason"] + ps[0].Values["what"]; ps[0].Code != tt.code || got != tt.value {
				h.Errorf("%s: %s %q, want %s %q", what, ps[0].Code, got, tt.code, tt.value)
			}
		}
		h.blobsAre("of hostile zips", 0)
	})
}

func TestG3_NamesOfJapaneseWindowsAndOfMacOSAreRead(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, e := range []zip.FileHeader{{Name: "2/\x95\x5c.png", NonUTF8: true}, {Name: "3/か\u3099.png"}, {Name: "__MACOSX/3/._x"}, {Name: "3/.DS_Store"}} { // 表, whose second byte is a backslash
			w, err := z.CreateHeader(&e)
			if err == nil {
				_, err = io.WriteString(w, png)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		h.do(h.planFiles("member_id,photo\n2,表.png\n3,が.png\n", b.Bytes()))
		if a, b := h.has(2, "photo"), h.has(3, "photo"); a != "表.png" || b != "が.png" {
			h.Errorf("the members have %q and %q", a, b)
		}
	})
}

func TestG3_AFileThatIsNotWhatTheZipSaysIsBroken(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		packed := zipOf(t, map[string]string{"2/me.png": png + strings.Repeat("ann", 50)})
		at := bytes.Index(packed, []byte("me.png")) + len("me.png") + 4
		packed[at] ^= 0x55
		if got := h.codes(h.planFiles("member_id,photo\n2,me.png\n", packed)); len(got) != 1 || got[0] != problem.FileBroken {
			h.Errorf("codes = %v", got)
		}
	})
}

func TestG3_ClearTakesTheFileAway(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		h.applyFiles("member_id,photo\n2,me.png\n", map[string]string{"2/me.png": png})
		done := h.apply("member_id,photo\n2,{clear}\n", plan.Options{})
		if got := h.has(2, "photo"); got != "" {
			h.Errorf("the member has %q", got)
		}
		h.sweepAfter(aWhile)
		h.blobsAre("while it can be undone", 1)
		h.undo(done)
		if got := h.exportFiles(admin.Export{})["2/me.png"]; got != png {
			h.Errorf("put back: %q", got)
		}
		h.sweepAfter(2 * month)
		h.blobsAre("of a member", 1)
	})
}

func TestA6_UndoPutsTheEarlierFileBackAsLongAsItIsKept(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		h.applyFiles("member_id,photo\n2,me.png\n", map[string]string{"2/me.png": png + "1"})
		second := h.applyFiles("member_id,photo\n2,new.png\n", map[string]string{"2/new.png": png + "2"})
		h.sweepAfter(aWhile)
		h.blobsAre("after replacing", 2)
		back := h.undo(second)
		if got := h.exportFiles(admin.Export{}); got["2/me.png"] != png+"1" || got["2/new.png"] != "" {
			h.Errorf("after undo: %v", slices.Sorted(maps.Keys(got)))
		}
		h.sweepAfter(29 * 24 * time.Hour)
		h.undo(back)
		if got := h.exportFiles(admin.Export{})["2/new.png"]; got != png+"2" {
			h.Errorf("after undo of undo: %q", got)
		}
		h.sweepAfter(29 * 24 * time.Hour)
		h.blobsAre("29 days later", 2)
		h.sweepAfter(2 * 24 * time.Hour)
		h.blobsAre("31 days later", 1)
		undo, err := h.svc.PlanUndo(h.Context(), h.owner, second.ID, plan.Options{ChangedToo: true}, nil)
		if err != nil {
			h.Fatal(err)
		}
		if got := h.codes(undo); len(got) != 1 || got[0] != problem.FileNotKept {
			h.Errorf("undo when it is gone: %v", got)
		}
	})
}

func TestA3_AnUndoThatWaitedTooLongIsStale(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		h.applyFiles("member_id,photo\n2,me.png\n", map[string]string{"2/me.png": png + "1"})
		second := h.applyFiles("member_id,photo\n2,new.png\n", map[string]string{"2/new.png": png + "2"})
		undo, err := h.svc.PlanUndo(h.Context(), h.owner, second.ID, plan.Options{}, nil)
		if err != nil {
			h.Fatal(err)
		}
		h.sweepAfter(2 * month)
		h.blobsAre("while an undo waits for it", 2)
		for _, key := range h.blobs() {
			rawly(h.T, h.url, `DELETE FROM member_file WHERE key = '`+key+`'`)
		}
		if _, err := h.svc.Apply(h.Context(), h.owner, undo.ID, admin.ApplyOptions{}); h.codeOf(err) != problem.PlanStale {
			h.Errorf("applied without the file: %v", err)
		}
	})
}

func TestG3_FilesOfPlansThatCameToNothingAreSwept(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		one := map[string]string{"2/me.png": png}
		discarded := h.planFiles("member_id,photo\n2,me.png\n", zipOf(t, one))
		waiting := h.planFiles("member_id,photo\n2,me.png\n", zipOf(t, one))
		h.planFilesAs(h.owner, "member_id,photo\n2,me.png\n999,me.png\n", zipOf(t, one), plan.Options{BadRows: "stop"}) // rejected
		if err := h.svc.Discard(h.Context(), h.owner, discarded.ID); err != nil {
			h.Fatal(err)
		}
		h.blobsAre("of three plans", 3)
		h.sweepAfter(aWhile)
		h.blobsAre("of the plan that waits", 1)
		h.sweepAfter(month)
		h.do(waiting)
		h.sweepAfter(month)
		h.blobsAre("of the member", 1)
		if got := h.has(2, "photo"); got != "me.png" {
			h.Errorf("the member has %q", got)
		}
	})
}

func TestA8_TheSameTableWithAnotherZipIsAnotherImport(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		const file = "member_id,photo\n2,2/me.png\n"
		one, other := zipOf(t, map[string]string{"2/me.png": png}), zipOf(t, map[string]string{"2/me.png": png + "x"})
		h.do(h.planFiles(file, one))
		for packed, want := range map[*[]byte]int64{&one: 1, &other: 0} {
			if got := h.planFiles(file, *packed).Outcome.WarningsTotal; got != want {
				h.Errorf("%d warnings, want %d", got, want)
			}
		}
	})
}

func TestF12_AWorkbookOfMembersWithFilesComesBackAsAllKeep(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		h.applyFiles("member_id,photo\n2,me.png\n3,'=1+1.png\n", map[string]string{"2/me.png": png, "3/=1+1.png": png})
		book := h.export(admin.Export{Format: "xlsx", Text: locale.New("en")})
		for what, packed := range map[string][]byte{"with its zip": h.exportZip(admin.Export{}), "without": nil} {
			u := admin.Upload{Name: "a.xlsx", Content: strings.NewReader(book), Size: int64(len(book))}
			if packed != nil {
				u.Files, u.FilesSize = bytes.NewReader(packed), int64(len(packed))
			}
			imp, err := h.svc.Plan(h.Context(), h.owner, u, plan.Options{}, nil)
			if err != nil {
				h.Fatal(err)
			}
			if c := counts(imp); c[4] != 3 || imp.Rows != 3 {
				h.Errorf("%s: counts = %v: %s", what, c, h.reasons(imp))
			}
		}
	})
}

func TestG3_FilesOfRowsThatTheWholeFileRejectsAreSwept(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		imp := h.applyFiles("member_id,photo\n2,a.png\n3,b.png\n3,c.png\n", map[string]string{"2/a.png": png, "3/b.png": png, "3/c.png": png})
		h.blobsAre("of three rows", 3)
		h.sweepAfter(aWhile)
		h.blobsAre("of those that were applied", int(imp.Applied()))
		if v, err := h.svc.Verify(h.Context(), h.owner); err != nil || !v.Right() {
			h.Errorf("verify: %+v, %v", v.Findings, err)
		}
	})
}

func TestF11_OneEntryNamedByManyCellsCountsEachTime(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		h.writer("clerk@x.example", []string{"members", "imports"}, []string{"members", "imports"})
		h.set(h.url, `{"limit_files_inflated":"10"}`, "NULL")
		packed := zipOf(t, map[string]string{"x.png": png + "1"})
		for rows, want := range map[string]store.State{"2,x.png\n": store.Planned, "2,x.png\n3,x.png\n": store.Rejected} {
			if imp := h.planFilesAs(h.as("clerk@x.example"), "member_id,photo\n"+rows, packed, plan.Options{}); imp.State != want {
				h.Errorf("%q: %s, want %s", rows, imp.State, want)
			}
		}
	})
}

func TestM7_ErasingTakesTheFilesAndTheirNames(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		h.applyFiles("member_id,photo,paper\n2,zoe-quill.png,\n3,bob.png,\n", map[string]string{"2/zoe-quill.png": png + "1", "3/bob.png": png})
		h.applyFiles("member_id,photo\n2,zoe-newer.png\n", map[string]string{"2/zoe-newer.png": png + "2"})
		h.planFiles("member_id,paper\n2,zoe-paper.pdf\n", zipOf(t, map[string]string{"2/zoe-paper.pdf": pdf}))
		h.blobsAre("before", 4)
		h.eraseMember(2)
		h.blobsAre("of Bob", 1)
		if all := everything(h.T, h.url); strings.Contains(all, "zoe-") {
			h.Error("a name of a file is still in the database")
		}
		h.verifyChain()
	})
}

func TestM7_AWithdrawnMembersFilesComeBackOrGoAfterThirtyDays(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		h.applyFiles("member_id,photo\n2,me.png\n3,bob.png\n", map[string]string{"2/me.png": png + "1", "3/bob.png": png})
		gone := h.apply("member_id,delete\n2,1\n", plan.Options{})
		h.sweepAfter(29 * 24 * time.Hour)
		h.undo(gone)
		if got := h.exportFiles(admin.Export{})["2/me.png"]; got != png+"1" {
			h.Errorf("restored: %q", got)
		}
		h.apply("member_id,delete\n2,1\n", plan.Options{})
		h.sweepAfter(month)
		h.blobsAre("after the thirty days", 1)
	})
}

func TestG3_FilesAreSealedUnderNamesThatSayNothing(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		h.applyFiles("member_id,paper\n2,zoe.txt\n", map[string]string{"2/zoe.txt": "keeps bees"})
		for _, key := range h.blobs() {
			content := h.rawStored(blobPath(key))
			if bytes.Contains(content, []byte("bees")) || strings.Contains(key, "zoe") || len(key) != 26 {
				h.Errorf("%s holds %q", key, content)
			}
		}
	})
}

func TestG3_FiltersAskForTheName(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		h.applyFiles("member_id,photo\n2,Me.png\n", map[string]string{"2/Me.png": png})
		for filter, want := range map[string]int{`photo eq "me.png"`: 1, `photo sw "me"`: 1, `photo co "/"`: 0, `photo pr`: 1, `photo ew ".png"`: 1, `not (photo pr)`: 2} {
			n, err := h.svc.ExportCount(h.Context(), h.owner, admin.Export{Which: admin.Which{Filter: filter}})
			if err != nil || int(n) != want {
				h.Errorf("%s: %d, %v, want %d", filter, n, err, want)
			}
		}
	})
}

func TestM8_TheHistoryHasTheNameAlone(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		imp := h.applyFiles("member_id,photo\n2,me.png\n", map[string]string{"2/me.png": png})
		masters, err := h.svc.Masters(h.Context(), h.owner)
		if err != nil {
			h.Fatal(err)
		}
		c := h.onlyUpdate(imp)
		ds := (&plan.Env{Masters: masters, Zone: h.owner.Org.Zone}).Differences(&c.Change)
		if len(ds) != 1 || ds[0].Attribute != "photo" || ds[0].Before != "" || ds[0].After != "me.png" {
			h.Errorf("differences = %+v", ds)
		}
	})
}

func TestE4_FilesLeaveAsAZipWithAnIndexThatCanBeBroughtBack(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		h.applyFiles("member_id,photo,paper\n2,same.png,2/p/SAME.png\n3,bob.png,=1+1.txt\n", map[string]string{
			"2/same.png": png + "1", "2/p/SAME.png": png + "2", "3/bob.png": png + "3", "3/=1+1.txt": "text"})
		table, packed := h.export(admin.Export{}), h.exportZip(admin.Export{})
		named := h.export(admin.Export{Columns: []string{"member_id", "photo", "paper"}})
		files := unzip(t, packed)
		index, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(files["index.csv"], "\ufeff"))).ReadAll()
		want := [][]string{{"member_id", "field", "path", "name", "size", "type"}, {"2", "photo", "2/same.png", "same.png", "9", "image/png"},
			{"2", "paper", "2/paper/SAME.png", "SAME.png", "9", "image/png"}, {"3", "photo", "3/bob.png", "bob.png", "9", "image/png"},
			{"3", "paper", "3/=1+1.txt", "'=1+1.txt", "4", "text/plain"}}
		if err != nil || fmt.Sprint(index) != fmt.Sprint(want) {
			h.Errorf("index = %q, %v", index, err)
		}
		if len(files) != 5 || files["2/same.png"] != png+"1" || files["2/paper/SAME.png"] != png+"2" || files["3/=1+1.txt"] != "text" {
			h.Errorf("files = %v", slices.Sorted(maps.Keys(files)))
		}
		h.allKeep(h.planFiles(table, packed), 3)
		h.apply("member_id,photo,paper\n2,{clear},{clear}\n3,{clear},{clear}\n", plan.Options{})
		h.do(h.planFiles(named, packed))
		if again := h.exportFiles(admin.Export{}); !maps.Equal(again, files) {
			h.Errorf("brought back: %v", slices.Sorted(maps.Keys(again)))
		}
	})
}

func TestE4_AnExportOfFilesIsForWhoMayExportAndIsRecorded(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		h.applyFiles("member_id,photo\n2,me.png\n3,bob.png\n", map[string]string{"2/me.png": png, "3/bob.png": png})
		clerk := h.writer("clerk@x.example", []string{"members"}, nil)
		if _, err := h.svc.ExportFiles(h.Context(), clerk, admin.Export{}, io.Discard, nil); h.codeOf(err) != problem.ActorForbidden {
			h.Errorf("without the right: %v", err)
		}
		if got := h.exportFiles(admin.Export{Which: admin.Which{Filter: `login_id eq "bob"`}}); len(got) != 2 || got["3/bob.png"] == "" {
			h.Errorf("of Bob: %v", slices.Sorted(maps.Keys(got)))
		}
		records, _, err := h.svc.Exports(h.Context(), h.owner, 0)
		if err != nil || len(records) != 1 || records[0].Members != 1 || !slices.Equal(records[0].Columns, []string{"photo", "paper"}) ||
			!strings.Contains(records[0].Selection, `"files":true`) {
			h.Errorf("records = %+v, %v", records, err)
		}
	})
}

func TestE4_AFileThatIsMissingEndsTheExportAndIsFoundByVerify(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		h.applyFiles("member_id,photo\n2,me.png\n3,bob.png\n", map[string]string{"2/me.png": png, "3/bob.png": png + "2"})
		v, err := h.svc.Verify(h.Context(), h.owner)
		if err != nil || !v.Right() {
			h.Fatalf("verify: %+v, %v", v.Findings, err)
		}
		h.loseStored(blobPath(h.keyOf(3, "photo")))
		if v, err = h.svc.Verify(h.Context(), h.owner); err != nil || len(v.Findings) != 1 || v.Findings[0].Kind != "file_missing" ||
			!slices.Equal(v.Findings[0].IDs, []int64{3}) {
			h.Errorf("verify: %+v, %v", v.Findings, err)
		}
		_, err = h.svc.ExportFiles(h.Context(), h.owner, admin.Export{}, io.Discard, nil)
		if h.codeOf(err) != problem.FileLost {
			h.Errorf("export: %v", err)
		}
	})
}
