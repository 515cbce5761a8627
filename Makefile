# Two commands matter: `make demo` (install, plan a depot, look at it) and `make test` (everything CI runs).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PINS := .ci/constraints.txt
XDIST ?= -n auto

.PHONY: demo test system lint types tests bench clean

$(BIN)/python:
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV) && \
	  $(PYTHON) -m pip install --quiet --target .bootstrap virtualenv && \
	  PYTHONPATH=.bootstrap $(PYTHON) -m virtualenv --quiet $(VENV); }

$(VENV)/.run: pyproject.toml $(PINS) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(PINS) -e .
	@touch $@

$(VENV)/.dev: pyproject.toml $(PINS) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(PINS) -e '.[dev]'
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run
	$(BIN)/depot plan benchmarks/instances/overnight_60.json -o demo-plan.json --chart demo-plan.html
	$(BIN)/depot check benchmarks/instances/overnight_60.json demo-plan.json

test: system lint types tests

# What only the system's packages bring, where they may be installed: a browser, and a compiler for the
# fast engine. Without the right to install, the tests say what is missing.
system:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  want=""; \
	  command -v chromium >/dev/null || want="$$want chromium"; \
	  command -v cc >/dev/null || want="$$want gcc libc6-dev python3-dev"; \
	  [ -z "$$want" ] || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$want; }; \
	fi

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

tests: $(VENV)/.dev
	$(BIN)/python -m pytest $(XDIST)

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.run

clean:
	rm -rf $(VENV) .bootstrap build *.egg-info demo-plan.json demo-plan.html
