package admin

import (
	"archive/zip"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"strings"

	"golang.org/x/sync/errgroup"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// fileCells reads the files that cells name while a plan is made, and keeps the
// bytes of those that the plan brings (G3). It is used by one goroutine.
type fileCells struct {
	zip    *fileZip
	digest hash.Hash // keyed: nobody can tell from a digest whether somebody has a certain file

	looked  map[*zip.File]lookedAt
	brought map[string]*zip.File // by key: since the last keep
	kept    int64                // bytes of all that was kept
}

// lookedAt is what reading an entry once found out.
type lookedAt struct {
	digest string
	kind   string // as member.SniffFile tells
	err    error
}

// errUnpacked is what an entry is that cannot be unpacked.
var errUnpacked = errors.New("not what the zip says")

// openFiles understands the zip that came with a table, if one did.
func (p *planner) openFiles(u Upload) error {
	if u.Files == nil {
		return nil
	}
	z, err := openFileZip(u.Files, u.FilesSize, fileLimitsOf(p.a))
	if err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(u.Files, 0, u.FilesSize)); err != nil {
		return wrap("read zip", err)
	}
	p.imp.Options.Files = hex.EncodeToString(sum.Sum(nil)) // the same table with another zip is not the same import (A8)
	key := hmac.New(sha256.New, p.s.blobKey)
	key.Write(binary.BigEndian.AppendUint64([]byte("digest"), uint64(p.a.Org.ID)))
	p.files = &fileCells{zip: z, digest: hmac.New(sha256.New, key.Sum(nil)), looked: map[*zip.File]lookedAt{}, brought: map[string]*zip.File{}}
	return nil
}

// fileLimitsOf are those of the organisation's settings; for the operator of the
// machine, who is trusted with more than an upload, the most that these can be.
func fileLimitsOf(a Actor) fileLimits {
	set := a.Org.Settings
	l := fileLimits{bytes: set.Count(plan.LimitFilesBytes), entries: set.Count(plan.LimitFilesEntries),
		inflated: set.Count(plan.LimitFilesInflated), file: set.Count(plan.LimitFieldFile)}
	if a.MemberID != 0 {
		return l
	}
	for _, x := range plan.SettingList() {
		switch x.Name {
		case plan.LimitFilesBytes:
			l.bytes = x.Most
		case plan.LimitFilesEntries:
			l.entries = x.Most
		case plan.LimitFilesInflated:
			l.inflated = x.Most
		}
	}
	return l
}

