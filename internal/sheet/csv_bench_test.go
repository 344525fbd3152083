package sheet

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// memberFile is a file of n members with twelve columns, some quoted.
func memberFile(n int) []byte {
	var b bytes.Buffer
	b.WriteString("member_id,login_id,email,name,login_allowed,login_until,groups,system_role,system_permission,remarks,display_order,_base\r\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,user%d,user%d@example.jp,山田 太郎%d,1,2027-03-31,\"東京|営業\",member,write,\"入会 \"\"2024\"\"\",%d,bAbCdEfGhIjKlMn%d\r\n", i, i, i, i, i, i)
	}
	return b.Bytes()
}

func BenchmarkReadCSV(b *testing.B) {
	data := memberFile(100_000)
	sjis := []byte(encode(b, "shift_jis", string(data)))
	utf16 := []byte("\xff\xfe" + encode(b, "utf-16le", string(data)))
	for _, c := range []struct {
		name string
		data []byte
	}{{"utf-8", data}, {"shift_jis", sjis}, {"utf-16le", utf16}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.data)))
			for b.Loop() {
				f, err := Open(bytes.NewReader(c.data), int64(len(c.data)), Options{})
				if err != nil {
					b.Fatal(err)
				}
				n := 0
				for row, err := range f.Rows(context.Background()) {
					if err != nil {
						b.Fatal(err)
					}
					n += len(row.Cells)
				}
				if n != 1_200_012 {
					b.Fatalf("cells = %d", n)
				}
			}
		})
	}
	b.Run("encoding-csv", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			r := csv.NewReader(bytes.NewReader(data))
			r.ReuseRecord = true
			for {
				if _, err := r.Read(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func BenchmarkRewrite(b *testing.B) {
	data := memberFile(100_000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	f, err := Open(bytes.NewReader(data), int64(len(data)), Options{})
	if err != nil {
		b.Fatal(err)
	}
	marks := func(yield func(Mark, error) bool) {
		for line := 2; line <= 100_001; line++ {
			if !yield(Mark{Line: line, Cells: []string{"拒否", "メールアドレスが正しくありません"}}, nil) {
				return
			}
		}
	}
	for b.Loop() {
		o := RewriteOptions{Header: []string{"結果", "理由"}, Blank: []int{4}}
		if err := f.Rewrite(context.Background(), io.Discard, o, marks); err != nil {
			b.Fatal(err)
		}
	}
}

// A row costs one string for all its cells; its slice is used again.
func TestRows_AllocatesOnceForEachRow(t *testing.T) {
	data := string(memberFile(1000))
	for _, charset := range []string{"utf-8", "shift_jis", "euc-jp", "gb18030", "iso-2022-jp"} {
		text := encode(t, charset, data)
		f := open(t, text, Options{Charset: charset})
		n := testing.AllocsPerRun(5, func() {
			for _, err := range f.Rows(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
		if perRow := n / 1000; perRow > 1.1 {
			t.Errorf("%s: %.2f allocations for each row, want 1", charset, perRow)
		}
	}
}

func TestRows_MemoryDoesNotGrowWithTheFile(t *testing.T) {
	row := "a,\"" + strings.Repeat("x", 50) + "\"\n"
	src := &repeated{text: row, size: int64(len(row)) * 2_000_000}
	f, err := Open(src, src.size, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := f.reader()
	rows := 0
	for {
		if _, err := r.read(context.Background()); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		rows++
	}
	if rows != 2_000_000 || cap(r.scan.raw) > 2*window {
		t.Errorf("rows = %d, window = %d bytes", rows, cap(r.scan.raw))
	}
}

// repeated is a file of size bytes that says text again and again.
type repeated struct {
	text string
	size int64
}

func (r *repeated) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) && off < r.size {
		c := copy(p[n:min(int64(len(p)), int64(n)+r.size-off)], r.text[off%int64(len(r.text)):])
		n += c
		off += int64(c)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
