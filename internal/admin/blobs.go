package admin

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
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

// blobFolder keeps blobs in a folder, in a thousand folders by the first two
// characters of their keys: a folder of a million files is slow on many systems.
type blobFolder struct {
	dir string
	key []byte
	now func() time.Time
}

// shard is the folder of a key. That keys are plain names, keptFiles insists on.
func (b blobFolder) shard(key string) keptFiles {
	return keptFiles{dir: filepath.Join(b.dir, key[:min(2, len(key))]), key: b.key}
}

func (b blobFolder) put(ctx context.Context, key string, write func(w io.Writer) error) error {
	if !plainElement(key) {
		return errKeptName
	}
	return b.shard(key).keep(ctx, key, write)
}

func (b blobFolder) open(_ context.Context, key string) (blob, error) {
	if !plainElement(key) {
		return nil, errKeptName
	}
	f, err := b.shard(key).open(key)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// remove also takes what a crash left of writing into the same folder.
func (b blobFolder) remove(_ context.Context, key string) error {
	if !plainElement(key) {
		return errKeptName
	}
	shard := b.shard(key)
	return errors.Join(shard.remove(key), shard.sweep(b.now().Add(-abandoned)))
}

func (b blobFolder) list(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		shards, err := os.ReadDir(b.dir) // sorted, as the keys are then
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			yield("", wrap("list files of members", err))
			return
		}
		for _, shard := range shards {
			if err := ctx.Err(); err != nil {
				yield("", err)
				return
			}
			more, err := b.listShard(shard, yield)
			if err != nil {
				yield("", wrap("list files of members", err))
			}
			if err != nil || !more {
				return
			}
		}
	}
}

// listShard yields the keys in one folder; it reports whether more are wanted.
func (b blobFolder) listShard(shard fs.DirEntry, yield func(string, error) bool) (more bool, err error) {
	if !shard.IsDir() {
		return true, nil
	}
	entries, err := os.ReadDir(filepath.Join(b.dir, shard.Name()))
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if e.Type().IsRegular() && plainElement(e.Name()) && !yield(e.Name(), nil) {
			return false, nil
		}
	}
	return true, nil
}

// memberFolder is where the files of fields lie, in the folder of kept files.
func memberFolder(files string) string { return filepath.Join(files, "members") }
