package admin

import (
	"fmt"
	"strings"
	"time"

	"meibo/internal/member"
)

// What a demo organisation has in it: invented people at an address that nobody
// can have (RFC 2606), named in the language that it is set up in.

const demoDomain = "@hanamizuki.example"

// Groups by their place in demoWords.groups.
const (
	groupTokyo = iota
	groupOsaka
	groupFukuoka
	groupRemote
	groupLeads
	groupNew
)

type demoWords struct {
	groups        []string
	brands        []member.Brand
	policies      []demoPolicy
	roles         []demoRole
	filters       []demoFilter
	header        string
	first, second string // names of the files
	hired, leave  string // remarks
	nowhere       string // a group that there is not
}

type demoPolicy struct {
	code, name, about string
	brands            []string
}

type demoRole struct {
	code, name  string
	read, write []string
}

type demoFilter struct{ name, expression string }

// demoFields have labels in both languages, as all fields do.
var demoFields = []member.Field{
	{Identifier: "department", LabelEN: "Department", LabelJA: "部署", Type: member.Select, Choices: []member.Choice{
		{Key: "sales", Label: "営業 Sales"}, {Key: "dev", Label: "開発 Development"}, {Key: "support", Label: "サポート Support"}, {Key: "hr", Label: "人事 People"}}},
	{Identifier: "employee_no", LabelEN: "Employee number", LabelJA: "社員番号", Type: member.Text, Format: "digits", MaxLength: 6},
	{Identifier: "hired_on", LabelEN: "Hired on", LabelJA: "入社日", Type: member.Date},
	{Identifier: "languages", LabelEN: "Languages", LabelJA: "対応言語", Type: member.Checkbox, Choices: []member.Choice{
		{Key: "ja", Label: "日本語"}, {Key: "en", Label: "English"}, {Key: "zh", Label: "中文"}}},
}

func wordsOf(language string) demoWords {
	if language == "ja" {
		return demoJapanese
	}
	return demoEnglish
}

var demoEnglish = demoWords{
	groups: []string{"Tokyo", "Osaka", "Fukuoka", "Remote", "Team leads", "Newcomers"},
	brands: []member.Brand{{Code: "hanami", Name: "Hanami Tea"}, {Code: "mizuki", Name: "Mizuki Ceramics"}},
	policies: []demoPolicy{
		{"tea-only", "Tea only", "People who work for the tea shops", []string{"hanami"}},
		{"ceramics-only", "Ceramics only", "People who work for the pottery", []string{"mizuki"}},
		{"both", "Both brands", "Named one by one: a third brand would not be in it", []string{"hanami", "mizuki"}},
	},
	roles: []demoRole{
		{"editor", "Keeps the register", []string{"groups", "history"}, []string{"members", "imports"}},
		{"viewer", "Looks people up", []string{"members", "groups"}, nil},
		{"inviter", "Invites partners", []string{"members"}, []string{"invitations"}},
	},
	filters: []demoFilter{
		{"Leaving within 60 days", `login_until le today+60d`},
		{"Sales in Tokyo", `department eq "sales" and groups eq "Tokyo"`},
		{"Without e-mail", `not (email pr)`},
	},
	header: "Email,Login ID,Name,System Role Type,System Permission Type,Brand Access Policy Code,Role Code,Groups,Login Allowed Until,Remarks,Department,Employee number,Hired on,Languages,Delete Flag",
	first:  "all members.csv", second: "changes this month.csv", hired: "starts this month", leave: "on leave", nowhere: "Sapporo",
}

