package workbook

import (
	"strconv"

	"meibo/internal/problem"
)

// Limits are the most that a workbook may hold (SPEC F11). A field that is zero
// is no limit. What goes beyond is a problem of kind TooLarge, never cut.
type Limits struct {
	Entries  int   // files in the archive
	Inflated int64 // bytes of all parts that are read, unpacked
	Ratio    int64 // unpacked bytes of one part for each packed one, beyond the first 10 MB
	Depth    int   // of XML elements in each other
}

// DefaultLimits are the limits of SPEC F11.
func DefaultLimits() Limits {
	return Limits{Entries: 10_000, Inflated: 2 << 30, Ratio: 200, Depth: 64}
}

// What else is bounded, whatever the limits say: it is kept in memory, and no
// program writes as much.
const (
	// maxDirectory is how many bytes of names and sizes an archive may have:
	// 10,000 entries with names of 400 bytes.
	maxDirectory = 4 << 20

	// ratioSlack is how far a part may unpack before its ratio counts. A sheet
	// of blank styled rows packs a thousand to one while it is small.
	ratioSlack = 10 << 20

	// maxToken is the longest tag, text or comment, in bytes: a cell of 32,767
	// characters, each written as _xHHHH_ or as an entity, is a tenth of it.
	maxToken = 4 << 20

	// maxAttributes is how many attributes, namespaces among them, a tag may
	// have. Excel declares some thirty namespaces.
	maxAttributes = 1000
)

// Reasons of WorkbookDamaged.
const (
	reasonZip         = "zip"           // no archive, or one that is cut off
	reasonTwice       = "twice"         // an entry twice, or two that share bytes
	reasonPart        = "part"          // packed data that cannot be unpacked, or of another size or sum
	reasonMissing     = "missing"       // a part that another one names, or that every workbook has
	reasonXML         = "xml"           // not well-formed, or not the elements that must be there
	reasonDoctype     = "doctype"       // a document type definition
	reasonEncoding    = "encoding"      // neither UTF-8 nor UTF-16, or not what it says it is
	reasonOrder       = "order"         // a row or cell twice, or before one that stands to its left or above
	reasonReference   = "reference"     // a cell or row outside of what a sheet can have, or another row's
	reasonSharedIndex = "shared-string" // a text that the table of shared strings does not have
	reasonValue       = "value"         // a cell that is not what its type says
)

func damaged(reason, part string) problem.Problem {
	return problem.New(problem.WorkbookDamaged, "reason", reason, "part", part)
}

func tooMuch(what string, limit int64) problem.Problem {
	return problem.Of(problem.TooLarge, problem.WorkbookLimit, "what", what, "limit", strconv.FormatInt(limit, 10))
}

func unsupported(what string) problem.Problem {
	return problem.New(problem.FileUnsupported, "what", what)
}
