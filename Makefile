# make demo   plays a few nights of a small team's work into demo/crm.xlsx
# make demo-google  plays the same in a Google Sheet on an emulator; no account is needed
# make test   runs the tests
# make check  runs what the build server runs: format, lint, types, house, tests
#
# A fresh Debian needs python3-venv and make; the rest is put into .venv.

PYTHON ?= python3
BIN := .venv/bin

.DELETE_ON_ERROR:
.PHONY: demo demo-google test check

demo: .venv/installed
	$(BIN)/sheetcrm demo demo/crm.xlsx

demo-google: .venv/installed-test
	$(BIN)/python -m tests.sheets_server.demo

test: .venv/installed-test
	$(BIN)/pytest --numprocesses auto

check: .venv/installed-test
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(MAKE) test

.venv/installed: pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/installed-test: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@
