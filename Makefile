# Everything a developer or a machine does with this project. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

# The one home of all state: landing, lake, warehouse, releases, Airflow.
export COMMUNITY_METRICS_HOME ?= $(CURDIR)/var
# What `make run` drops into the inbox first; EXPORTS= drops nothing.
EXPORTS ?= examples/exports

# The first interpreter that is Python 3.11, whatever it is called here.
PYTHON ?= $(shell for name in python3.11 python3 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
FAST := -m "not browser and not laws and not chaos and not compose"

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  \033[1mmake %-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## .venv from the lock, and the chart library (fast when nothing changed)
	@if [ -z "$(PYTHON)" ]; then \
		echo "error: no Python 3.11 - PATH - install it, or name it: make setup PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@$(PYTHON) scripts/bootstrap.py

.PHONY: run
run: setup ## the main job through Airflow on the bundled exports, to a published release
	@$(BIN)/python -m community_metrics.airflow_runtime run $(if $(EXPORTS),--exports "$(EXPORTS)")

.PHONY: serve
serve: setup ## Airflow with the dashboard in it, until Ctrl-C
	@$(BIN)/python -m community_metrics.airflow_runtime serve

.PHONY: airflow
airflow: setup ## Airflow's own command line on this home: make airflow COMMAND="dags list"
	@$(BIN)/python -m community_metrics.airflow_runtime airflow -- $(COMMAND)

.PHONY: mf
mf: setup ## MetricFlow on the published release: make mf COMMAND="query --metrics dau --group-by metric_time__day"
	@$(BIN)/python scripts/mf.py $(COMMAND)

.PHONY: test
test: setup ## all tests but the slow suites below, in two processes
	@mkdir -p build; $(PYTEST) tests/integration $(FAST) >build/test-integration.log 2>&1 & integration=$$!; failed=0; \
	$(PYTEST) tests --ignore tests/integration $(FAST) || failed=1; \
	wait $$integration || failed=1; cat build/test-integration.log; exit $$failed

.PHONY: test-browser
test-browser: setup ## the dashboard, and Superset from its lock, in real Chromium, in two processes
	@scripts/browser-packages.sh
	@$(PYTHON) scripts/bootstrap.py --axe
	@mkdir -p build; $(PYTEST) tests/bi -m browser >build/test-bi.log 2>&1 & bi=$$!; failed=0; \
	$(PYTEST) tests --ignore tests/bi -m browser || failed=1; \
	wait $$bi || failed=1; cat build/test-bi.log; exit $$failed

.PHONY: test-laws
test-laws: setup ## long property tests: incremental equals rebuild, arrival orders
	@$(PYTEST) tests -m laws

.PHONY: test-chaos
test-chaos: setup ## kills, full disks, damaged files, clock jumps on the real pipeline and Airflow (about half an hour)
	@$(PYTEST) tests -m chaos --durations=0

.PHONY: test-compose
test-compose: setup ## docker-compose.yml brought up for real, from secrets to an upgrade (Docker, or root on Debian)
	@trap 'scripts/container-engine.sh stop' EXIT; scripts/container-engine.sh start; $(PYTEST) tests/compose -m compose -x

.PHONY: test-mutations
test-mutations: setup ## known mistakes put into a copy of the project: every one must turn a test red (about half an hour)
	@PYTHONPATH=plugins:dags:tests $(BIN)/python -W ignore -m mutations

.PHONY: oracles
oracles: setup ## every peer case of a folder through the real pipeline: make oracles DIR=path
	@if [ -z "$(DIR)" ]; then echo "error: no folder - DIR - name it: make oracles DIR=path/to/cases" >&2; exit 2; fi
	@$(BIN)/python -m community_metrics.oracles "$(DIR)"

.PHONY: bench
bench: setup ## how long the line takes on generated data: make bench SIZE="--days 365 --events-per-day 274000 --members 2000000"
	@$(BIN)/python -m benchmarks $(SIZE)

.PHONY: lint
lint: setup ## ruff, mypy, sqlfluff, the layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/mypy plugins/*.py dags/*.py scripts/*.py
	@$(BIN)/sqlfluff lint --processes 0 --nocolor --disable-progress-bar dbt_project/models
	@$(BIN)/lint-imports

.PHONY: audit-dependencies
audit-dependencies: setup ## known vulnerabilities of the locked packages, as the public package index tells them
	@$(PYTHON) scripts/audit_dependencies.py

.PHONY: docs
docs: setup ## the pages of docs/ that are derived from definitions
	@$(BIN)/python scripts/generate_docs.py

.PHONY: lock
lock: ## requirements.in -> requirements.lock (exact versions, hashes, no registry named)
	@$(PYTHON) scripts/bootstrap.py --lock

.PHONY: clean
clean: ## what set-up, tests and dbt made; never the home
	@rm -rf .venv build dashboards/assets/vendor dbt_project/target dbt_project/logs plugins/*.egg-info
	@rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
