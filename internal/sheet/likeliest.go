package sheet

import (
	"bytes"
	"strings"
	"unicode"
)

// candidates are tried in this order; of equal ones the first is taken. Where a
// text is the same bytes in two (hiragana in EUC-JP and GB18030), it is Japanese.
var candidates = []struct {
	charset string
	weigh   func(c char) int
}{
	{shiftJISName, weighShiftJIS},
	{eucJPName, weighEUCJP},
	{gb18030Name, weighGB18030},
	{big5Name, weighBig5},
	{eucKRName, weighEUCKR},
	{cp1252Name, weigh1252},
}

// A char is a decoded character that is not ASCII, with what stands beside it.
type char struct {
	r          rune
	first      byte // its first byte
	size       int
	prev, next rune // 0 at the beginning and end of a line
	trail      byte // its last byte
}

// What a character says for its charset, in points for each. Two bytes read
// wrongly give a usual character once in ten times or less, so that one wrong
// reading in a row of names costs more than luck brings.
const (
	usual   = 16 // in names, addresses and headers of that language
	kana    = 12
	mark    = 6 // punctuation and full-width letters
	basic   = 3 // in the first level of the national standard
	rare    = -5
	odd     = -10
	private = -32
	damage  = -60
	heading = 200 // the header of a known column
)

// likeliest returns the candidate that lines read best in; empty if none fits.
func likeliest(lines []byte, headers [][]byte, isKnown func(string) bool) string {
	best, most := "", 0
	for _, c := range candidates {
		points, chars, bad := weighLines(tables[c.charset](), lines, c.weigh)
		points += heading * countKnown(decoderOf(c.charset), headers, isKnown)
		if fits(c.charset, points, chars, bad) && (best == "" || points > most) {
			best, most = c.charset, points
		}
	}
	return best
}

// fits reports whether a reading can be the right one. With damage in it, it must
// read well otherwise. windows-1252 has no damage to speak of, and must read like
// words: it reads any other 8-bit charset too, but badly.
func fits(charset string, points, chars, bad int) bool {
	switch {
	case charset == cp1252Name:
		return bad == 0 && points > 0
	case bad > 0:
		return points > mark*chars
	}
	return points > odd*chars
}

// countKnown counts the known headers that are not plain ASCII.
func countKnown(d decoder, headers [][]byte, isKnown func(string) bool) int {
	n := 0
	for _, h := range headers {
		if isKnown == nil || isASCII(h) {
			continue
		}
		if text, bad, _ := d.decode(nil, h); bad < 0 && isKnown(trim(string(text))) {
			n++
		}
	}
	return n
}

// weighLines decodes lines, and adds up what their characters say. Damage at the
// end of a sample that was cut within a line does not count.
func weighLines(t *table, lines []byte, weigh func(char) int) (points, chars, bad int) {
	prev := rune(0)
	cut := len(lines) >= sampleSize && !bytes.ContainsAny(lines[len(lines)-1:], "\r\n")
	for i := 0; i < len(lines); {
		r, n := t.next(lines[i:])
		switch {
		case r == none && cut && len(lines)-i < 4:
			return points, chars, bad
		case r == none:
			points += damage
			bad++
			chars++
			i++ // only the first byte is surely lost
			prev = 0
			continue
		case r >= bigTwo:
			r = '?'
			points += odd
		case r >= 0x80:
			chars++
			c := char{r: r, first: lines[i], size: n, prev: prev, trail: lines[i+n-1]}
			if i+n < len(lines) {
				c.next, _ = t.next(lines[i+n:])
			}
			points += weigh(c) + weighLatin(c)
		}
		prev = r
		i += n
	}
	return points, chars, bad
}

// weighLatin marks down characters that swallow a letter out of a Latin word.
func weighLatin(c char) int {
	switch trail := rune(c.trail); {
	case c.size == 1 || !isLetter(trail):
		return 0
	case isLetter(c.prev) && isLetter(c.next):
		return 3 * odd
	case isLower(trail) && (isLower(c.prev) || isLower(c.next)):
		return odd
	}
	return 0
}

func isLower(r rune) bool { return 'a' <= r && r <= 'z' }

func isLetter(r rune) bool { return isLower(r) || 'A' <= r && r <= 'Z' }

// weighJapanese weighs what Shift_JIS and EUC-JP have in common; ok is whether r
// is one of it.
func weighJapanese(r rune) (points int, ok bool) {
	switch {
	case usualJapanese[r]:
		return usual, true
	case 0x3041 <= r && r <= 0x3096, 0x30a1 <= r && r <= 0x30fc && r != '・':
		return kana, true
	case strings.ContainsRune("　、。・「」（）〒々〇～－−①②③㈱", r), 0xff01 <= r && r <= 0xff5e:
		return mark, true
	case isPrivate(r):
		return private, true
	}
	return 0, false
}

