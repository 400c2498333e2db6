# make run    demo server with believable data, in ./ticketpen-demo
# make test   the whole suite, on SQLite and PostgreSQL
# make deps   the Debian packages that tests and benchmarks need
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run test lint fix bench docs deps clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Ticketpen needs Python 3.11 or newer; say which: make PYTHON=python3.13 ...") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(PYTHON) tools/deps.py python3-venv
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group dev -e .
	@touch $(READY)

run: $(READY) ## start a demo with believable data
	@exec $(BIN)/ticketpen demo

test: deps $(READY) ## lint, types, rules and every test on both databases
	@$(BIN)/python -m tools.check

lint: $(READY) ## ruff, mypy and import-linter only
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

fix: $(READY) ## let ruff mend what it can
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(READY) ## print the speed table of docs/benchmarks.md
	@$(BIN)/python -m bench

docs: $(READY) ## write the generated reference pages again
	@$(BIN)/python -m tools.reference

deps: ## Debian packages for tests and benchmarks
	@$(PYTHON) tools/deps.py

clean: ## forget the environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
