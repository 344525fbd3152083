package workbook

// maxColumns is how many columns a worksheet has: A to XFD.
const maxColumns = 1 << 14

// Letters names column i, from 0, as in A, Z, AA, XFD; empty below 0.
func Letters(i int) string {
	var name [8]byte
	at := len(name)
	for ; i >= 0 && at > 0; i = i/26 - 1 {
		at--
		name[at] = 'A' + byte(i%26)
	}
	return string(name[at:])
}

// Index is the inverse of [Letters], in capitals only; -1 for what names no
// column of a worksheet.
func Index(letters string) int {
	i := 0
	for _, c := range []byte(letters) {
		if c < 'A' || 'Z' < c || i > maxColumns {
			return -1
		}
		i = i*26 + int(c-'A') + 1
	}
	if i > maxColumns {
		return -1
	}
	return i - 1
}
