// Package internal holds what concerns the house as a whole: the test of its
// floors, and what go generate makes from all packages together. It knows none
// of them.
package internal

//go:generate go run ../scripts/rules.go -root .. -o ../docs/rules.md
//go:generate go run ../scripts/docs.go
