# Lotse. `make help` lists what there is.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Of `make test`: most tests wait for servers most of the time.
WORKERS ?= 3
WARM := echo "compiling the routing core, once ..." && $(BIN)/lotse-routing warm
SOURCES := shared/src services/ingest/src services/routing/src services/api-gateway/src deploy/standalone/src

.PHONY: help setup setup-dev console console-if-node demo replay morning clean \
	test test-image test-faults soak evaluate screenshots lint format audit \
	bench-ingest bench-routing bench-line bench-gateway bench-console bench-costs

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | awk -F'|' '{printf "  make %-13s %s\n", $$1, $$2}'

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Lotse needs Python 3.11 or newer: run  make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python lacks its venv module: install it (Debian: apt install python3-venv)"; exit 1; }
	@echo "making our own environment in $(VENV)/ ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.8"

# A stamp per set of packages: the environment is made once and again when the lock changes.
$(VENV)/.run: uv.lock $(BIN)/uv
	@$(BIN)/uv sync --frozen --no-dev --inexact --quiet
	@$(WARM)
	@touch $@

$(VENV)/.dev: uv.lock $(BIN)/uv
	@$(BIN)/uv sync --frozen --inexact --quiet
	@$(WARM)
	@touch $@ $(VENV)/.run

# What only the comparison with other routers needs.
$(VENV)/.bench: $(VENV)/.dev
	@$(BIN)/uv sync --frozen --inexact --group bench --quiet
	@touch $@

# What only the closed loop needs: a traffic simulation (SUMO) and what draws its report.
$(VENV)/.evaluate: $(VENV)/.dev
	@$(BIN)/uv sync --frozen --inexact --group evaluate --quiet
	@touch $@

# The console. Its types are made from the gateway's own OpenAPI, so that a page that does not fit the API is not built.
# Where node is missing, everything works but the page at /, which then says so.
CONSOLE := services/api-gateway/console
PAGE := services/api-gateway/src/lotse_gateway/console_page/index.html
CONSOLE_SOURCES := $(wildcard $(CONSOLE)/*.json $(CONSOLE)/*.ts $(CONSOLE)/index.html $(CONSOLE)/src/*.* $(CONSOLE)/src/*/*.*)
API_SOURCES := $(wildcard services/api-gateway/src/lotse_gateway/*.py services/api-gateway/src/lotse_gateway/*/*.py)

$(PAGE): $(filter-out %/schema.d.ts,$(CONSOLE_SOURCES)) $(API_SOURCES) $(VENV)/.run
	@echo "building the console ..."
	@mkdir -p build
	@$(BIN)/lotse-gateway openapi > build/openapi.json
	@cd $(CONSOLE) && { [ -d node_modules ] && [ node_modules -nt package-lock.json ] || npm ci --no-audit --no-fund --loglevel=error; }
	@cd $(CONSOLE) && npm run --silent build -- --logLevel warn

console: $(PAGE) ## build the page at / (needs Node.js 18 or newer)

console-if-node: $(VENV)/.run
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory console; \
	else echo "no Node.js: the console is not built, all else works (see http://…/ when it runs)"; fi

setup: $(VENV)/.run console-if-node ## make the environment that runs Lotse

setup-dev: $(VENV)/.dev ## the same, with what tests and checks need

demo: $(VENV)/.run console-if-node ## the whole line on this machine; ARGS="--for 60s --report FILE" runs unattended
	@exec $(BIN)/lotse-demo $(ARGS)

replay: $(VENV)/.run ## replay recorded readings; ARGS="FOLDER --report FILE"
	@exec $(BIN)/lotse-replay $(ARGS)

test: $(VENV)/.dev ## every test, on a real PostgreSQL and real brokers; ARGS="tests/unit -n 0" runs some, one by one
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile $(ARGS)

test-image: $(VENV)/.dev ## build the container image without Docker and run compose's services from it (root, Debian, minutes)
	@$(BIN)/pytest -s tests/image/check_image.py $(ARGS)

screenshots: $(VENV)/.dev $(PAGE) ## make the pictures of docs/console.md anew (needs Chromium)
	@PYTHONPATH=tests $(BIN)/python tests/browser/screenshots.py

bench-ingest: $(VENV)/.dev ## ingest beside a C pipeline and a naive service; ARGS="--quick"
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.ingest $(ARGS)

bench-routing: $(VENV)/.bench ## our routes beside those of networkx, scipy, networkit, RoutingKit; ARGS="--quick"
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.routing $(ARGS)

bench-line: $(VENV)/.dev ## from a sensor's message to its sign's display, under load; ARGS="--quick"
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.line $(ARGS)

bench-gateway: $(VENV)/.dev ## sign polls, links and events beside bare Starlette and a usual FastAPI (needs wrk); ARGS="--quick"
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.gateway $(ARGS)

bench-costs: $(VENV)/.dev ## what a reading, a link, a sign and a poll cost, for docs/scaling.md; ARGS="--quick"
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.costs $(ARGS)

bench-console: $(VENV)/.dev $(PAGE) ## the console in a browser: first picture, change to screen, frames; ARGS="--quick"
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.console $(ARGS)

evaluate: $(VENV)/.evaluate ## drive mornings under each policy, in SUMO; ARGS="--quick" or "--only closure-lotse"
	@PYTHONPATH=tests $(BIN)/python -m evaluation $(ARGS)

morning: $(VENV)/.dev ## live two hours of the demo town in data time, for docs/decisions-of-signs.md; ARGS="--data FOLDER"
	@PYTHONPATH=tests $(BIN)/python -m morning $(ARGS)

test-faults: $(VENV)/.dev ## kill, cut off, insult; ARGS="--quick" or "--kills 100 --outage 600"
	@PYTHONPATH=tests $(BIN)/python -m faults $(ARGS)

soak: $(VENV)/.bench ## a city's load for as long as you say, and what grows; ARGS="--minutes 20"
	@PYTHONPATH=tests $(BIN)/python -m soak $(ARGS)

audit: $(VENV)/.dev ## known vulnerabilities (asks OSV and npm), secrets in tracked files
	@PYTHONPATH=tests $(BIN)/python -m audit

lint: $(VENV)/.dev ## ruff, mypy strict, import rules
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy $(SOURCES) tests
	@$(BIN)/lint-imports

format: $(VENV)/.dev ## let ruff format and sort
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

clean: ## remove the environment, caches and the demo's data
	@rm -rf $(VENV) .lotse build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