var demoJapanese = demoWords{
	groups: []string{"東京", "大阪", "福岡", "リモート", "リーダー", "新入社員"},
	brands: []member.Brand{{Code: "hanami", Name: "花見茶舗"}, {Code: "mizuki", Name: "水木窯"}},
	policies: []demoPolicy{
		{"tea-only", "花見茶舗のみ", "茶舗の担当者", []string{"hanami"}},
		{"ceramics-only", "水木窯のみ", "窯元の担当者", []string{"mizuki"}},
		{"both", "両ブランド", "ブランドを1つずつ指定しているため、新しいブランドは含まれません", []string{"hanami", "mizuki"}},
	},
	roles: []demoRole{
		{"editor", "名簿の編集", []string{"groups", "history"}, []string{"members", "imports"}},
		{"viewer", "名簿の閲覧", []string{"members", "groups"}, nil},
		{"inviter", "取引先の招待", []string{"members"}, []string{"invitations"}},
	},
	filters: []demoFilter{
		{"60日以内に期限切れ", `login_until le today+60d`},
		{"東京の営業", `department eq "sales" and groups eq "東京"`},
		{"メールアドレスなし", `not (email pr)`},
	},
	header: "メールアドレス,ログインID,名前,システムロール種別,システム権限種別,ブランドアクセスポリシーコード,ロールコード,所属グループ,ログイン許可の有効期限,備考,部署,社員番号,入社日,対応言語,削除フラグ",
	first:  "全社員.csv", second: "今月の異動.csv", hired: "今月入社", leave: "休職中", nowhere: "札幌",
}

// A demoPerson is a row of a demo's files.
type demoPerson struct {
	login, name, email, role, permission, policy, coded string
	groups                                              []string
	until, remarks, department, number, hired, speaks   string
	deleted                                             bool
}

// row is the person as a line of a file. No cell needs quotes.
func (p demoPerson) row() string {
	flag := ""
	if p.deleted {
		flag = "1"
	}
	return strings.Join([]string{p.email, p.login, p.name, p.role, p.permission, p.policy, p.coded, strings.Join(p.groups, "|"), p.until, p.remarks,
		p.department, p.number, p.hired, p.speaks, flag}, ",") + "\r\n"
}

func (w demoWords) file(people []demoPerson) string {
	var b strings.Builder
	b.WriteString("\ufeff" + w.header + "\r\n")
	for _, p := range people {
		b.WriteString(p.row())
	}
	return b.String()
}

// people are members of the demo, from one number to before another: always the
// same, but for the dates, which are near now.
func (w demoWords) people(from, to int, now time.Time) []demoPerson {
	var all []demoPerson
	for i := from; i < to; i++ {
		family, given := demoName(i)
		p := demoPerson{login: strings.ToLower(given[1]+"."+family[1]) + fmt.Sprint(i+1), name: family[0] + " " + given[0], role: "member", permission: "write",
			department: []string{"sales", "dev", "support", "hr"}[i%7%4], number: fmt.Sprintf("%06d", 1001+i*3), hired: hiredOn(i), speaks: "ja",
			policy: []string{"", "tea-only", "ceramics-only", "both"}[i%4], coded: []string{"", "viewer", "", "", "viewer", "", "editor", "inviter"}[i%8]}
		if i%4 == 3 {
			p.name, p.speaks = given[0]+" "+family[0], "en"
		}
		if i%11 == 0 {
			p.speaks = "ja|en"
		}
		p.email = p.login + demoDomain
		if i%40 == 39 {
			p.email = ""
		}
		p.groups = []string{w.groups[[]int{groupTokyo, groupOsaka, groupTokyo, groupFukuoka, groupRemote}[i%5]]}
		if i%15 == 4 {
			p.groups = append(p.groups, w.groups[groupLeads])
		}
		if i%23 == 9 {
			p.until = now.AddDate(0, 0, 10+i%90).Format(time.DateOnly)
		}
		if i%47 == 12 {
			p.remarks = w.leave
		}
		all = append(all, p)
	}
	return all
}

