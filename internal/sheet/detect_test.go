package sheet

import (
	"slices"
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
		{"an apostrophe of Word in Windows-1252", "windows-1252", "id,name\n1,O’Brien\n"},
		{"a word of one letter in Windows-1252", "windows-1252", "id,name\n1,Merci à toi\n"},
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

// Lists of three made-up names: every family name with some given name.
func TestF2_AutoDetectsShortLists(t *testing.T) {
	tests := []struct{ name, charset, families, givens string }{
		{"Japanese", "shift_jis", japaneseFamilies, japaneseGivens},
		{"Japanese in EUC", "euc-jp", japaneseFamilies, japaneseGivens},
		{"half-width katakana", "shift_jis", "ﾔﾏﾀﾞ ｻﾄｳ ｽｽﾞｷ ﾀｶﾊｼ ﾀﾅｶ ｲﾄｳ ﾜﾀﾅﾍﾞ ﾅｶﾑﾗ ｺﾊﾞﾔｼ ｶﾄｳ ﾖｼﾀﾞ ｻｻｷ ﾏﾂﾓﾄ ﾊﾔｼ ｼﾐｽﾞ ｱﾍﾞ ﾓﾘ ｲｹﾀﾞ",
			"ﾀﾛｳ ﾊﾅｺ ｲﾁﾛｳ ｹﾝﾀ ﾐﾉﾙ ｻｵﾘ ﾉｿﾞﾐ ﾓﾓｴ ｼﾞｭﾝ ｵｻﾑ ﾌﾐｶ ﾋﾛｼ"},
		{"simplified Chinese", "gb18030",
			"王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 于 董 萧 程 曹 袁 邓 许 傅 沈 曾 彭 吕 苏 卢 蒋 蔡 贾 丁 魏 薛 叶 阎 欧阳 诸葛 司马 上官",
			"伟 娜 敏 静 丽颖 晓明 一龙 圆圆 建国 志强 婷婷 雪梅 宇轩 子涵 浩然 梦琪 雨桐 俊杰 鹏飞 海燕"},
		{"traditional Chinese", "big5",
			"陳 林 黃 張 李 王 吳 劉 蔡 楊 許 鄭 謝 郭 洪 曾 邱 廖 賴 周 徐 蘇 葉 莊 呂 江 何 蕭 羅 高 潘 簡 朱 鍾 彭 游 詹 胡 施 沈 余 盧 梁 趙 顏 柯 翁 魏 孫 戴 范 歐陽",
			"怡君 志豪 淑芬 雅婷 宗憲 美玲 俊賢 家豪 佳蓉 承翰 冠宇 詩涵 宜庭 建宏 淑惠 麗華 文彬 品妤"},
		{"Korean", "euc-kr",
			"김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 전 홍 유 고 문 양 손 배 백 허 남 심 노 하 곽 성 차 주 우 구 민 진 남궁 선우",
			"철수 영희 지훈 민서 서연 도윤 하준 지우 은하 수빈 예린 상현 태석 경미 동욱 보람"},
		{"Western European", "windows-1252",
			"García Müller Noël Groß Lindström Peña Lévesque Gonçalves Sæther Guðmundsdóttir Simões Español Weiß Côté Öberg Jónsson Muñoz O’Brien Citroën ÅSTRÖM",
			"José François Zoë Jürgen Søren Íñigo Renée João Håkon Björk Béatrice Ângela Núria Günter Élise Märta Óscar Anaïs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			families, givens := strings.Fields(tt.families), strings.Fields(tt.givens)
			for i := range families {
				text := "id,name\n"
				for j := range 3 {
					text += "1," + families[(i+5*j)%len(families)] + " " + givens[(7*i+3*j)%len(givens)] + "\n"
				}
				if f := open(t, encode(t, tt.charset, text), Options{}); f.Charset != tt.charset {
					t.Errorf("%q is taken for %s, want %s", text, f.Charset, tt.charset)
				}
			}
		})
	}
}

const (
	japaneseFamilies = "佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水 山崎 森 池田 橋本 阿部 石川 " +
		"長谷川 後藤 近藤 坂本 遠藤 青木 藤井 西村 福田 太田 三浦 岡本 中島 原田 小野 竹内 和田 柴田 酒井 工藤 横山 宮本 安藤 谷口 武田 上野 菅原 桜井 " +
		"五十嵐 四月朔日 小鳥遊 勅使河原 武者小路 綾小路 鬼塚 蓼科 鰐淵 槇原 薬師丸 纐纈 四十物 一尺八寸"
	japaneseGivens = "美咲 一郎 健太 実 恒雄 花子 さくら 翔太 結衣 大輔 陽菜 蓮 あかり 拓海 由美子 正 ひろみ アンナ 謙 瑠璃 虎之助 よし江 茂 学"
)

func TestF2_AFewDamagedBytesDoNotChangeTheCharset(t *testing.T) {
	for _, charset := range []string{"utf-8", "shift_jis", "euc-jp", "gb18030", "big5", "euc-kr"} {
		name := map[string]string{"gb18030": "王伟,李娜", "big5": "陳怡君,林志豪", "euc-kr": "김철수,이영희"}[charset]
		if name == "" {
			name = "山田 太郎,東京都"
		}
		text := encode(t, charset, strings.Repeat(name+"\n", 100)) + "\xff,\xe3\x81,x\n"
		if f := open(t, text, Options{}); f.Charset != charset || !f.CharsetGuessed {
			t.Errorf("charset = %s, guessed %v, want %s", f.Charset, f.CharsetGuessed, charset)
		}
	}
}

