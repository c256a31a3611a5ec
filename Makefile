# `make demo` is the way in; `make check` before every commit; `make test` is what CI runs.
# Everything is installed into .venv and nowhere else. PYTHON=python3.12 chooses another interpreter.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
UV := $(BIN)/uv pip
LOCKED := .venv/.locked
READY := .venv/.ready

.PHONY: demo test check lint unit bench browser docs lock clean env

demo: env ## A live company on this machine: make demo ARGS='--seconds 60 --no-dashboard'
	@$(BIN)/headwater demo $(ARGS)

# Two at a time: most tests wait for processes of their own. The browser's driver keeps an event loop in the main
# thread, where asyncio.run then fails, so its tests have workers of their own.
test: env lint browser ## Everything that CI needs. ARGS goes to pytest.
	@$(BIN)/pytest tests/unit tests/contract -n 2 $(ARGS)
	@$(BIN)/pytest tests/integration -n 2 --dist loadfile $(ARGS)
	@$(BIN)/pytest tests/browser -n 2 --dist loadfile $(ARGS)

check: env lint unit ## Quick: style, types, import rules, unit tests

lint: env
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

unit: env
	@$(BIN)/pytest tests/unit $(ARGS)

bench: env ## Records/s and memory of the collector beside a bare consumer: make bench ARGS=--save
	@$(BIN)/python -m tests.bench.run $(ARGS)

# Never fails: without a browser the browser tests say so in one line and the rest still runs. Pango, which chromium
# brings along, is named because the weekly review as PDF needs it too.
browser: ## Debian's chromium, for the browser tests, and Pango
	@if command -v chromium >/dev/null && ldconfig -p | grep -q libpangoft2; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing chromium for the browser tests (about 400 MB)"; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		  apt-get install -y -qq --no-install-recommends chromium \
		  libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 >/dev/null; } \
		|| echo "chromium cannot be installed: browser tests will not run"; \
	else echo "No chromium and no right to install it: browser tests will not run (apt install chromium)"; fi

env: $(READY)

# 1: uv and the build tools. 2: everything else, exactly as locked. 3: Headwater itself, editable.
$(LOCKED): requirements.lock requirements-build.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Headwater needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	@echo "[1/3] Making .venv with $$($(PYTHON) --version)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv \
		|| { echo "The venv module is missing: apt install python3-venv"; rm -rf .venv; exit 1; }
	@test -x $(BIN)/uv || $(BIN)/python -m pip install -q --disable-pip-version-check \
		--require-hashes -r requirements-build.lock
	@echo "[2/3] Installing $$(grep -c '==' requirements.lock) packages as locked (1.4 GB unpacked;" \
		"two minutes the first time, seconds later)"
	@$(UV) install --python $(BIN)/python --require-hashes -r requirements-build.lock -r requirements.lock
	@touch $@

$(READY): $(LOCKED) pyproject.toml
	@echo "[3/3] Installing Headwater"
	@$(UV) install --python $(BIN)/python -q --no-deps --no-build-isolation -e .
	@touch $@

docs: env ## Write the tables of README.md anew from the code
	@$(BIN)/python -m tests.unit.docs.generate

lock: env ## Write both lock files anew: make lock ARGS=--upgrade
	@$(UV) compile -q --universal --python-version 3.11 --all-extras --generate-hashes --no-header \
		$(ARGS) pyproject.toml -o requirements.lock
	@printf 'editables\nhatchling\nuv\n' | $(UV) compile -q --universal --python-version 3.11 --generate-hashes \
		--no-header -c requirements.lock $(ARGS) - -o requirements-build.lock

clean: ## Remove what was made here: the environment and all caches
	@rm -rf .venv .*_cache .hypothesis dist out
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