// hiredOn spreads people over some years.
func hiredOn(i int) string {
	return time.Date(2012+i%13, time.Month(1+i*5%12), 1+i*3%28, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

func (w demoWords) firstFile(now time.Time) string {
	all := w.people(0, DemoMembers, now)
	for i, administrator := range []demoPerson{{role: "owner", permission: "admin"}, {role: "member", permission: "admin"}, {role: "member", permission: "admin"}} {
		all[i].role, all[i].permission, all[i].policy, all[i].coded = administrator.role, administrator.permission, "", ""
	}
	return w.file(all)
}

// secondFile has some of everything that a review can show: new people, changed
// ones, some who leave, some who stay as they are, and every tenth a problem.
func (w demoWords) secondFile(now time.Time) string {
	there := w.people(10, 39, now)
	for i := range there {
		switch p := &there[i]; i % 5 {
		case 0:
			p.department, p.groups = "support", []string{w.groups[groupOsaka], w.groups[groupLeads]}
		case 1:
			p.remarks = w.leave
		case 2:
			p.policy, p.coded = "both", "editor"
		case 3:
			p.deleted = i%2 == 1
		}
	}
	fresh := w.people(DemoMembers, DemoMembers+12, now)
	for i := range fresh {
		fresh[i].remarks, fresh[i].groups, fresh[i].hired = w.hired, []string{w.groups[groupTokyo], w.groups[groupNew]}, now.Format(time.DateOnly)
	}
	wrong := w.people(DemoMembers+12, DemoMembers+17, now)
	wrong[0].email = strings.Replace(wrong[0].email, "@", ".", 1)
	wrong[1].groups = []string{w.nowhere}
	wrong[2].number = "1.01E+05" // as a spreadsheet shows it that took it for a number
	wrong[3].coded = "editer"
	wrong[4].email, wrong[4].login = fresh[0].email, "" // twice in the file
	return w.file(append(append(there, fresh...), wrong...))
}

// demoName are a family name and a given name, each as written and in ASCII. Every
// fourth person writes theirs in Latin letters.
func demoName(i int) (family, given [2]string) {
	if i%4 == 3 {
		n := i / 4
		return demoLatinFamilies[n%len(demoLatinFamilies)], demoLatinGivens[(n*7+n/len(demoLatinFamilies))%len(demoLatinGivens)]
	}
	return demoFamilies[i*7%len(demoFamilies)], demoGivens[(i*11+i/len(demoFamilies))%len(demoGivens)]
}

var demoFamilies = [][2]string{{"佐藤", "sato"}, {"鈴木", "suzuki"}, {"髙橋", "takahashi"}, {"田中", "tanaka"}, {"渡邉", "watanabe"}, {"伊藤", "ito"}, {"山本", "yamamoto"},
	{"中村", "nakamura"}, {"小林", "kobayashi"}, {"加藤", "kato"}, {"吉田", "yoshida"}, {"山田", "yamada"}, {"佐々木", "sasaki"}, {"山口", "yamaguchi"}, {"松本", "matsumoto"},
	{"井上", "inoue"}, {"木村", "kimura"}, {"林", "hayashi"}, {"斎藤", "saito"}, {"清水", "shimizu"}, {"山﨑", "yamazaki"}, {"森", "mori"}, {"池田", "ikeda"}, {"橋本", "hashimoto"},
	{"阿部", "abe"}, {"石川", "ishikawa"}, {"小笠原", "ogasawara"}, {"前田", "maeda"}, {"藤田", "fujita"}, {"岡田", "okada"}, {"長谷川", "hasegawa"}}

var demoGivens = [][2]string{{"健", "ken"}, {"美咲", "misaki"}, {"一郎", "ichiro"}, {"裕子", "yuko"}, {"翔", "sho"}, {"さくら", "sakura"}, {"大輔", "daisuke"}, {"葵", "aoi"},
	{"直樹", "naoki"}, {"結衣", "yui"}, {"蓮", "ren"}, {"陽菜", "hina"}, {"拓也", "takuya"}, {"千尋", "chihiro"}, {"悠斗", "yuto"}, {"真理子", "mariko"}, {"海斗", "kaito"},
	{"奈々", "nana"}, {"隆", "takashi"}, {"ひかり", "hikari"}, {"亮", "ryo"}, {"恵", "megumi"}, {"樹", "itsuki"}}

var demoLatinFamilies = [][2]string{{"Lindqvist", "lindqvist"}, {"García", "garcia"}, {"O’Brien", "obrien"}, {"Novák", "novak"}, {"Müller", "mueller"}, {"Kowalska", "kowalska"},
	{"Dubois", "dubois"}, {"Rossi", "rossi"}, {"Nguyễn", "nguyen"}, {"Silva", "silva"}, {"Andersen", "andersen"}, {"van Dijk", "vandijk"}, {"Kaya", "kaya"}}

var demoLatinGivens = [][2]string{{"Zoë", "zoe"}, {"José", "jose"}, {"Siobhán", "siobhan"}, {"Petra", "petra"}, {"Jürgen", "juergen"}, {"Agnieszka", "agnieszka"}, {"Claire", "claire"},
	{"Luca", "luca"}, {"Minh", "minh"}, {"Inês", "ines"}, {"Søren", "soeren"}}
