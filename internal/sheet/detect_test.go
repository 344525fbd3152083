package sheet

import (
	"strings"
	"testing"
)

// encode writes text in a charset that can hold all of it.
func encode(t testing.TB, charset, text string) string {
	t.Helper()
	e, err := NewEncoder(charset)
	if err != nil {
		t.Fatal(err)
	}
	b, lossy := e.Append(nil, text)
	if lossy {
		t.Fatalf("%s cannot hold the text of this test", charset)
	}
	return string(b)
}

func open(t testing.TB, text string, o Options) *File {
	t.Helper()
	f, err := Open(strings.NewReader(text), int64(len(text)), o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return f
}

func TestF2_AutoDetectsCharsets(t *testing.T) {
	tests := []struct {
		name    string
		charset string
		text    string
	}{
		{"Japanese header and names in Shift_JIS", "shift_jis", "メールアドレス,名前\na@x.jp,山田 太郎\nb@x.jp,佐藤 花子\n"},
		{"one Japanese name in Shift_JIS", "shift_jis", "email,name\na@x.jp,田中\n"},
		{"one column of Japanese surnames in Shift_JIS", "shift_jis", "name\n佐藤\n鈴木\n高橋\n田中\n"},
		{"uncommon names in Shift_JIS", "shift_jis", "name\n髙橋 玲於奈\n四十物 謙\n纐纈 あや\n"},
		{"half-width katakana in Shift_JIS", "shift_jis", "email,kana\na@x.jp,ﾔﾏﾀﾞ ﾀﾛｳ\nb@x.jp,ｻﾄｳ ﾊﾅｺ\n"},
		{"half-width names of even length in Shift_JIS", "shift_jis", "kana\nﾀｶﾊｼ\nｻｻｷ\nｵｶﾞﾜ\n"},
		{"one half-width name in Shift_JIS", "shift_jis", "kana\nｽｽﾞｷ\n"},
		{"katakana in Shift_JIS", "shift_jis", "name\nアン\n"},
		{"hiragana in Shift_JIS", "shift_jis", "name\nさくら\n"},
		{"addresses in Shift_JIS", "shift_jis", "id,住所\n1,東京都千代田区丸の内１－２－３　○○ビル４Ｆ\n"},
		{"Japanese beside ASCII in Shift_JIS", "shift_jis", "id,name\n1,(株)ABC商事 Tokyo支店\n"},
		{"Japanese header and names in EUC-JP", "euc-jp", "メールアドレス,名前\na@x.jp,山田 太郎\n"},
		{"one Japanese name in EUC-JP", "euc-jp", "email,name\na@x.jp,田中\n"},
		{"a column of surnames in EUC-JP", "euc-jp", "name\n佐藤\n鈴木\n高橋\n渡辺\n"},
		{"hiragana only in EUC-JP", "euc-jp", "name\nさくら\n"},
		{"katakana in EUC-JP", "euc-jp", "name\nアンナ\n"},
		{"ISO-2022-JP", "iso-2022-jp", "email,name\na@x.jp,山田\n"},
		{"half-width katakana in ISO-2022-JP", "iso-2022-jp", "email,name\na@x.jp,ﾔﾏﾀﾞ\n"},
		{"Chinese names in GB18030", "gb18030", "姓名,邮箱\n王伟,a@x.cn\n李娜,b@x.cn\n"},
		{"one Chinese name in GB18030", "gb18030", "name\n刘洋\n"},
		{"a column of Chinese names in GB18030", "gb18030", "name\n张敏\n欧阳静\n赵磊\n诸葛亮\n"},
		{"Chinese names in Big5", "big5", "姓名,電子郵件\n陳怡君,a@x.tw\n林志豪,b@x.tw\n"},
		{"one Chinese name in Big5", "big5", "name\n張雅婷\n"},
		{"a column of Chinese names in Big5", "big5", "name\n黃淑惠\n蔡冠廷\n歐陽娜娜\n謝承翰\n"},
		{"Korean names in EUC-KR", "euc-kr", "이름,이메일\n김철수,a@x.kr\n이영희,b@x.kr\n"},
		{"one Korean name in EUC-KR", "euc-kr", "name\n박지성\n"},
		{"a column of Korean names in EUC-KR", "euc-kr", "name\n최민준\n정서연\n강하은\n윤도윤\n"},
		{"French in Windows-1252", "windows-1252", "id,name\n1,François Lefèvre\n2,Zoë Noël\n"},
		{"one German name in Windows-1252", "windows-1252", "id,name\n1,Müller\n"},
		{"one accent at the end in Windows-1252", "windows-1252", "id,name\n1,José\n"},
		{"an accent at the beginning in Windows-1252", "windows-1252", "id,name\n1,Émile Östlund\n"},
		{"quotes of Word in Windows-1252", "windows-1252", "id,name\n1,O’Brien\n2,Søren Ångström\n"},
		{"capitals in Windows-1252", "windows-1252", "id,name\n1,MÜLLER\n2,GARCÍA LÓPEZ\n3,FRANÇOIS\n"},
		{"Spanish in Windows-1252", "windows-1252", "id,nombre\n1,Íñigo Muñoz\n2,Ana Peña\n"},
		{"UTF-8 without a mark", "utf-8", "email,name\na@x.jp,山田\n"},
		{"one accent in UTF-8", "utf-8", "id,name\n1,José\n"},
		{"half-width katakana in UTF-8", "utf-8", "name\nﾔﾏﾀﾞ\n"},
		{"UTF-16LE without a mark", "utf-16le", "email,name\r\na@x.jp,山田　太郎\r\n"},
		{"UTF-16BE without a mark", "utf-16be", "email,name\r\na@x.jp,山田　太郎\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := open(t, encode(t, tt.charset, tt.text), Options{})
			if f.Charset != tt.charset {
				t.Errorf("charset = %s, want %s (%q)", f.Charset, tt.charset, f.Sample)
			}
		})
	}
}
