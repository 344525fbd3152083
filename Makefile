# Short names for the scripts; nothing needs make.
.PHONY: demo test bench check lint fmt generate

demo: # the main job, once, in a temporary folder
	scripts/demo

test:
	scripts/test

bench: # Meibo against what the databases can do alone; bench/README.md
	go run ./bench

check: # what CI runs
	.ci/run

lint:
	go tool -modfile=tools/lint.mod golangci-lint run ./...

fmt:
	gofmt -w cmd internal scripts

generate:
	go generate ./...