func isPrivate(r rune) bool { return 0xe000 <= r && r <= 0xf8ff || r >= 0xf0000 }

func weighShiftJIS(c char) int {
	if points, ok := weighJapanese(c.r); ok {
		return points
	}
	switch {
	case isHalfKana(c.r):
		return weighHalfKana(c)
	case 0x88 <= c.first && c.first <= 0x97:
		return basic
	case 0x98 <= c.first && c.first <= 0xea:
		return rare
	}
	return odd
}

func isHalfKana(r rune) bool { return 0xff61 <= r && r <= 0xff9f }

// weighHalfKana counts one byte, not two. Half-width katakana stand in runs; a
// sound mark follows what can have one; small kana and the long vowel mark do not begin.
func weighHalfKana(c char) int {
	alone := !isHalfKana(c.prev) && !isHalfKana(c.next)
	switch {
	case c.r == 'ﾞ' && (c.prev == 'ｳ' || 'ｶ' <= c.prev && c.prev <= 'ﾄ' || 'ﾊ' <= c.prev && c.prev <= 'ﾎ'):
		return 2 * basic
	case c.r == 'ﾟ' && 'ﾊ' <= c.prev && c.prev <= 'ﾎ':
		return 2 * basic
	case c.r == 'ﾞ' || c.r == 'ﾟ' || alone || isLetter(c.prev) || isLetter(c.next):
		return rare
	case 'ｧ' <= c.r && c.r <= 'ｰ' && !isHalfKana(c.prev), c.r == 'ｦ':
		return rare
	case unicode.Is(unicode.Han, c.prev) || unicode.Is(unicode.Han, c.next):
		return rare / 2
	case c.r <= 'ｦ':
		return 0
	}
	return 2
}

func weighEUCJP(c char) int {
	if points, ok := weighJapanese(c.r); ok {
		return points
	}
	switch {
	case isHalfKana(c.r):
		return 1
	case c.size == 2 && 0xb0 <= c.first && c.first <= 0xcf:
		return basic
	case c.size == 2 && 0xd0 <= c.first && c.first <= 0xf4:
		return rare
	}
	return odd
}

// isFullKana is asked where a charset has kana only for the sake of others.
func isFullKana(r rune) bool { return 0x3041 <= r && r <= 0x30ff }

func isChineseMark(r rune) bool {
	return strings.ContainsRune("，。、（）：；！？《》“”　", r) || 0xff01 <= r && r <= 0xff5e
}

func weighGB18030(c char) int {
	switch {
	case usualSimplified[c.r]:
		return usual
	case isChineseMark(c.r):
		return mark
	case isPrivate(c.r):
		return private
	case isFullKana(c.r):
		return -1
	case c.size == 2 && 0xb0 <= c.first && c.first <= 0xd7 && c.trail >= 0xa1:
		return basic
	case c.size == 2 && 0xd8 <= c.first && c.first <= 0xf7 && c.trail >= 0xa1:
		return rare
	}
	return odd
}

func weighBig5(c char) int {
	switch {
	case usualTraditional[c.r]:
		return usual
	case isChineseMark(c.r):
		return mark
	case isFullKana(c.r):
		return -1
	case 0xa4 <= c.first && c.first <= 0xc6 && unicode.Is(unicode.Han, c.r):
		return basic
	case 0xc9 <= c.first && c.first <= 0xf9:
		return rare
	}
	return odd
}

func weighEUCKR(c char) int {
	switch {
	case usualKorean[c.r]:
		return usual
	case 0xff01 <= c.r && c.r <= 0xff5e:
		return mark / 2
	case unicode.Is(unicode.Hangul, c.r) && 0xb0 <= c.first && c.first <= 0xc8 && c.trail >= 0xa1:
		return basic
	case unicode.Is(unicode.Han, c.r):
		return rare
	}
	return odd
}

func weigh1252(c char) int {
	switch {
	case !unicode.IsLetter(c.r) && strings.ContainsRune("’‘“”–—…€°·«»¿¡£§©®\u00a0", c.r):
		return basic
	case !unicode.IsLetter(c.r) || c.r == 'ª' || c.r == 'º' || c.r == 'µ' || c.r == 'ƒ':
		return odd
	case c.prev >= 0x80 && unicode.IsLetter(c.prev):
		return rare
	case isLower(c.prev) && unicode.IsUpper(c.r):
		return rare
	case isLetter(c.prev) || isLetter(c.next):
		return kana
	}
	return 1 // a word of one letter
}
