# Everything runs in .venv, which is made on first use and again when pyproject.toml changes.

PYTHON ?= python3
BIN := .venv/bin

STAMP := .venv/.stamp

# Each part ends by itself, so that a hang is a failure that names its part.
limit = $(if $(TIMEOUT),$(TIMEOUT) --foreground --kill-after=30s $(1))
TIMEOUT := $(shell command -v timeout)

# Tests run in so many processes: on two cores one more than that, as half of the time is spent
# waiting for players. Each file goes to one of them, since its tests share fixtures.
WORKERS ?= 3
SIDE_BY_SIDE := --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder
# The files of tests that run alone: to find those anew among all tests takes 20 s.
ALONE = $(shell grep -rlE 'no_io|mark\.alone' tests --include='test_*.py')
# The tests that reach each branch of the core. Only they are measured, which makes them three
# times as slow; what feeds the core with all that there is takes long and is not.
LONG := $(patsubst %,tests/core/test_%.py,machine metamorphic properties walk)
MEASURED := $(filter-out $(LONG),$(wildcard tests/core/test_*.py)) \
	$(patsubst %,tests/test_%.py,events policy signal_records signals)

# The processes hash alike, so that they collect the same tests in the same order.
core unit: export PYTHONHASHSEED := 0
# The tests start hundreds of programs: none of them is to compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help test lint types players ready core unit cases docs soak demo bench mutants clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# Where nothing may be left out, the players are installed first; meanwhile runs what needs none.
test: $(STAMP) ## everything that must hold before a change goes in
	$(MAKE) --no-print-directory --jobs=2 --output-sync $(if $(CI),players,ready) core lint cases docs
	$(MAKE) --no-print-directory --jobs=2 unit types

# What people read, and what this project calls things.
READ := README.md docs CHANGELOG.md CONTRIBUTING.md

lint: $(STAMP) ## ruff: rules and format; words; line length of the documents
	$(call limit,3m) $(BIN)/ruff check .
	$(call limit,3m) $(BIN)/ruff format --check .
	$(BIN)/python tools/words.py
	$(BIN)/python tools/wrap.py --check $(READ)

types: $(STAMP) ## mypy, strict
	$(call limit,10m) $(BIN)/mypy

players: $(STAMP) ## install VLC, mpv, GStreamer, Chromium and page libraries for the tests
	$(call limit,30m) $(BIN)/python tools/players.py
	$(call limit,20m) $(BIN)/python tools/page_libraries.py

ready: $(STAMP)
	$(call limit,3m) $(BIN)/python tools/players.py --check

core: $(STAMP) ## the tests that are enough to reach each branch of the core
	$(call limit,5m) $(BIN)/python -m coverage run -m pytest -m 'not soak and not alone' $(MEASURED)
	$(BIN)/python -m coverage report

unit: $(STAMP) ## all other tests, in WORKERS processes
	$(call limit,20m) $(BIN)/python -m pytest -m 'not soak and not alone' $(SIDE_BY_SIDE) $(addprefix --ignore=,$(MEASURED))
	$(call limit,10m) $(BIN)/python -m pytest -m alone $(ALONE)

cases: $(STAMP) ## the conformance cases
	$(call limit,3m) $(BIN)/playertrack check tests/cases tests/random

docs: $(STAMP) ## the documentation, in build/docs; a warning is an error
	$(call limit,5m) $(BIN)/sphinx-build -E -W --keep-going -q -b html docs build/docs

soak: $(STAMP) players ## crashes, broken networks, real players, for an hour (PLAYERTRACK_SOAK=100 for hours)
	$(BIN)/python -m pytest -m soak

demo: $(STAMP) ## play a generated video, deliver its events to a local collector, explain them
	$(BIN)/python -m playertrack_av.demo

bench: $(STAMP) ## the benchmarks
	$(BIN)/python -m benchmarks

mutants: $(STAMP) ## mutation testing of the engine (long)
	$(BIN)/python -m benchmarks.mutants

clean: ## removes all that was built here
	rm -rf .venv build .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
