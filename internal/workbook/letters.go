package workbook

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
