package admin

import (
	"context"
	"errors"
	"io"
	"iter"
	"path"
	"time"
)

// blobs keeps the bytes of file fields by key, sealed at rest (SPEC G3). It does
// not know whose they are; package store does. A key is one that rand.Text makes.
type blobs interface {
	// put keeps what write writes. It appears when it is whole, or not at all.
	put(ctx context.Context, key string, write func(w io.Writer) error) error
	// open opens what is kept; the caller closes it. The error is os.ErrNotExist if
	// there is nothing, and the problem FileDamaged if it is not as it was put.
	open(ctx context.Context, key string) (blob, error)
	// remove forgets what is kept. That there is nothing is no error.
	remove(ctx context.Context, key string) error
	// list yields all keys, ascending. An error is yielded last.
	list(ctx context.Context) iter.Seq2[string, error]
}

// A blob is what is kept under a key, open for reading.
type blob interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// keptBlobs keeps blobs as kept files, in a thousand folders by the first two
// characters of their keys: a folder of a million files is slow on many systems.
type keptBlobs struct {
	in  storage
	key []byte
	now func() time.Time
}

// shard is the folder of a key. That keys are plain names, keptFiles insists on.
func (b keptBlobs) shard(key string) keptFiles {
	return keptFiles{in: b.in, folder: within(membersFolder, key[:min(2, len(key))]), key: b.key}
}

func (b keptBlobs) put(ctx context.Context, key string, write func(w io.Writer) error) error {
	return b.shard(key).keep(ctx, key, write)
}

func (b keptBlobs) open(ctx context.Context, key string) (blob, error) {
	f, err := b.shard(key).open(ctx, key)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// remove also takes what a crash left of writing into the same folder.
func (b keptBlobs) remove(ctx context.Context, key string) error {
	shard := b.shard(key)
	return errors.Join(shard.remove(ctx, key), shard.sweep(ctx, b.now().Add(-abandoned)))
}

func (b keptBlobs) list(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for f, err := range b.in.walk(ctx, membersFolder) {
			if !yield(path.Base(f.path), wrap("list files of members", err)) || err != nil {
				return
			}
		}
	}
}

// membersFolder is where the files of fields lie in the storage.
const membersFolder = "members"
