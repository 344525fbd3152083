package problem

// Every code, one line each, with the values that its sentence may use. Never
// renamed, never reused. Each has a sentence in every language
// (internal/locale/catalog), and a test that says so.

// Files: reading them (package sheet).
const (
	FileEmpty           Code = "file-empty"            // no bytes, or nothing but blank lines
	FileUnsupported     Code = "file-unsupported"      // not a spreadsheet that can be read; values: what (xls, xlsb, ods, pdf, image, zip, encrypted, html, binary)
	FileTooLarge        Code = "file-too-large"        // more bytes than the limit; values: limit
	FileRowsTooMany     Code = "file-rows-too-many"    // values: limit
	FileColumnsTooMany  Code = "file-columns-too-many" // values: limit
	CellTooLong         Code = "cell-too-long"         // values: limit (characters)
	CharsetUnknown      Code = "charset-unknown"       // no charset of that name; values: charset, known
	CharsetInvalid      Code = "charset-invalid"       // bytes that the charset cannot have; values: charset, bytes (hex), offset (0-based byte in the file)
	CharsetUndetected   Code = "charset-undetected"    // no candidate fits every byte
	CharsetCannotHold   Code = "charset-cannot-hold"   // text that the charset of an export cannot hold; values: charset, count, places
	DelimiterUnknown    Code = "delimiter-unknown"     // values: delimiter
	QuoteStray          Code = "quote-stray"           // a quote inside an unquoted cell, or text after a closing quote
	QuoteUnclosed       Code = "quote-unclosed"        // the quote opened on this line is never closed
	WorkbookUnsupported Code = "workbook-unsupported"  // an XLSX file, which this version cannot read yet
)
