package admin

import (
	"context"
	"errors"
	"io"

	cloud "gocloud.dev/blob"
)

// firstRead is how much comes with opening a file: header and first chunk, which
// is all of most.
const firstRead = int64(keptHeader + keptSealed)

// A bucketFile is a file in a bucket, open for reading. What is read in order comes
// in one answer, from its beginning to the end of the file; anything else is asked
// for by itself. It is not safe for concurrent use.
type bucketFile struct {
	ctx  context.Context // io.ReaderAt has none: of who opened it
	b    *bucket
	path string
	size int64
	head []byte // the first bytes

	last   int64         // where the last reading ended
	stream *cloud.Reader // gives the byte at last next; nil if nothing was read in order yet
}

// Size returns how many bytes the file has.
func (f *bucketFile) Size() int64 { return f.size }

// ReadAt implements [io.ReaderAt].
func (f *bucketFile) ReadAt(p []byte, off int64) (n int, err error) {
	if off >= f.size {
		return 0, io.EOF
	}
	if end := off + int64(len(p)); end <= int64(len(f.head)) {
		f.jump(end)
		return copy(p, f.head[off:end]), nil
	}
	want := p[:min(int64(len(p)), f.size-off)]
	// An answer that breaks off, for example because nobody read on for long, is
	// asked for once more.
	for range 2 {
		if n, err = f.read(want, off); err == nil {
			break
		}
		f.jump(-1)
		f.last = off // as a stream
	}
	switch {
	case err != nil:
		return 0, f.b.trouble(f.ctx, err)
	case n < len(p):
		return n, io.EOF
	}
	return n, nil
}

// read fills p, all of which is in the file.
func (f *bucketFile) read(p []byte, off int64) (int, error) {
	if off == f.last && f.stream == nil {
		s, err := f.b.all.NewRangeReader(f.ctx, f.path, off, -1, nil)
		if err != nil {
			return 0, err
		}
		f.stream = s
	}
	if off == f.last {
		n, err := io.ReadFull(f.stream, p)
		f.last += int64(n)
		return n, err
	}
	f.jump(off + int64(len(p)))
	r, err := f.b.all.NewRangeReader(f.ctx, f.path, off, int64(len(p)), nil)
	if err != nil {
		return 0, err
	}
	n, err := io.ReadFull(r, p)
	return n, errors.Join(err, r.Close())
}

// jump goes on elsewhere.
func (f *bucketFile) jump(to int64) {
	if f.stream != nil && f.last != to {
		_ = f.stream.Close() // what was read was whole
		f.stream = nil
	}
	f.last = to
}

// Close implements [io.Closer].
func (f *bucketFile) Close() error {
	if f.stream == nil {
		return nil
	}
	return f.stream.Close()
}
