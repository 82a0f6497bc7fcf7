# Everything runs in .venv, which is made on first use and again when pyproject.toml changes.

PYTHON ?= python3
BIN := .venv/bin

# What decides which events there are: each branch is tested.
CORE := playertrack/core/*,playertrack/errors.py,playertrack/_fields.py,playertrack/signals.py,playertrack/events.py,playertrack/policy.py
STAMP := .venv/.stamp

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help test lint types players unit cases docs soak demo bench mutants clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

test: lint types players unit cases docs ## everything that must hold before a change goes in

lint: $(STAMP) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## mypy, strict
	$(BIN)/mypy

players: $(STAMP) ## VLC, mpv, GStreamer and Chromium for the tests, if root may install them
	$(BIN)/python tools/players.py
	$(BIN)/python tools/page_libraries.py

unit: $(STAMP) ## pytest with branch coverage
	$(BIN)/python -m coverage run -m pytest
	$(BIN)/python -m coverage report
	$(BIN)/python -m coverage report --fail-under=100 --include="$(CORE)"

cases: $(STAMP) ## the conformance cases
	$(BIN)/playertrack check tests/cases

docs: $(STAMP) ## the documentation, in build/docs; a warning is an error
	$(BIN)/sphinx-build -E -W --keep-going -q -b html docs build/docs

soak: $(STAMP) players ## crashes, broken networks, real players, for an hour (PLAYERTRACK_SOAK=100 for hours)
	$(BIN)/python -m pytest -m soak

demo: $(STAMP) ## plays a generated film, delivers its events to a local collector, explains them
	$(BIN)/python -m playertrack_av.demo

bench: $(STAMP) ## the benchmarks
	$(BIN)/python -m benchmarks

mutants: $(STAMP) ## mutation testing of the engine (long)
	$(BIN)/python benchmarks/mutants.py

clean: ## removes all that was built here
	rm -rf .venv build .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
