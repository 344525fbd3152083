package store

import (
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A table is what a migration makes, as far as both databases must agree.
type table struct {
	columns map[string]string // name → "NOT NULL" or nothing
	primary string
	indexes map[string]string // name → columns and condition, UNIQUE or not
}

// migrationNames are the names of the files of migrations, in their order.
func migrationNames(t *testing.T, engine string) []string {
	t.Helper()
	files, err := fs.Glob(migrations, path.Join("migration", engine, "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for i := range files {
		files[i] = path.Base(files[i])
	}
	return files
}

func TestR3_BothDatabasesHaveTheSameMigrations(t *testing.T) {
	lite, pg, side := migrationNames(t, "sqlite"), migrationNames(t, "postgres"), migrationNames(t, "sqlite-sessions")
	if !slices.Equal(lite, pg) {
		t.Fatalf("sqlite %v, postgres %v", lite, pg)
	}
	if len(lite) != newest || !strings.HasPrefix(lite[len(lite)-1], "000"+string(rune('0'+newest))+"_") {
		t.Errorf("newest is %d, files are %v", newest, lite)
	}
	if last := side[len(side)-1]; !strings.HasPrefix(last, "000"+string(rune('0'+newestSessions))+"_") {
		t.Errorf("newest of sessions is %d, files are %v", newestSessions, side)
	}
	for _, name := range side {
		if !slices.Contains(lite, name) {
			t.Errorf("%s of sessions has no namesake", name)
		}
	}
	for _, name := range lite {
		if name == "0007_keys.sql" { // only conditions of indexes: SQLite counts all members by one of these
			continue
		}
		a, b := schema(t, "sqlite", name), schema(t, "postgres", name)
		if slices.Contains(side, name) { // what SQLite keeps in a file of its own
			maps.Copy(a, schema(t, "sqlite-sessions", name))
		}
		if !slices.Equal(slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b))) {
			t.Errorf("%s: tables %v and %v", name, slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b)))
		}
		for of, x := range a {
			y := b[of]
			if !maps.Equal(x.columns, y.columns) {
				t.Errorf("%s: %s: columns %v and %v", name, of, x.columns, y.columns)
			}
			if x.primary != y.primary || x.primary == "" {
				t.Errorf("%s: %s: primary keys %q and %q", name, of, x.primary, y.primary)
			}
			if !maps.Equal(x.indexes, y.indexes) {
				t.Errorf("%s: %s: indexes %v and %v", name, of, x.indexes, y.indexes)
			}
		}
	}
}

// elsewhere is the primary key of a table that an earlier migration made.
const elsewhere = "elsewhere"

// instanceWide are the tables that belong to no organisation, or are it.
var instanceWide = []string{"instance", "mail_sender", "organisation"}

func TestR0_EveryTableBelongsToAnOrganisation(t *testing.T) {
	for _, engine := range []string{"sqlite", "sqlite-sessions"} {
		for _, name := range migrationNames(t, engine) {
			for of, x := range schema(t, engine, name) {
				belongs(t, of, x)
			}
		}
	}
}

func belongs(t *testing.T, name string, x table) {
	t.Helper()
	if slices.Contains(instanceWide, name) {
		return
	}
	if x.primary != elsewhere && (x.columns["org_id"] != "NOT NULL" || !strings.HasPrefix(x.primary, "org_id,")) {
		t.Errorf("%s: org_id is %q, primary key (%s)", name, x.columns["org_id"], x.primary)
	}
	for index, columns := range x.indexes {
		if !strings.Contains(columns, "(org_id,") {
			t.Errorf("%s: index %s on %s", name, index, columns)
		}
	}
}

var (
	comment     = regexp.MustCompile(`--[^\n]*`)
	spaces      = regexp.MustCompile(`\s+`)
	createTable = regexp.MustCompile(`(?s)^CREATE TABLE (\w+) \((.*)\)[^)]*$`)
	createIndex = regexp.MustCompile(`^CREATE (UNIQUE )?INDEX (\w+) ON (\w+) (\(.*)$`)
	settings    = regexp.MustCompile(` SET (STORAGE |\(.*autovacuum_)`)
	statistics  = regexp.MustCompile(`^(INSERT INTO|UPDATE|DELETE FROM) sqlite_stat1 `)
	collation   = regexp.MustCompile(` COLLATE "C"`)
)

// schema reads the tables and indexes of one migration.
func schema(t *testing.T, engine, name string) map[string]table {
	t.Helper()
	text, err := fs.ReadFile(migrations, path.Join("migration", engine, name))
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string]table{}
	for statement := range strings.SplitSeq(comment.ReplaceAllString(string(text), ""), ";") {
		statement = collation.ReplaceAllString(strings.TrimSpace(spaces.ReplaceAllString(statement, " ")), "")
		switch m := createTable.FindStringSubmatch(statement); {
		case m != nil:
			tables[m[1]] = columnsOf(m[2])
		case strings.HasPrefix(statement, "CREATE") && createIndex.MatchString(statement):
			m := createIndex.FindStringSubmatch(statement)
			if _, here := tables[m[3]]; !here { // an earlier migration made it
				tables[m[3]] = table{primary: elsewhere, indexes: map[string]string{}}
			}
			tables[m[3]].indexes[m[2]] = m[1] + strings.ReplaceAll(m[4], ", ", ",")
		case strings.HasPrefix(statement, "DROP INDEX "):
			tables[statement] = table{primary: elsewhere}
		case engine == "sqlite" && (statement == "ANALYZE" || statistics.MatchString(statement)):
			// what SQLite's planner is told; PostgreSQL counts for itself
		case strings.HasPrefix(statement, "INSERT INTO ") || engine == "postgres" && settings.MatchString(statement):
			// what is put into a new table, where its texts lie, and when it is vacuumed
		case statement != "":
			t.Errorf("%s/%s: not understood: %s", engine, name, statement)
		}
	}
	return tables
}

func columnsOf(body string) table {
	x := table{columns: map[string]string{}, indexes: map[string]string{}}
	for part := range splitTop(body) {
		switch name, rest, _ := strings.Cut(part, " "); {
		case strings.HasPrefix(part, "PRIMARY KEY"):
			x.primary = strings.ReplaceAll(strings.Trim(strings.TrimPrefix(part, "PRIMARY KEY"), " ()"), ", ", ",")
		case strings.HasPrefix(part, "UNIQUE"):
			x.indexes["unique "+part] = part
		default:
			x.columns[name] = map[bool]string{true: "NOT NULL"}[strings.Contains(rest, "NOT NULL")]
			if strings.Contains(rest, "PRIMARY KEY") {
				x.primary = name
			}
			if strings.Contains(rest, "UNIQUE") {
				x.indexes["unique "+name] = name
			}
		}
	}
	return x
}

// splitTop yields the parts between commas that stand in no parentheses.
func splitTop(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		depth, start := 0, 0
		for i, r := range s + "," {
			switch {
			case r == '(':
				depth++
			case r == ')':
				depth--
			case r == ',' && depth == 0:
				if !yield(strings.TrimSpace(s[start:i])) {
					return
				}
				start = i + 1
			}
		}
	}
}
