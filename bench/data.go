package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/text/encoding/japanese"
)

// This file makes the data, of characters that CP932 has too: one roster serves
// both charsets. The n-th member is the same on every machine and in
// every run; the keys of neighbours have nothing in common, so that a file in the
// order of n is in random order of keys.

var (
	families = []string{"佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤", "吉田", "山田", "斎藤", "Smith", "Muller", "Garcia", "O'Brien", "van der Berg"}
	romaji   = []string{"sato", "suzuki", "takahashi", "tanaka", "ito", "watanabe", "yamamoto", "nakamura", "kobayashi", "kato", "yoshida", "yamada", "saito", "smith", "mueller", "garcia", "obrien", "vdberg"}
	givens   = []string{"太郎", "花子", "翔", "陽菜", "健一", "美咲", "蓮", "さくら", "Ann", "Jose", "Wei", "Ｋｅｎ"}
	hosts    = []string{"example.co.jp", "example.com", "mail.example.net", "kaisha.example"}
	cities   = []string{"東京都千代田区", "大阪市北区", "名古屋市中区", "札幌市中央区", "福岡市博多区", "横浜市西区"}
)

const groups = 50

// columns are those of the file: three keys and a name's worth, groups, and 12
// more attributes and fields.
const columns = "login_id,email,name,groups,login_allowed,login_until,remarks,display_order,dept,phone,postal,city,joined,points,size,note"

const fieldDefinitions = `[
 {"identifier":"dept","label_en":"Department","label_ja":"部署","type":"text"},
 {"identifier":"phone","label_en":"Phone","label_ja":"電話","type":"text","format":"telephone"},
 {"identifier":"postal","label_en":"Postal code","label_ja":"郵便番号","type":"text","format":"postal_code"},
 {"identifier":"city","label_en":"City","label_ja":"市区町村","type":"text"},
 {"identifier":"joined","label_en":"Joined","label_ja":"入会日","type":"date"},
 {"identifier":"points","label_en":"Points","label_ja":"点数","type":"number"},
 {"identifier":"size","label_en":"Size","label_ja":"サイズ","type":"select","choices":[{"key":"s","label":"小"},{"key":"m","label":"中"},{"key":"l","label":"大"}]},
 {"identifier":"note","label_en":"Note","label_ja":"メモ","type":"textarea"}
]`

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014): one to one, so
// that no two members get the same key.
func mix(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

func loginOf(n int64) string { return "u" + strconv.FormatUint(mix(uint64(n)), 36) }

func emailOf(n int64) string {
	h := mix(uint64(n) + 1<<40)
	return romaji[h%uint64(len(romaji))] + "." + strconv.FormatUint(h, 36) + "@" + hosts[h>>8%uint64(len(hosts))]
}

// row appends the line of the n-th member; changed is a later state of them.
func row(b []byte, n int64, changed bool) []byte {
	h := mix(uint64(n) + 1<<41)
	pick := func(from []string) string { h = mix(h); return from[h%uint64(len(from))] }
	number := func(below uint64) uint64 { h = mix(h); return h % below }
	remark, points := "備考"+strconv.FormatUint(number(1000), 10), number(100_000)
	name := families[mix(uint64(n)+1<<40)%uint64(len(families))] + " " + pick(givens)
	b = fmt.Appendf(b, "%s,%s,%s,", loginOf(n), emailOf(n), name)
	first := number(groups)
	for i := range number(4) {
		if i > 0 {
			b = append(b, '|')
		}
		b = fmt.Appendf(b, "組%02d", (first+i*7)%groups)
	}
	if changed {
		remark, points = "変更済み", points+1
	}
	return fmt.Appendf(b, ",%d,203%d-%02d-%02d,%s,%d,部署%02d,03-%04d-%04d,%03d-%04d,%s,20%02d-%02d-%02d,%d,%c,\"%s, %d\"\r\n",
		number(2), number(10), number(12)+1, number(28)+1, remark, number(10_000)+1, number(80), number(10_000), number(10_000),
		number(1000), number(10_000), pick(cities), number(26), number(12)+1, number(28)+1, points, "sml"[number(3)], pick(givens), number(1_000_000))
}

// roster writes a file of the members from first to before last; each changed-th
// has changed (0: none).
func roster(path string, first, last, changed int64, cp932 bool) error {
	return rows(path, last-first, cp932, func(b []byte, i int64) []byte {
		n := first + i
		return row(b, n, changed > 0 && n%changed == 0)
	})
}

// apart is how many members stand between those of two rows of mixed: a prime, so that
// everybody comes once.
const apart = 7_368_787

// mixed writes a file of the first members in which no two neighbours were neighbours.
func mixed(path string, n int64) error {
	return rows(path, n, false, func(b []byte, i int64) []byte { return row(b, i*apart%n, false) })
}

// rows writes a file of n rows, of which line appends the i-th.
func rows(path string, n int64, cp932 bool, line func(b []byte, i int64) []byte) error {
	return file(path, cp932, func(w *bufio.Writer) error {
		fmt.Fprintf(w, "%s\r\n", columns)
		var b []byte
		for i := range n {
			b = line(b[:0], i)
			if _, err := w.Write(b); err != nil {
				return err
			}
		}
		return nil
	})
}

// leavers writes a file that deletes every step-th member.
func leavers(path string, last, step int64) error {
	return file(path, false, func(w *bufio.Writer) error {
		fmt.Fprint(w, "email,delete\r\n")
		for n := int64(0); n < last; n += step {
			if _, err := fmt.Fprintf(w, "%s,1\r\n", emailOf(n)); err != nil {
				return err
			}
		}
		return nil
	})
}

func groupFile(path string) error {
	return file(path, false, func(w *bufio.Writer) error {
		fmt.Fprint(w, "id,name,enabled,default,delete\r\n")
		for i := range groups {
			fmt.Fprintf(w, ",組%02d,1,0,\r\n", i)
		}
		return nil
	})
}

func file(path string, cp932 bool, write func(*bufio.Writer) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	to := io.Writer(f)
	if cp932 {
		to = japanese.ShiftJIS.NewEncoder().Writer(f)
	}
	w := bufio.NewWriterSize(to, 1<<20)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}
