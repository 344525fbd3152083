package sheet

import (
	"io"
	"strings"

	"meibo/internal/problem"
)

func sniff(r io.ReaderAt, size int64, head []byte, o Options) error {
	if o.Format == "xlsx" || strings.HasPrefix(string(head), "PK\x03\x04") {
		return problem.New(problem.WorkbookUnsupported)
	}
	return nil
}
