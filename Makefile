# Aibud. “make help” lists what can be done here.

SHELL := /bin/bash
.DEFAULT_GOAL := help

GO        ?= go
BIN       := bin/aibud
NODE_DEPS := web/node_modules/.package-lock.json
WEB_SRC   := $(shell find web/src web/public web/*.html web/*.json web/*.ts web/*.mjs -type f 2>/dev/null)
GO_SRC    := $(shell find cmd engine store api migrations web -name '*.go' -o -name '*.sql' -o -name '*.txt' 2>/dev/null | grep -v node_modules)

# Tools are pinned and run by “go run”, so that nothing has to be installed.
STATICCHECK := $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT     := $(GO) run mvdan.cc/gofumpt@v0.12.0
GOLANGCI    := $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

PACKAGES := ./cmd/... ./engine/... ./store/... ./api/... ./migrations/... ./web/

.PHONY: help
help: ## This text.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(BIN) ## Try everything without a phone: server, simulated WhatsApp, seats and leads.
	$(BIN) demo

.PHONY: run
run: $(BIN) ## Run the server on http://127.0.0.1:3000 with SQLite in ./data.
	$(BIN) serve

.PHONY: build
build: $(BIN) ## Build the dashboard and the binary.

$(BIN): web/dist/index.html $(GO_SRC) go.mod go.sum
	CGO_ENABLED=0 $(GO) build -trimpath -o $@ ./cmd/aibud

web/dist/index.html: $(NODE_DEPS) $(WEB_SRC)
	cd web && npm run build

$(NODE_DEPS): web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund

.PHONY: test
test: deps check test-go test-web test-browser ## Everything that CI runs.
	@echo "make test: all passed"

.PHONY: deps
deps: ## Install what the tests need on a Debian: Chromium, PostgreSQL.
	.ci/deps

.PHONY: check
check: $(NODE_DEPS) ## Formatters, go vet, staticcheck, the dashboard's linter.
	@test -z "$$($(GOFUMPT) -l cmd engine store api migrations web/*.go)" || \
		{ echo "these files are not formatted; run “make format”:"; $(GOFUMPT) -l cmd engine store api migrations web/*.go; exit 1; }
	$(GO) vet $(PACKAGES)
	$(STATICCHECK) $(PACKAGES)
	cd web && npm run lint

.PHONY: format
format: $(NODE_DEPS) ## Format everything.
	$(GOFUMPT) -w cmd engine store api migrations web/*.go
	cd web && npm run format

# The race detector watches the rooms that don't link the client library, which
# has races of its own. Leaving only the library out of it (-race=false for its
# packages) makes false alarms: functions with type parameters, of which the
# linker keeps one copy, may then come from a package that is not watched.
WATCHED := ./engine ./engine/assistant/...

.PHONY: test-go
test-go: $(BIN) ## Go tests, on SQLite and PostgreSQL; with the race detector where that works.
	$(GO) test -race -timeout 15m $(WATCHED)
	.ci/with-postgres $(GO) test -timeout 30m $(PACKAGES)

.PHONY: test-web
test-web: $(NODE_DEPS) ## Unit tests of the dashboard.
	cd web && npm test

.PHONY: test-browser
test-browser: $(BIN) ## Browser tests: the whole product in Chromium.
	cd web && AIBUD_BIN=$(CURDIR)/$(BIN) npm run e2e

.PHONY: screenshots
screenshots: $(BIN) ## Make the README's screenshots anew.
	cd web && AIBUD_BIN=$(CURDIR)/$(BIN) SCREENSHOTS=1 npm run e2e

.PHONY: lint
lint: check ## golangci-lint beside what “make check” does (builds for ten minutes the first time).
	$(GOLANGCI) run $(PACKAGES)

.PHONY: bench
bench: ## Measure memory, CPU time and latency against bare whatsmeow clients (BENCH="--json --only inbound").
	.ci/with-postgres $(GO) run ./cmd/aibud-bench $(BENCH)

.PHONY: clean
clean: ## Remove what was built (not ./data).
	rm -rf bin web/dist/assets web/dist/*.html.gz web/dist/index.html web/dist/phone.html web/node_modules
