package workbook

import (
	"archive/zip"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"

	"meibo/internal/problem"
)

// A container is the archive that a workbook is: parts by their names (Open
// Packaging Conventions, ECMA-376 part 2). Only the central directory counts;
// nothing is read that it does not name.
//
// It is not safe for concurrent use.
type container struct {
	zip    *zip.Reader
	src    *source
	limits Limits

	parts    map[string]*zip.File // by normalised name
	inflated map[*zip.File]int64  // the most that was read of each part
	total    int64                // sum of inflated
}

// openContainer reads the central directory of the archive of the given size.
// What is wrong with it is a [problem.Problem]: FileEmpty, FileUnsupported (an
// encrypted archive, or no archive at all), WorkbookDamaged or WorkbookLimit.
// Other errors are those of r.
func openContainer(r io.ReaderAt, size int64, l Limits) (*container, error) {
	if size <= 0 {
		return nil, problem.New(problem.FileEmpty)
	}
	src := &source{r: io.NewSectionReader(r, 0, size), left: maxDirectory + 2*endSize}
	if err := isZip(src); err != nil {
		return nil, err
	}
	if err := countEntries(src, size, l.Entries); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(src, size)
	if err != nil {
		return nil, src.blame(err, damaged(reasonZip, ""))
	}
	src.left = -1
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser { return flate.NewReader(r) })
	c := &container{zip: z, src: src, limits: l, inflated: map[*zip.File]int64{}}
	if err := c.index(); err != nil {
		return nil, err
	}
	return c, c.refuseOverlaps()
}

// isZip refuses files that do not begin as an archive does.
func isZip(src *source) error {
	var head [4]byte
	n, err := src.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return src.blame(err, damaged(reasonZip, ""))
	}
	switch string(head[:n]) {
	case "PK\x03\x04", "PK\x05\x06":
		return nil
	}
	return unsupported("binary")
}

// endSize is how far before its end an archive's directory may be announced: a
// record of 22 bytes and a comment of 64 KB.
const endSize = 66 << 10

// countEntries refuses an archive that announces more entries than limit, before
// package zip makes room for as many.
func countEntries(src *source, size int64, limit int) error {
	end := make([]byte, min(size, endSize))
	if _, err := src.ReadAt(end, size-int64(len(end))); err != nil && !errors.Is(err, io.EOF) {
		return src.blame(err, damaged(reasonZip, ""))
	}
	for i := len(end) - 22; i >= 0; i-- {
		if string(end[i:i+4]) != "PK\x05\x06" {
			continue
		}
		n := uint64(binary.LittleEndian.Uint16(end[i+10:]))
		if i >= 20 && string(end[i-20:i-16]) == "PK\x06\x07" { // ZIP64: the true number stands elsewhere
			n = countEntries64(src, int64(binary.LittleEndian.Uint64(end[i-12:])), n)
		}
		if limit > 0 && n > uint64(limit) {
			return tooMuch("entries", int64(limit))
		}
	}
	return nil
}

func countEntries64(src *source, offset int64, otherwise uint64) uint64 {
	var rec [40]byte
	if offset < 0 {
		return otherwise
	}
	if _, err := src.ReadAt(rec[:], offset); err != nil || string(rec[:4]) != "PK\x06\x06" {
		return otherwise // package zip says what is wrong
	}
	return max(otherwise, binary.LittleEndian.Uint64(rec[32:]))
}

