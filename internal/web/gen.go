package web

//go:generate go tool -modfile=../../tools/templ.mod templ generate -lazy=false -include-version=true
