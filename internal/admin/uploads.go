package admin

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"time"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// Files that somebody brings on a page are kept, sealed, from when they are looked
// at until they are planned, so that nobody has to send them twice. They are of
// who brought them alone, and nobody needs them for long.

// uploadLife is how long an upload is kept after it was last looked at.
const uploadLife = 2 * time.Hour

// uploadFolder is where uploads lie in the storage.
const uploadFolder = "uploads"

// UploadLimit returns how many bytes a file may have that the actor brings (F11).
func (s *Service) UploadLimit(a Actor) (int64, error) {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return 0, err
	}
	return a.Org.Settings.Count(plan.LimitFileBytes), nil
}

// UploadFilesLimit returns the same of a zip of files beside it.
func (s *Service) UploadFilesLimit(a Actor) (int64, error) {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return 0, err
	}
	return fileLimitsOf(a).bytes, nil
}

// KeepUpload keeps a file that somebody brings until they send it, or for
// [uploadLife]. Its problem is FileTooLarge.
func (s *Service) KeepUpload(ctx context.Context, a Actor, name string, content io.Reader) (store.Upload, error) {
	limit, err := s.UploadLimit(a)
	if err != nil {
		return store.Upload{}, err
	}
	if err := s.sweepUploads(ctx, a, s.micros()); err != nil {
		return store.Upload{}, err
	}
	u := store.Upload{Org: a.Org.ID, ID: rand.Text(), ActorID: a.MemberID, Name: baseName(name), ExpiresAt: s.uploadEnd(), Size: -1, FilesSize: -1}
	if err := s.db.AddUpload(ctx, u); err != nil {
		return u, err
	}
	u.Size, err = s.receive(ctx, uploadTable(u), content, limit, problem.Of(problem.TooLarge, problem.FileTooLarge, "limit", strconv.FormatInt(limit, 10)))
	if err != nil {
		return u, errors.Join(err, s.dropUpload(context.WithoutCancel(ctx), u))
	}
	if err := s.saveUpload(ctx, u); err != nil { // swept meanwhile, perhaps: bytes that no row names must not stay
		return u, errors.Join(err, s.uploads.remove(ctx, uploadTable(u)))
	}
	return u, nil
}

// KeepUploadFiles keeps a zip of files beside an upload, in place of an earlier
// one. Its problems are UploadGone and FilesTooMuch.
func (s *Service) KeepUploadFiles(ctx context.Context, a Actor, id, name string, content io.Reader) (store.Upload, error) {
	u, err := s.Upload(ctx, a, id)
	if err != nil {
		return u, err
	}
	limit := fileLimitsOf(a).bytes
	size, err := s.receive(ctx, uploadZip(u), content, limit, tooMuch("bytes", limit))
	if err != nil {
		return u, err
	}
	u.FilesName, u.FilesSize = baseName(name), size
	err = s.saveUpload(ctx, u)
	if errors.Is(err, problem.New(problem.UploadGone)) {
		err = errors.Join(err, s.uploads.remove(ctx, uploadZip(u)))
	}
	return u, err
}

// DropUploadFiles takes the zip away again. Its problem is UploadGone.
func (s *Service) DropUploadFiles(ctx context.Context, a Actor, id string) error {
	u, err := s.Upload(ctx, a, id)
	if err != nil {
		return err
	}
	u.FilesName, u.FilesSize = "", -1
	return errors.Join(s.saveUpload(ctx, u), s.uploads.remove(ctx, uploadZip(u)))
}

// The files of an upload: no other name can be made into one of these.
func uploadTable(u store.Upload) string { return "table-" + strconv.FormatInt(u.Org, 10) + "-" + u.ID }
func uploadZip(u store.Upload) string   { return "zip-" + strconv.FormatInt(u.Org, 10) + "-" + u.ID }

func (s *Service) uploadEnd() int64 { return s.now().Add(uploadLife).UnixMicro() }

// receive keeps what is read, at most limit bytes, and returns how many they were.
func (s *Service) receive(ctx context.Context, name string, content io.Reader, limit int64, tooLarge error) (size int64, err error) {
	err = s.uploads.keep(ctx, name, func(w io.Writer) error {
		size, err = io.Copy(w, io.LimitReader(content, limit+1))
		if err == nil && size > limit {
			err = tooLarge
		}
		return err
	})
	return size, err
}

func (s *Service) saveUpload(ctx context.Context, u store.Upload) error {
	found, err := s.db.SaveUpload(ctx, u)
	if err == nil && !found {
		err = uploadGone()
	}
	return err
}

func uploadGone() error { return problem.Of(problem.NotFound, problem.UploadGone) }

// Upload returns an upload of the actor's. Its problem is UploadGone, also for one
// of somebody else.
func (s *Service) Upload(ctx context.Context, a Actor, id string) (store.Upload, error) {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return store.Upload{}, err
	}
	u, found, err := s.db.Upload(ctx, a.Org.ID, id)
	if err != nil {
		return u, err
	}
	if !found || u.ActorID != a.MemberID || u.Size < 0 || u.ExpiresAt < s.micros() {
		return store.Upload{}, uploadGone()
	}
	return u, nil
}

// openUpload opens an upload to be read as any file that comes. The caller closes it.
func (s *Service) openUpload(ctx context.Context, u store.Upload) (Upload, func() error, error) {
	open := func(name string) (*keptFile, error) {
		f, err := s.uploads.open(ctx, name)
		if errors.Is(err, fs.ErrNotExist) {
			err = uploadGone()
		}
		return f, err
	}
	table, err := open(uploadTable(u))
	if err != nil {
		return Upload{}, nil, err
	}
	brought := Upload{Name: u.Name, Content: table, Size: table.Size()}
	if u.FilesName == "" {
		return brought, table.Close, nil
	}
	files, err := open(uploadZip(u))
	if err != nil {
		return Upload{}, nil, errors.Join(err, table.Close())
	}
	brought.Files, brought.FilesSize = files, files.Size()
	return brought, func() error { return errors.Join(table.Close(), files.Close()) }, nil
}

// DropUpload gives up an upload. Its problem is UploadGone.
func (s *Service) DropUpload(ctx context.Context, a Actor, id string) error {
	u, err := s.Upload(ctx, a, id)
	if err != nil {
		return err
	}
	return s.dropUpload(ctx, u)
}

func (s *Service) dropUpload(ctx context.Context, u store.Upload) error {
	if err := errors.Join(s.uploads.remove(ctx, uploadTable(u)), s.uploads.remove(ctx, uploadZip(u))); err != nil {
		return err
	}
	return s.db.ForgetUpload(ctx, u.Org, u.ID)
}

// sweepUploads drops the uploads that expire before a time, and files that nobody
// knows of any more.
func (s *Service) sweepUploads(ctx context.Context, a Actor, before int64) error {
	expired, err := s.db.UploadsBefore(ctx, a.Org.ID, before)
	if err != nil {
		return err
	}
	for _, u := range expired {
		if err := s.dropUpload(ctx, u); err != nil {
			return err
		}
	}
	return s.uploads.sweepAll(ctx, s.now().Add(-abandoned))
}
