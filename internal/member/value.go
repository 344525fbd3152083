package member

import "strings"

// Trim takes leading and trailing white space off (SPEC F7).
func Trim(s string) string { return strings.TrimSpace(s) }
