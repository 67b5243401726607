# Two commands: `make run` and `make test`. Both set up what is missing and are quick otherwise.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ifdef PORT
export PORT
endif
export PYTHONUTF8 := 1
STAMP := $(VENV)/.requirements
DEV_STAMP := $(VENV)/.requirements-dev
PIP := $(BIN)/python -m pip install --disable-pip-version-check

.PHONY: help run test check lint audit format bench translations
.DEFAULT_GOAL := help

help:
	@echo "make run [PORT=8000]   set up everything and serve the demo on this machine"
	@echo "make test              set up everything and run all tests"
	@echo "make check             format, lint, types, imports (make lint), make test, make audit"
	@echo "make audit             ask for known vulnerabilities of what requirements.txt names"
	@echo "make bench             measure"
	@echo "make translations      bring the catalogues up to date with the sentences in the code"

run: $(STAMP)
	@$(BIN)/python -m moderation.setup --demo
	@exec $(BIN)/flask --app wsgi demo run

test: $(DEV_STAMP)
	@$(BIN)/python -m moderation.scoring.compiling home instance/cache/models
	@$(BIN)/python -m pytest -n auto --maxprocesses=4 --dist=loadfile $(ARGS)

check: lint test audit

lint: $(DEV_STAMP)
	@echo "format"; $(BIN)/ruff format --check .
	@echo "lint"; $(BIN)/ruff check .
	@echo "types"; $(BIN)/mypy
	@echo "imports"; $(BIN)/lint-imports --no-cache

# Exactly what requirements.txt pins; a package the advisory service does not know is no success.
audit: $(DEV_STAMP)
	@echo "vulnerabilities"
	@$(BIN)/pip-audit -r requirements.txt --strict --no-deps --disable-pip --progress-spinner off \
	  >$(VENV)/.audit 2>&1; code=$$?; sed -n '/^Traceback/,$$d; /^WARNING/!p' $(VENV)/.audit; \
	if [ $$code -ne 0 ] && ! grep -q '^Found [0-9]* known' $(VENV)/.audit; then \
	  echo "The audit says nothing: the advisory service did not answer, or does not know a" >&2; \
	  echo "package of requirements.txt. Is there a network connection? $(VENV)/.audit holds all it said." >&2; \
	fi; exit $$code

format: $(DEV_STAMP)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(DEV_STAMP)
	@$(BIN)/python -m moderation.scoring.compiling home instance/cache/models
	@$(BIN)/python -m tests.benchmarks

translations: $(DEV_STAMP)
	@$(BIN)/python -m moderation.translations

# A stamp of its own: an interrupted start leaves bin/python without pip.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed; \"$(PYTHON)\" is not. Try: make PYTHON=python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "Python's venv module is missing. Install it (Debian, Ubuntu: apt install python3-venv) and try again." >&2; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(STAMP): requirements.txt $(VENV)/.made
	@echo "Installing torch (large; README.md says how to get the smaller CPU build) ..."
	@$(PIP) "$$(grep '^torch==' requirements.txt)" || { echo "Installing failed: is there a network connection? Then run the command again." >&2; exit 1; }
	@echo "Installing the other packages (a minute or two) ..."
	@$(PIP) --quiet -r requirements.txt || { echo "Installing failed: is there a network connection? Then run the command again." >&2; exit 1; }
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(STAMP)
	@echo "Installing what the tests need ..."
	@$(PIP) --quiet -r requirements-dev.txt || { echo "Installing failed: is there a network connection? Then run the command again." >&2; exit 1; }
	@touch $@
