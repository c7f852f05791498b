# aiomas for Go. `make help` lists the targets.
.DEFAULT_GOAL := help
FUZZTIME ?= 10s
PYTHON ?=
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Go and real Python call each other, before your eyes
	@sh scripts/demo.sh $(PYTHON)

.PHONY: test
test: ## all tests; says at the end what it ran and what it left out
	@sh scripts/test.sh

.PHONY: lint
lint: ## golangci-lint over all modules
	go run $(GOLANGCI) run ./...
	cd interop/tests && go run $(GOLANGCI) run ./...

.PHONY: bench
bench: ## micro benchmarks
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (10s)
	@sh scripts/fuzz.sh $(FUZZTIME)

.PHONY: golden
golden: ## capture the golden frames from real aiomas again, with the oldest Python found
	@oldest=$$(sh interop/python/env.sh --find | head -n 1 | cut -d ' ' -f 2-) && \
	py=$$(sh interop/python/env.sh --python "$$oldest" --blosc .build/golden-venv) && "$$py" interop/python/capture.py
