package member

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
)

// SniffLength is how many bytes of a file tell its type, at most.
const SniffLength = 512

// What SniffFile says beside media types.
const (
	programFile = "program"         // for a machine to run
	oleFile     = "ole"             // the container of old Office files
	plainFile   = "text/plain"      // without markup
	unknownFile = "unknown"         // anything else
	zipFile     = "application/zip" // the container of new Office files, too
)

// magic are the beginnings that net/http does not know (it knows what browsers
// show). Sources: the formats' own papers; for programs PE, ELF, Mach-O, Java
// class files and the #! of scripts.
var magic = []struct{ begins, is string }{
	{"MZ", programFile}, {"\x7fELF", programFile}, {"#!", programFile},
	{"\xfe\xed\xfa\xce", programFile}, {"\xfe\xed\xfa\xcf", programFile}, {"\xce\xfa\xed\xfe", programFile}, {"\xcf\xfa\xed\xfe", programFile},
	{"\xca\xfe\xba\xbe", programFile}, {"L\x00\x00\x00\x01\x14\x02\x00", programFile},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", oleFile},
	{"II*\x00", "image/tiff"}, {"MM\x00*", "image/tiff"}, {"{\\rtf", "application/rtf"}, {"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"},
	{"PK\x05\x06", zipFile}, {"fLaC", "audio/flac"}, {"\xff\xfb", "audio/mpeg"}, {"\xff\xf3", "audio/mpeg"}, {"\xff\xf2", "audio/mpeg"},
}

// SniffFile returns what kind of file begins with head, of which only the first
// SniffLength bytes count: a media type without parameters, or "program", "ole"
// or "unknown".
func SniffFile(head []byte) string {
	head = head[:min(len(head), SniffLength)]
	for _, m := range magic {
		if bytes.HasPrefix(head, []byte(m.begins)) && (m.begins != "MZ" || bytes.IndexByte(head, 0) > 0) { // a text may begin so
			return m.is
		}
	}
	if len(head) >= 12 && string(head[4:8]) == "ftyp" { // ISO base media: the brand says which
		return brand(string(head[8:12]))
	}
	kind, _, _ := strings.Cut(http.DetectContentType(head), ";")
	switch kind {
	case "application/octet-stream":
		return unknownFile
	case plainFile:
		if looksLikeMarkup(head) {
			return "text/html"
		}
	case "text/xml":
		if bytes.Contains(bytes.ToLower(head), []byte("<svg")) || bytes.Contains(bytes.ToLower(head), []byte("<html")) {
			return "text/html"
		}
	}
	return kind
}

func brand(b string) string {
	switch {
	case slices.Contains([]string{"heic", "heix", "heim", "heis", "mif1", "msf1", "hevc"}, b):
		return "image/heic"
	case b == "avif" || b == "avis":
		return "image/avif"
	case b == "qt  ":
		return "video/quicktime"
	case b == "M4A " || b == "M4B ":
		return "audio/mp4"
	}
	return "video/mp4"
}

// looksLikeMarkup finds what a browser would run although the text does not
// begin like a page.
func looksLikeMarkup(head []byte) bool {
	low := bytes.ToLower(head)
	for _, tag := range []string{"<script", "<html", "<svg", "<iframe", "<!doctype html", "<body"} {
		if bytes.Contains(low, []byte(tag)) {
			return true
		}
	}
	return false
}

// contents are what the files of an extension may hold. An extension that is
// not here may hold anything but programs and web pages.
var contents = map[string][]string{
	"png": {"image/png"}, "jpg": {"image/jpeg"}, "jpeg": {"image/jpeg"}, "gif": {"image/gif"}, "webp": {"image/webp"},
	"bmp": {"image/bmp"}, "ico": {"image/x-icon"}, "tif": {"image/tiff"}, "tiff": {"image/tiff"}, "heic": {"image/heic"}, "heif": {"image/heic"},
	"avif": {"image/avif"}, "pdf": {"application/pdf"}, "ps": {"application/postscript"}, "rtf": {"application/rtf"},
	"zip": {zipFile}, "docx": {zipFile}, "xlsx": {zipFile}, "pptx": {zipFile}, "odt": {zipFile}, "ods": {zipFile}, "odp": {zipFile}, "epub": {zipFile},
	"doc": {oleFile}, "xls": {oleFile}, "ppt": {oleFile}, "msg": {oleFile},
	"gz": {"application/x-gzip"}, "7z": {"application/x-7z-compressed"}, "rar": {"application/x-rar-compressed"},
	"mp3": {"audio/mpeg"}, "wav": {"audio/wave"}, "ogg": {"application/ogg"}, "flac": {"audio/flac"}, "m4a": {"audio/mp4", "video/mp4"},
	"mp4": {"video/mp4"}, "mov": {"video/quicktime"}, "webm": {"video/webm"}, "avi": {"video/avi"},
	"txt": {plainFile}, "csv": {plainFile}, "tsv": {plainFile}, "md": {plainFile}, "json": {plainFile}, "ics": {plainFile}, "vcf": {plainFile},
	"xml": {"text/xml", plainFile},
}

// fits reports whether a file of the extension may hold what was sniffed.
func fits(ext, sniffed string) bool {
	if known, ok := contents[ext]; ok {
		return slices.Contains(known, sniffed)
	}
	return sniffed != programFile && sniffed != "text/html"
}

// dangerous are the extensions that no field takes: what they name runs, on a
// desk or in a browser, when somebody opens it.
var dangerous = words(`ade adp apk app application appref-ms bat chm cmd com command cpl dll dmg exe gadget hta htm html inf ins iso
	jar js jse lnk mht mhtml msc msi msp mst nsh pif ps1 psm1 reg scf scr sct sh shtml svg svgz sys url vb vbe vbs vhd vhdx wsc wsf
	wsh xht xhtml xll`)

func words(text string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		set[word] = true
	}
	return set
}