// index files the entries under their normalised names.
func (c *container) index() error {
	if max := c.limits.Entries; max > 0 && len(c.zip.File) > max {
		return tooMuch("entries", int64(max))
	}
	c.parts = make(map[string]*zip.File, len(c.zip.File))
	for _, f := range c.zip.File {
		if strings.HasSuffix(f.Name, "/") || strings.HasSuffix(f.Name, `\`) {
			continue // a folder
		}
		const encrypted = 1
		if f.Flags&encrypted != 0 {
			return unsupported("encrypted")
		}
		name := partName(f.Name)
		if c.parts[name] != nil {
			return damaged(reasonTwice, f.Name)
		}
		c.parts[name] = f
	}
	return nil
}

// partName normalises the name of a part: programs write backslashes, leading
// slashes and capitals of their own, and names are compared without case (OPC,
// part names).
func partName(name string) string {
	name = strings.ReplaceAll(name, `\`, "/")
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+name), "/"))
}

// refuseOverlaps refuses entries whose packed bytes are those of other entries
// too: with them a small archive is large however small its ratio (Fifield, "A
// better zip bomb", 2019).
func (c *container) refuseOverlaps() error {
	type extent struct {
		begin, end int64
		name       string
	}
	extents := make([]extent, 0, len(c.parts))
	for _, f := range c.parts {
		begin, err := f.DataOffset()
		if err != nil {
			return c.src.blame(err, damaged(reasonZip, f.Name))
		}
		end := begin + int64(f.CompressedSize64)
		if end < begin {
			return damaged(reasonZip, f.Name)
		}
		extents = append(extents, extent{begin, end, f.Name})
	}
	slices.SortFunc(extents, func(a, b extent) int { return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end)) })
	for i := 1; i < len(extents); i++ {
		if extents[i].begin < extents[i-1].end {
			return damaged(reasonTwice, extents[i].name)
		}
	}
	return nil
}

// find returns the entry of a part by its name, in whatever writing; nil if
// there is none.
func (c *container) find(name string) *zip.File {
	return c.parts[partName(name)]
}

// open begins to read a part. A part that is missing is WorkbookDamaged.
func (c *container) open(name string) (*partReader, error) {
	f := c.find(name)
	if f == nil {
		return nil, damaged(reasonMissing, name)
	}
	r, err := f.Open()
	if err != nil {
		return nil, c.src.blame(err, damaged(reasonPart, f.Name))
	}
	return &partReader{c: c, f: f, r: r, begin: c.src.taken}, nil
}

// A partReader unpacks one part and counts what comes out. It returns io.EOF
// only when size and sum of the part are what the directory says; everything
// else is a problem or an error of the source.
type partReader struct {
	c     *container
	f     *zip.File
	r     io.ReadCloser
	begin int64 // c.src.taken when it was opened
	n     int64 // bytes that came out
	max   int64 // of them; 0 is no limit of its own
	err   error
}

func (p *partReader) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.r.Read(b)
	p.n += int64(n)
	if p.err = p.count(); p.err != nil {
		return 0, p.err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = p.c.src.blame(err, damaged(reasonPart, p.f.Name))
	}
	p.err = err
	return n, err
}

func (p *partReader) count() error {
	c := p.c
	if before := c.inflated[p.f]; p.n > before {
		c.inflated[p.f] = p.n
		c.total += p.n - before
	}
	if p.max > 0 && p.n > p.max {
		return tooMuch("text", p.max)
	}
	if max := c.limits.Inflated; max > 0 && c.total > max {
		return tooMuch("inflated", max)
	}
	if max := c.limits.Ratio; max > 0 && p.n > ratioSlack && (p.n-ratioSlack)/max > int64(p.f.CompressedSize64) {
		return tooMuch("ratio", max)
	}
	return nil
}

// done returns how much of the part was read, between 0 and 1.
func (p *partReader) done() float64 {
	if p.f.CompressedSize64 == 0 {
		return 1
	}
	return min(1, float64(p.c.src.taken-p.begin)/float64(p.f.CompressedSize64))
}

func (p *partReader) Close() error { return p.r.Close() }

// A source is the file of the workbook. It remembers its own errors, so that
// they are not taken for damage, and counts what is read.
type source struct {
	r     io.ReaderAt
	left  int64 // bytes that may still be read; -1 is no limit
	taken int64 // bytes that were read
	err   error // the first that is not io.EOF
	full  bool  // left did not suffice
}

func (s *source) ReadAt(b []byte, off int64) (int, error) {
	if s.left >= 0 {
		if int64(len(b)) > s.left {
			s.full = true
			return 0, io.ErrShortBuffer
		}
		s.left -= int64(len(b))
	}
	n, err := s.r.ReadAt(b, off)
	s.taken += int64(n)
	if err != nil && !errors.Is(err, io.EOF) && s.err == nil {
		s.err = err
	}
	return n, err
}

// blame returns what err, which reading brought, is: the source's own error, a
// limit, or else p.
func (s *source) blame(err error, p problem.Problem) error {
	switch {
	case s.err != nil:
		return fmt.Errorf("read workbook: %w", s.err)
	case s.full:
		return tooMuch("directory", maxDirectory)
	}
	if q := (problem.Problem{}); errors.As(err, &q) {
		return q
	}
	return p
}