// find is [plan.Env.Files].
func (c *fileCells) find(f *member.Field, id int64, cell string) (plan.BroughtFile, error) {
	none := plan.BroughtFile{}
	name := cell[strings.LastIndexAny(cell, `/\`)+1:]
	if err := member.CheckFileName(name); err != nil {
		return none, err
	}
	entry, at := c.zip.find(id, f.Identifier, cell)
	if entry == nil {
		folder := ""
		if id > 0 {
			folder = line(id)
		}
		return none, problem.New(problem.FileMissing, "value", cell, "folder", folder)
	}
	size := int64(entry.UncompressedSize64)
	if size > f.MostBytes(c.zip.limits.file) { // not worth unpacking
		return none, f.CheckFile(name, size, "", c.zip.limits.file)
	}
	seen := c.look(entry)
	if seen.err != nil {
		return none, problem.New(problem.FileBroken, "value", cell)
	}
	if err := f.CheckFile(name, size, seen.kind, c.zip.limits.file); err != nil {
		return none, err
	}
	key := rand.Text()
	c.brought[key] = entry
	return plan.BroughtFile{FileValue: member.FileValue{Key: key, Digest: seen.digest, Name: name}, Path: at}, nil
}

// look reads an entry once, to its end: only then is it known that it can be.
func (c *fileCells) look(entry *zip.File) lookedAt {
	if seen, ok := c.looked[entry]; ok {
		return seen
	}
	c.digest.Reset()
	head := headWriter{}
	err := unpack(entry, io.MultiWriter(c.digest, &head))
	seen := lookedAt{digest: base64.RawURLEncoding.EncodeToString(c.digest.Sum(nil)[:16]), kind: member.SniffFile(head), err: err}
	c.looked[entry] = seen
	return seen
}

// headWriter keeps the first bytes of what is written to it.
type headWriter []byte

func (h *headWriter) Write(p []byte) (int, error) {
	*h = append(*h, p[:min(len(p), member.SniffLength-len(*h))]...)
	return len(p), nil
}

// unpack writes an entry to w. Whatever is wrong with the entry is errUnpacked;
// its size and sum are those of the directory, or it is wrong.
func unpack(entry *zip.File, w io.Writer) (err error) {
	r, err := entry.Open()
	if err != nil {
		return errUnpacked
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	to := &remembering{w: w}
	n, err := io.Copy(to, io.LimitReader(r, int64(entry.UncompressedSize64)+1))
	switch {
	case to.err != nil:
		return to.err
	case err != nil || n != int64(entry.UncompressedSize64):
		return errUnpacked
	}
	return nil
}

// remembering tells errors of writing from those of reading.
type remembering struct {
	w   io.Writer
	err error
}

func (r *remembering) Write(p []byte) (int, error) {
	n, err := r.w.Write(p)
	r.err = err
	return n, err
}

// keepFiles keeps the bytes of the files that changes bring: noted first, then
// written, and only then are the changes stored that name them.
func (p *planner) keepFiles(ctx context.Context, changes []plan.Change) error {
	c := p.files
	if c == nil || len(c.brought) == 0 {
		return nil
	}
	defer clear(c.brought)
	var notes []store.MemberFile
	for i := range changes {
		if !changes[i].Action.Applies() {
			continue
		}
		for _, value := range changes[i].After.Fields {
			v, ok := member.ParseFileValue(value)
			if entry := c.brought[v.Key]; ok && entry != nil {
				c.kept += int64(entry.UncompressedSize64)
				notes = append(notes, store.MemberFile{Key: v.Key, Import: p.imp.ID, Seq: changes[i].Seq,
					Size: int64(entry.UncompressedSize64), Type: c.looked[entry].kind})
			}
		}
	}
	if c.kept > c.zip.limits.inflated { // one entry may be named by many cells
		return tooMuch("inflated", c.zip.limits.inflated)
	}
	if err := p.s.db.AddMemberFiles(ctx, p.imp.Org, p.s.micros(), notes); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for _, n := range notes {
		entry := c.brought[n.Key]
		group.Go(func() error {
			return p.s.blobs.put(ctx, n.Key, func(w io.Writer) error { return unpack(entry, w) })
		})
	}
	return wrap("keep files of members", group.Wait())
}

// writers is how many files are written at once: each waits for the disk, and
// holds some 300 KiB meanwhile.
const writers = 8

// forgetMemberFiles removes the bytes of files in fields.
func (s *Service) forgetMemberFiles(ctx context.Context, keys []string) error {
	for _, key := range keys {
		if err := s.blobs.remove(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// sweepMemberFiles removes what nobody needs any more: files of plans that came
// to nothing, and those that members had before, once undo may no longer put them
// back. That is as long as a deleted member can be restored.
func (s *Service) sweepMemberFiles(ctx context.Context, a Actor, done *Swept) error {
	removed, looked, err := s.db.SweepMemberFiles(ctx, store.FileSweep{Org: a.Org.ID, Now: s.micros(), Most: sweepMost,
		Keep: a.Org.Settings.Count(plan.WithdrawnDays) * dayMicros, Forget: s.forgetMemberFiles})
	done.MemberFiles, done.More = int64(removed), done.More || looked == sweepMost
	return err
}

// lostFiles finds out which of the files are no longer kept that turning changes
// back would put back.
func (p *planner) lostFiles(ctx context.Context, done []plan.Change) (lost func(key string) bool, err error) {
	var keys []string
	for i := range done {
		for identifier, value := range done[i].Before.Fields {
			f, ok := p.masters.Field(identifier)
			if v, isFile := member.ParseFileValue(value); ok && isFile && f.Type == member.FileType {
				keys = append(keys, v.Key)
			}
		}
	}
	kept, err := p.s.db.MemberFiles(ctx, p.imp.Org, keys)
	return func(key string) bool { return kept[key].Key == "" }, err
}
