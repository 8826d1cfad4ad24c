# newsbeam: `make demo` runs it, `make test` tests it, `make` lists the rest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# A CPU-only build of torch is a tenth of the size: make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
INDEX := $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock $(INDEX)
PACKAGES := newsbeam connectors pipelines sinks dashboards
NEWSBEAM_DATA ?= ../shared/data
export NEWSBEAM_DATA

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test check fmt fmt-check lint types arrows bench dashboard docs lock wheel clean

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.installed: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	@echo "installing the locked dependencies into $(VENV) (one to three minutes)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pip==26.3
	$(PIP) --editable '.[dashboard]'
	@# as pip does with what it installs: else every process compiles our modules where Python may not keep them
	$(BIN)/python -m compileall -q $(PACKAGES)
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) --group dev --editable '.[dashboard,channels]'
	@touch $@

setup: $(VENV)/.installed ## Make .venv with the locked dependencies

setup-dev: $(VENV)/.installed-dev ## The same with what tests and checks need

demo: setup ## Run the main job on the bundled sample newsroom
	$(BIN)/newsbeam demo

dashboard: setup ## Open the dashboard on the demo's results
	$(BIN)/newsbeam --config demo/newsbeam.toml dashboard

test: setup-dev ## Run the tests
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

check: setup-dev fmt-check lint types arrows test ## Everything that CI runs

fmt: setup-dev ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

fmt-check: setup-dev
	$(BIN)/ruff format --check .

lint: setup-dev ## Lint
	$(BIN)/ruff check .

types: setup-dev ## Check types (strict)
	$(BIN)/mypy

arrows: setup-dev ## Check which package may import which
	$(BIN)/lint-imports

bench: setup-dev ## Print all figures of docs/benchmarks.md (takes an hour; BENCH=name for one)
	@for b in $(if $(BENCH),tests/benchmarks/bench_$(BENCH).py,$(sort $(wildcard tests/benchmarks/bench_*.py))); do \
	  echo "== $$b"; PYTHONPATH=. $(BIN)/python $$b || exit 1; done

lock: setup-dev ## Resolve the dependencies anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --group dev \
	  --custom-compile-command "make lock" \
	  pyproject.toml --output-file requirements.lock --upgrade

wheel: setup-dev ## Build the wheel, install it elsewhere and run it
	rm -rf dist && $(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	rm -rf $(VENV)-wheel && $(PYTHON) -m venv $(VENV)-wheel
	$(VENV)-wheel/bin/python -m pip install --quiet --constraint requirements.lock $(INDEX) dist/*.whl
	cd / && $(abspath $(VENV))-wheel/bin/newsbeam --version

clean: ## Remove the environment and what the demo made
	rm -rf $(VENV) $(VENV)-wheel dist demo
