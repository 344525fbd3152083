# Short names for the scripts; nothing needs make.
.PHONY: test check lint fmt generate

test:
	scripts/test

check: # what CI runs
	.ci/run

lint:
	go tool -modfile=tools/lint.mod golangci-lint run ./...

fmt:
	gofmt -w cmd internal scripts

generate:
	go generate ./...
