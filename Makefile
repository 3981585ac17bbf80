# Two commands: `make demo` and `make test`.  Both install into .venv, from pinned versions.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: demo test clean

PY ?= python3.11
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

demo: .venv/.ok
	$(BIN)/vertebroplasty demo -o demo --overwrite

test: .venv/.ok-dev
	$(BIN)/ruff check src tests examples benchmarks
	$(BIN)/ruff format --check src tests examples benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist worksteal -q

.venv/bin/python:
	@command -v $(PY) >/dev/null || { echo "Python 3.11 or newer is needed: set PY=/path/to/python3."; exit 1; }
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PY) is older than Python 3.11: set PY=/path/to/python3."; exit 1; }
	@$(PY) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PY) lacks venv: on Debian install python3-venv."; exit 1; }
	$(PY) -m venv .venv

.venv/.ok: .venv/bin/python pyproject.toml requirements.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps -e .
	@touch $@

.venv/.ok-dev: .venv/.ok requirements-dev.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

clean:
	rm -rf .venv demo
	find . -name '*.nbi' -o -name '*.nbc' -o -name __pycache__ -prune | xargs rm -rf
