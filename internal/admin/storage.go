package admin

import (
	"context"
	"io"
	"iter"
	"path"
	"strings"
	"time"

	"meibo/internal/problem"
)

// A storage is where sealed files lie: a folder, or a bucket of any S3-compatible
// storage. It knows nothing of what is in them, and both have the same layout, so
// that one can be copied into the other. A path is of plain elements (see
// [plainElement]) with slashes between them.
type storage interface {
	// put stores what write writes, in place of what was there. It appears when it
	// is whole and safe; after an error, of write or of ctx, there is what was there
	// before.
	put(ctx context.Context, path string, write func(w io.Writer) error) error
	// open opens what is stored; the caller closes it, and reads no longer than ctx
	// lasts. The error is os.ErrNotExist if there is nothing.
	open(ctx context.Context, path string) (blob, error)
	// remove deletes what is stored. That there is nothing is no error.
	remove(ctx context.Context, path string) error
	// walk yields what lies in a folder and the folders in it, by path, ascending;
	// "" is all. An error is yielded last.
	walk(ctx context.Context, folder string) iter.Seq2[stored, error]
	// tidy removes what a crash left of writing right into a folder, if nothing was
	// written to it since the given time.
	tidy(ctx context.Context, folder string, since time.Time) error
	// ready reports what keeps files from being stored and read.
	ready(ctx context.Context) error
}

// A stored is what a walk comes upon.
type stored struct {
	path string
	at   time.Time // when it was last written to
}

// plainPath reports whether a storage may have something under a path.
func plainPath(p string) bool {
	for element := range strings.SplitSeq(p, "/") {
		if !plainElement(element) {
			return false
		}
	}
	return true
}

// openStorage returns the storage that a setting names: a folder, or a bucket by
// its URL, s3://bucket/prefix?endpoint=…&region=…. Nothing is asked of the bucket
// yet. Its problem is FilesPlaceInvalid.
func openStorage(ctx context.Context, place string) (storage, error) {
	if !isBucket(place) {
		if scheme, _, ok := strings.Cut(place, "://"); ok {
			return nil, placeInvalid("scheme", scheme)
		}
		return folder{place}, nil
	}
	u, err := parseBucket(place)
	if err != nil {
		return nil, err
	}
	return openBucket(ctx, u)
}

func placeInvalid(what, value string) error {
	return problem.New(problem.FilesPlaceInvalid, "what", what, "value", value, "known", strings.Join(bucketParameters, "\n"))
}

// ShowFiles is the place of files as it may be shown: a URL without what it must
// not hold, keys for example.
func ShowFiles(place string) string {
	if !isBucket(place) {
		return place
	}
	u, err := parseBucket(place)
	if err != nil {
		return "s3://…"
	}
	return u.String()
}

// IsFolder reports whether files lie in a folder of this machine.
func IsFolder(place string) bool { return !isBucket(place) }

// within is the path of a name in a folder of a storage; "" is its root.
func within(folder, name string) string { return path.Join(folder, name) }

// expire deletes everything in a folder that was not written to since the given
// time.
func expire(ctx context.Context, s storage, folder string, since time.Time) error {
	var old []string
	for f, err := range s.walk(ctx, folder) {
		if err != nil {
			return err
		}
		if f.at.Before(since) {
			old = append(old, f.path)
		}
	}
	for _, path := range old {
		if err := s.remove(ctx, path); err != nil {
			return err
		}
	}
	return s.tidy(ctx, folder, since)
}
