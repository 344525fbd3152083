package admin

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

// indexName is the table of contents in a zip of files.
const indexName = "index.csv"

// indexHeader heads it (SPEC E4).
var indexHeader = []string{"member_id", "field", "path", "name", "size", "type"}

// FilesExported says what an export of files wrote.
type FilesExported struct {
	Files int64
	Bytes int64 // unpacked
}

// ExportFiles writes the files in the file fields of the members that e chooses
// as one zip: a folder for each member ID, and an index (SPEC E4). It can be
// brought back as it is beside a table. How e would write a table does not matter.
// What [Service.Export] says of moment, memory, records and errors holds here, too;
// further problems are FileLost and FileDamaged.
func (s *Service) ExportFiles(ctx context.Context, a Actor, e Export, w io.Writer, progress func(Progress)) (FilesExported, error) {
	if err := a.mayExport(); err != nil {
		return FilesExported{}, err
	}
	if progress == nil {
		progress = func(Progress) {}
	}
	var done FilesExported
	err := s.db.Snapshot(ctx, func(view *store.DB) error {
		members := Export{Named: e.Named, Which: e.Which, First: e.First, Last: e.Last, Sample: e.Sample, Seed: e.Seed}
		x, err := s.newExporter(ctx, a, members, view)
		if err != nil {
			return err
		}
		x.progress = progress
		f := &fileExporter{x: x, zip: zip.NewWriter(w)}
		for _, field := range x.env.Masters.Fields {
			if field.Type == member.FileType {
				f.fields = append(f.fields, field.Identifier)
			}
		}
		if err := f.record(ctx); err != nil {
			return err
		}
		err = f.write(ctx)
		done = f.done
		return err
	})
	return done, err
}

// A fileExporter carries out one export of files.
type fileExporter struct {
	x      *exporter
	fields []string // identifiers of the file fields, in their order
	zip    *zip.Writer
	done   FilesExported
}

// An exportedFile is one file of a member, with its place in the zip.
type exportedFile struct {
	member int64
	field  string
	path   string
	value  member.FileValue
	about  store.MemberFile
}

// record keeps who exported whose files, before anything leaves.
func (f *fileExporter) record(ctx context.Context) error {
	e := f.x.e
	selection, err := json.Marshal(struct {
		selectionRecord
		Files bool `json:"files"`
	}{selectionRecord{Named: e.Named, Groups: e.Which.Groups, Filter: first(e.Which.Filter, e.Which.Expression), IDs: e.Which.IDs, First: e.First, Last: e.Last,
		Sample: e.Sample, Seed: f.x.done.Seed, Charset: "utf-8"}, true})
	if err != nil {
		return err
	}
	return f.x.s.db.AddExport(ctx, f.x.a.Org.ID, &store.Export{ActorID: f.x.a.MemberID, Members: f.x.done.Members,
		Selection: string(selection), Columns: append([]string{}, f.fields...), CreatedAt: f.x.s.micros()})
}

// write writes the index, then the files: two walks, as memory holds neither.
func (f *fileExporter) write(ctx context.Context) error {
	entry, err := f.zip.Create(indexName)
	if err != nil {
		return err
	}
	index, err := sheet.NewWriter(entry, sheet.WriterOptions{Charset: "utf-8"})
	if err != nil {
		return err
	}
	if err := index.Write(indexHeader); err != nil {
		return err
	}
	err = f.each(ctx, "checking", func(file *exportedFile) error {
		return index.Write([]string{line(file.member), file.field, plan.CellOf(sheet.CSV, file.path, false), plan.CellOf(sheet.CSV, file.value.Name, false),
			line(file.about.Size), file.about.Type})
	})
	if err == nil {
		err = index.Flush()
	}
	if err == nil {
		err = f.each(ctx, "exporting", func(file *exportedFile) error { return f.add(ctx, file) })
	}
	if err != nil {
		return err
	}
	return f.zip.Close()
}

// add writes one file.
func (f *fileExporter) add(ctx context.Context, file *exportedFile) (err error) {
	b, err := f.x.s.blobs.open(ctx, file.value.Key)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errDamaged) {
		return file.lost()
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	entry, err := f.zip.CreateHeader(&zip.FileHeader{Name: file.path, Method: packing(file.about.Type)})
	if err != nil {
		return err
	}
	n, err := io.Copy(entry, io.NewSectionReader(b, 0, b.Size()))
	f.done.Files++
	f.done.Bytes += n
	if errors.Is(err, errDamaged) {
		return file.lost()
	}
	return err
}

func (file *exportedFile) lost() error {
	return problem.Of(problem.NotFound, problem.FileLost, "member", line(file.member), "value", file.field)
}

// packing is Store for what is packed already: most pictures, films and archives.
func packing(kind string) uint16 {
	if kind == "image/bmp" || kind == "image/tiff" || kind == "audio/wave" {
		return zip.Deflate
	}
	for _, packed := range []string{"image/", "video/", "audio/", "application/zip", "application/x-"} {
		if strings.HasPrefix(kind, packed) {
			return zip.Store
		}
	}
	return zip.Deflate
}

// each calls do for every file of the export, by member and field.
func (f *fileExporter) each(ctx context.Context, step string, do func(*exportedFile) error) error {
	files := make([]exportedFile, 0, exportPage)
	hand := func() error {
		err := f.hand(ctx, files, do)
		files = files[:0]
		return err
	}
	err := f.x.members(ctx, step, func(m *member.Member) error {
		files = f.of(m, files)
		if len(files) < exportPage {
			return nil
		}
		return hand()
	})
	if err != nil {
		return err
	}
	return hand()
}

// hand completes files with what is known of them. It is not the view that is
// asked: that one reads the next members at the same time.
func (f *fileExporter) hand(ctx context.Context, files []exportedFile, do func(*exportedFile) error) error {
	keys := make([]string, len(files))
	for i := range files {
		keys[i] = files[i].value.Key
	}
	known, err := f.x.s.db.MemberFiles(ctx, f.x.a.Org.ID, keys)
	if err != nil {
		return err
	}
	for i := range files {
		file := &files[i]
		if file.about = known[file.value.Key]; file.about.Key == "" {
			return file.lost()
		}
		if err := do(file); err != nil {
			return err
		}
	}
	return nil
}

// of appends the files of a member. Where two have the same name for some system,
// the later one is in a folder called as its field.
func (f *fileExporter) of(m *member.Member, files []exportedFile) []exportedFile {
	taken := map[string]bool{}
	for _, field := range f.fields {
		v, ok := member.ParseFileValue(m.Fields[field])
		if !ok {
			continue
		}
		folder := line(m.ID) + "/"
		name := strings.ToLower(norm.NFC.String(v.Name))
		if taken[name] || slices.Contains(f.fields, name) {
			folder += field + "/"
		}
		taken[name] = true
		files = append(files, exportedFile{member: m.ID, field: field, path: folder + v.Name, value: v})
	}
	return files
}