func TestF2_LooksFurtherUntilSomethingIsNotASCII(t *testing.T) {
	text := "email,name\n" + strings.Repeat("ann@example.jp,Ann\n", 100_000)
	if f := open(t, text, Options{}); f.Charset != "utf-8" || f.CharsetGuessed || f.Sample != nil {
		t.Errorf("plain ASCII: %+v", f)
	}
	f := open(t, text+encode(t, "shift_jis", "b@x.jp,山田 太郎\n"), Options{})
	if f.Charset != "shift_jis" || !f.CharsetGuessed || len(f.Sample) != 1 || f.Sample[0] != "山田 太郎" {
		t.Errorf("Shift_JIS far down: %s %q", f.Charset, f.Sample)
	}
	f = open(t, text+encode(t, "iso-2022-jp", "b@x.jp,山田 太郎\n"), Options{})
	if f.Charset != "iso-2022-jp" || f.Sample[0] != "山田 太郎" {
		t.Errorf("ISO-2022-JP far down: %s %q", f.Charset, f.Sample)
	}
}

func TestF2_ALineLongerThanTheSampleIsCutBetweenCharacters(t *testing.T) {
	for _, charset := range []string{"utf-8", "shift_jis", "euc-jp"} {
		for _, begin := range []string{"", "a", "ab"} {
			f := open(t, encode(t, charset, begin+strings.Repeat("山田太郎,", 20_000)), Options{})
			if f.Charset != charset || f.CharsetGuessed != (charset != "utf-8") {
				t.Errorf("%s is taken for %s, guessed %v", charset, f.Charset, f.CharsetGuessed)
			}
		}
	}
}

func TestF2_AGuessShowsASample(t *testing.T) {
	f := open(t, encode(t, "shift_jis", "email,名前\na@x.jp,\"山田　太郎\"\nb@x.jp,\"山田　太郎\"\nc@x.jp,")+"\xff\n", Options{Charset: "auto"})
	if want := []string{"山田　太郎", "�", "名前"}; !slices.Equal(f.Sample, want) {
		t.Errorf("sample = %q, want %q", f.Sample, want)
	}
}

// What is 清兵 in EUC-JP is ﾀｶﾊｼ in Shift_JIS: only the header can tell.
func TestF2_KnownHeadersDecide(t *testing.T) {
	known := func(cell string) bool { return cell == "ﾅﾏｴ" || cell == "電話" }
	if f := open(t, encode(t, "shift_jis", "ﾅﾏｴ\nﾀｶﾊｼ\n"), Options{KnownHeader: known}); f.Charset != "shift_jis" {
		t.Errorf("charset = %s", f.Charset)
	}
	if f := open(t, encode(t, "euc-jp", "電話,\"x\"\n清兵,\n"), Options{KnownHeader: known}); f.Charset != "euc-jp" {
		t.Errorf("charset = %s", f.Charset)
	}
}

func TestF2_AByteOrderMarkSaysMoreThanWhatWasChosen(t *testing.T) {
	f := open(t, "\xef\xbb\xbf名前\n", Options{Charset: "shift_jis"})
	if f.Charset != "utf-8" || f.CharsetGuessed || !f.BOM {
		t.Errorf("%+v", f)
	}
}

func TestF3_FindsTheDelimiter(t *testing.T) {
	known := func(cell string) bool { return cell == "email" || cell == "名前" }
	tests := []struct {
		name    string
		file    string
		options Options
		want    rune
	}{
		{"comma", "a,b\n1,2\n", Options{}, ','},
		{"semicolon though cells have commas", "a;b\n1,5;2,5\n1,0;2,0\n", Options{}, ';'},
		{"comma though a cell has many semicolons", "a,b\n1,x;y;z\n", Options{}, ','},
		{"tab", "a\tb\tc\n1,1\t2;2\t3\n", Options{}, '\t'},
		{"known headers outweigh the number of cells", "Name, first, last;email\nIto, A, B;a@x.jp\n", Options{KnownHeader: known}, ';'},
		{"one known header needs none", "email\na;b\n", Options{KnownHeader: known}, ','},
		{"chosen", "a,b\n1,2\n", Options{Delimiter: ';'}, ';'},
		{"sep=", "sep=;\na,b\n", Options{}, ';'},
		{"chosen against sep=", "sep=;\na,b\n", Options{Delimiter: ','}, ','},
		{"in UTF-16", "\xff\xfe" + encode(t, "utf-16le", "名前;email\nア,イ;x\n"), Options{KnownHeader: known}, ';'},
		{"quotes hide the others", "\"a;b;c\",d\n\"1;2;3\",4\n", Options{}, ','},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if f := open(t, tt.file, tt.options); f.Delimiter != tt.want {
				t.Errorf("delimiter = %q, want %q", f.Delimiter, tt.want)
			}
		})
	}
}

func TestOpen_TellsWhatItFound(t *testing.T) {
	for text, want := range map[string]string{"a\r\nb\n": "\r\n", "a\rb\r": "\r", "a\nb\r\n": "\n", "a": "\r\n",
		"\xff\xfea\x00\n\x00": "\n"} {
		if f := open(t, text, Options{}); f.LineEnd != want {
			t.Errorf("%q: line end %q, want %q", text, f.LineEnd, want)
		}
	}
	f := open(t, "\xef\xbb\xbfsep=;\r\na;b\r\n", Options{})
	if !f.BOM || !f.SepLine || f.Charset != "utf-8" || f.Delimiter != ';' {
		t.Errorf("%+v", f)
	}
}
