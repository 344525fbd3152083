package admin

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/unicode/norm"

	"meibo/internal/problem"
)

// fileLimits are the most that a zip of files may hold (SPEC F11).
type fileLimits struct {
	bytes    int64 // of the zip
	entries  int64
	inflated int64 // bytes of all entries, unpacked
	file     int64 // bytes of one file in a field
}

const (
	// zipRatio is how many times its packed size an entry may unpack to (SPEC F11).
	zipRatio = 200
	// zipSlack is how far an entry may unpack before its ratio counts.
	zipSlack = 10 << 20
	// zipNames is how many bytes of the directory an entry may take on average.
	zipNames = 400
)

// A fileZip is a zip of files as somebody brings it: nothing of it is written
// anywhere under a name of its own. It is not safe for concurrent use.
type fileZip struct {
	entries map[string]*zip.File // by path, in Unicode's form C
	root    string               // the one folder that everything is in, with its slash; empty if there is none
	limits  fileLimits
}

// openFileZip reads the directory of a zip and refuses it as a whole if one of
// its entries is not what a folder of files would have. Its problems are
// FilesNotZip, FilesTooMuch and FilesEntryRefused.
func openFileZip(r io.ReaderAt, size int64, limits fileLimits) (*fileZip, error) {
	if size > limits.bytes {
		return nil, tooMuch("bytes", limits.bytes)
	}
	// The directory is read into memory, whatever it says of its length.
	src := &boundedReader{r: r, left: limits.entries*zipNames + 1<<20}
	z, err := zip.NewReader(src, size)
	switch {
	case src.left < 0:
		return nil, tooMuch("entries", limits.entries)
	case src.err != nil:
		return nil, wrap("read zip", src.err)
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return nil, problem.New(problem.FilesNotZip)
	case int64(len(z.File)) > limits.entries:
		return nil, tooMuch("entries", limits.entries)
	}
	src.unbounded = true
	f := &fileZip{entries: make(map[string]*zip.File, len(z.File)), limits: limits}
	total := uint64(0)
	for _, e := range z.File {
		if total += e.UncompressedSize64; total > uint64(limits.inflated) || e.UncompressedSize64 > uint64(limits.inflated) {
			return nil, tooMuch("inflated", limits.inflated)
		}
		if err := f.add(e); err != nil {
			return nil, err
		}
	}
	f.root = f.onlyFolder()
	return f, nil
}

func tooMuch(what string, limit int64) problem.Problem {
	return problem.Of(problem.TooLarge, problem.FilesTooMuch, "what", what, "limit", strconv.FormatInt(limit, 10))
}

// add takes up one entry.
func (z *fileZip) add(e *zip.File) error {
	name, ok := entryName(e)
	refuse := func(reason string) error {
		return problem.New(problem.FilesEntryRefused, "name", strings.ToValidUTF8(name, "\uFFFD"), "reason", reason)
	}
	mode := e.Mode()
	switch {
	case !ok || !isInside(name):
		return refuse("path")
	case mode&fs.ModeType != 0 && mode&fs.ModeType != fs.ModeDir:
		return refuse("link")
	case strings.HasSuffix(name, "/") || mode.IsDir(), isLitter(name):
		return nil
	case e.Flags&1 != 0:
		return refuse("encrypted")
	case e.UncompressedSize64 > zipSlack && e.UncompressedSize64/zipRatio > e.CompressedSize64:
		return refuse("ratio")
	case z.entries[name] != nil:
		return refuse("twice")
	}
	z.entries[name] = e
	return nil
}

// entryName returns the path of an entry in Unicode's form C: macOS writes form
// D. Without the flag for UTF-8, Windows writes Japanese names in CP932.
func entryName(e *zip.File) (string, bool) {
	name := e.Name
	if !utf8.ValidString(name) {
		decoded, err := japanese.ShiftJIS.NewDecoder().String(name)
		if err != nil || strings.ContainsRune(decoded, utf8.RuneError) || !e.NonUTF8 {
			return name, false
		}
		name = decoded
	}
	return norm.NFC.String(name), true
}

// isInside reports whether a path stays in the folder into which it would be
// unpacked, on any system.
func isInside(name string) bool {
	if name == "" || strings.ContainsAny(name, "\\\x00") || name[0] == '/' || len(name) > 1 && name[1] == ':' {
		return false
	}
	plain := strings.TrimSuffix(name, "/")
	return plain == path.Clean(plain) && plain != "." && plain != ".." && !strings.HasPrefix(plain, "../")
}

// isLitter reports whether an entry is one that systems leave in folders.
func isLitter(name string) bool {
	switch path.Base(name) {
	case ".DS_Store", "Thumbs.db", "desktop.ini":
		return true
	}
	return strings.HasPrefix(name, "__MACOSX/")
}

// onlyFolder returns the folder that all entries are in: who packs a folder gets
// its name, too. A folder called by a number is a member's.
func (z *fileZip) onlyFolder() string {
	root := ""
	for name := range z.entries {
		folder, _, ok := strings.Cut(name, "/")
		if _, err := strconv.ParseInt(folder, 10, 64); !ok || err == nil || root != "" && root != folder+"/" {
			return ""
		}
		root = folder + "/"
	}
	return root
}

// find returns the entry that a cell means: in the member's folder, below it in
// one for the field, or at that path from the root. id is 0 for somebody new. path is
// how to name the entry from the root; it is empty if there is none.
func (z *fileZip) find(id int64, field, cell string) (e *zip.File, at string) {
	cell = norm.NFC.String(strings.ReplaceAll(cell, `\`, "/"))
	places := []string{cell}
	if id > 0 {
		folder := strconv.FormatInt(id, 10) + "/"
		places = []string{folder + field + "/" + cell, folder + cell, cell}
	}
	for _, at := range places {
		for _, at := range []string{at, z.root + at} {
			if e := z.entries[at]; e != nil {
				return e, at
			}
		}
	}
	return nil, ""
}

// A boundedReader ends with an error when more is read than it was given for.
type boundedReader struct {
	r         io.ReaderAt
	left      int64
	unbounded bool
	err       error // of r, but for its end
}

var errBound = errors.New("more than may be read")

func (b *boundedReader) ReadAt(p []byte, off int64) (int, error) {
	if b.unbounded {
		return b.r.ReadAt(p, off)
	}
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errBound
	}
	n, err := b.r.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}
