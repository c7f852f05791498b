# aiomas for Go. `make help` lists the targets.
.DEFAULT_GOAL := help
FUZZTIME ?= 10s
SOAKTIME ?= 1m
PYTHON ?=
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Go and real Python call each other, before your eyes
	@sh scripts/demo.sh "$(PYTHON)"

.PHONY: demo-mosaik
demo-mosaik: ## simulators in Go and in Python in one mosaik, and a drawing of the run
	@sh scripts/demo-mosaik.sh $(PYTHON)

.PHONY: demo-fleet
demo-fleet: ## 10,000 agents in 10 processes, Go and Python, one is killed, and a plot of the steps
	@sh scripts/demo-fleet.sh $(PYTHON)

.PHONY: test
test: ## all tests; says at the end what it ran and what it left out
	@sh scripts/test.sh

.PHONY: test-full
test-full: ## the same without short forms, faults and load in full too (hours)
	@AIOMAS_FULL=1 sh scripts/test.sh

.PHONY: test-bare
test-bare: ## the two commands on bare Debian systems that lack this and that (Linux, root, debootstrap; an hour or more)
	@sh scripts/test-bare.sh all

.PHONY: test-oldest
test-oldest: ## all modules with the oldest Go that they ask for
	@sh scripts/oldest.sh all

.PHONY: test-release
test-release: ## make a release in a copy, install every module and package of it alone, and try it
	@sh scripts/test-release.sh

.PHONY: docs
docs: ## the site of docs/, in .build/site
	@sh scripts/docs.sh

.PHONY: screenshots
screenshots: ## the pictures of pages in docs/images, made in Chromium
	@AIOMAS_SCREENSHOTS=$(CURDIR)/docs/images go -C interop/tests test -count=1 -run Picture ./pages

.PHONY: release
release: ## tag a release of all modules: make release VERSION=v0.1.0
	@sh scripts/release.sh "$(VERSION)"

.PHONY: lint
lint: ## golangci-lint over all modules
	@. scripts/modules.sh && for m in . $$libraries $$programs $$others; do \
		echo "$$m" && (cd $$m && go run $(GOLANGCI) run ./...) || exit 1; \
	done

.PHONY: bench
bench: ## speed beside other libraries and real Python: the table of targets (20 minutes)
	cd bench && go run .

.PHONY: bench-short
bench-short: ## a short form of it, which fails on a gross loss only (2 minutes)
	cd bench && go vet ./... && go test ./... && go run . -short

.PHONY: bench-docs
bench-docs: ## write docs/performance.md and its plots from the last make bench
	cd bench && go run . -docs ../docs

.PHONY: scale
scale: ## 100,000 agents and more, beside Python: writes docs/scale.md and its plots (8 minutes; SCALE=-short: seconds, writes nothing)
	cd bench && go build -o ../.build/scale ./scale && ../.build/scale $(or $(SCALE),-docs ../docs)

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (10s), or those that match FUZZ (json, Session)
	@sh scripts/fuzz.sh $(FUZZTIME) '$(FUZZ)'

.PHONY: faults
faults: ## 5,400 injected faults, processes stopped, killed and restarted; its table at the end (10 minutes)
	@sh scripts/reliability.sh faults

.PHONY: load
load: ## 100,000 calls at once, thousands of connections, a peer that does not read; its table at the end
	@sh scripts/reliability.sh load

.PHONY: worlds
worlds: ## 100,000 simulated worlds over our own calls; how many of which property (10 minutes)
	AIOMAS_WORLDS=456 go test -count=1 -timeout 2h -v -run '^Test(CallsEnd|LockStep)' ./aiomas/local/world

.PHONY: soak
soak: ## mixed load with faults for SOAKTIME (1m); its table at the end
	@sh scripts/reliability.sh soak $(SOAKTIME)

.PHONY: mosaik-scenarios
mosaik-scenarios: ## 10,000 random scenarios of mosaik with simulators in Python and in Go (1 hour)
	cd interop/tests && MOSAIK_SCENARIOS=10000 go test -count=1 -timeout 4h -run TestRandomScenarios -v ./mosaik

.PHONY: mosaik-speed
mosaik-speed: ## simulators in Go beside the same in Python: the table of docs/mosaik.md (5 minutes)
	cd interop/tests && MOSAIK_SPEED=$(CURDIR)/docs/mosaik.md go test -count=1 -timeout 1h -run '^TestSpeed$$' -v ./mosaik

.PHONY: reliability-docs
reliability-docs: ## put the tables of the last make faults, load and soak into docs/reliability.md
	@sh scripts/reliability.sh docs

.PHONY: compatibility
compatibility: ## run the whole matrix of Pythons, codecs and transports, and write its table to docs/compatibility.md (20 minutes)
	@sh scripts/compatibility.sh

.PHONY: images
images: ## make the images for the container tests, from the Pythons at hand
	@for v in $$(sh interop/python/env.sh --find | cut -d ' ' -f 1); do sh interop/python/image.sh $$v; done

.PHONY: golden
golden: ## capture again what real aiomas and blosc write, with the Pythons found
	@sh scripts/golden.sh
