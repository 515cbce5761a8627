# Two commands matter: `make demo` (install, plan a depot, look at it) and `make test` (everything CI runs).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PINS := .ci/constraints.txt
XDIST ?= -n auto

PEERS := .bench-peers

.PHONY: demo test system lint types tests bench bench-milp bench-peers clean

# A virtual environment in $(1); some systems ship Python without what that takes.
define environment
	@$(PYTHON) -m venv $(1) 2>/dev/null || { rm -rf $(1) && \
	  $(PYTHON) -m pip install --quiet --target .bootstrap virtualenv && \
	  PYTHONPATH=.bootstrap $(PYTHON) -m virtualenv --quiet $(1); }
endef

$(BIN)/python:
	$(call environment,$(VENV))

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
	$(BIN)/python -m benchmarks.run --json bench-subjects.json
	$(BIN)/python -m benchmarks.aims --json bench-aims.json

bench-milp: $(VENV)/.dev
	$(BIN)/python -m benchmarks.milp --json bench-milp.json

# Other planners on the same nights, each in an environment of its own.
bench-peers: $(VENV)/.dev $(patsubst benchmarks/peers/%.txt,$(PEERS)/%/.installed,$(wildcard benchmarks/peers/*.txt))
	$(BIN)/python -m benchmarks.peers.compare --environments $(PEERS) --json bench-peers.json

$(PEERS)/%/.installed: benchmarks/peers/%.txt
	$(call environment,$(PEERS)/$*)
	$(PEERS)/$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

clean:
	rm -rf $(VENV) $(PEERS) .bootstrap build *.egg-info demo-plan.json demo-plan.html
