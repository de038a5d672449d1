# Playhead in ten verbs. Everything is installed into .venv and .tools of this folder; nothing outside is touched.

# An interpreter that was built without its optimisations, as pyenv does unasked, takes a fifth longer for everything:
# then the system's, which has them, if it is new enough.
OPTIMISED = python3 -c 'import sys, sysconfig; sys.exit("--enable-optimizations" not in (sysconfig.get_config_var("CONFIG_ARGS") or ""))'
NEW_ENOUGH = /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'
FOUND = $(shell if ! $(OPTIMISED) 2>/dev/null && $(NEW_ENOUGH) 2>/dev/null; then echo /usr/bin/python3; else echo python3; fi)
# Looked for once, by the first who asks.
PYTHON ?= $(eval PYTHON := $(FOUND))$(PYTHON)
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := .venv/bin
# Tests leave nothing outside of this folder, their temporary files included.
TESTS = mkdir -p .playhead/tmp && TMPDIR=$(CURDIR)/.playhead/tmp $(RUN)/pytest --basetemp=.playhead/pytest
# Two workers, each with a stack of its own: while one waits for a lease or a restart, the other works (tests/together.py).
BESIDE = --numprocesses 2 --dist loadscope --no-loadscope-reorder
# Where the tests that need it are: the others are not even read.
ON_THE_STACK = tests/browser tests/chaos tests/live tests/render/worker
export UV_PYTHON_DOWNLOADS ?= never
# Hundreds of processes start: each would compile every module anew, which takes three times as long as to load it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check unit manim fuzz chaos bench up down status lock clean

help: ## Say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.ready ## Install what is locked into .venv

demo: setup ## Start everything, turn a prompt into a video, show the proof (ONCE=1: stop afterwards; PROMPT="…")
	@$(RUN)/playhead demo $(if $(ONCE),--once) $(if $(PROMPT),--prompt "$$PROMPT")

test: ## All checks, and every test on the real stack
	@rm -f .playhead/requirements.json
	@$(MAKE) --no-print-directory check
	@$(TESTS) $(BESIDE) --durations=20 -m "live or chaos or browser" $(ON_THE_STACK)

# What takes seconds comes first. The types take a minute of one processor: tests have the other meanwhile.
check: setup ## Lint, types, layers, schemas, unit tests
	@$(MAKE) --no-print-directory style layers schemas
	@$(MAKE) --no-print-directory --jobs 2 types unit

types:
	@$(RUN)/pyright

style:
	@$(RUN)/ruff format --check --quiet .
	@$(RUN)/ruff check --quiet .

layers:
	@$(RUN)/lint-imports --no-cache >.playhead-lint 2>&1 || (cat .playhead-lint; rm -f .playhead-lint; exit 1)
	@rm -f .playhead-lint

schemas:
	@$(RUN)/playhead contracts check

unit:
	@$(TESTS) --numprocesses 2 --dist worksteal -m "not live and not chaos and not browser and not manim"

manim: setup ## Install the extra `manim` (see docs/operate.md), and test it
	@$(UV) pip install --quiet --python .venv --editable '.[render,manim]'
	@$(TESTS) -m manim

fuzz: setup ## Many calls that nobody would think of (CASES=50000)
	@$(RUN)/pytest tests/gateway/test_fuzz.py --cases $(or $(CASES),50000) --timeout 0

chaos: setup ## Faults from seeds against a whole system, and every invariant after each (SEEDS=1-40; PLANS=1: only say what they do; GOALS="R1 R8": those numbers)
	@$(RUN)/python -m tests.chaos$(if $(GOALS),.goals $(filter-out all,$(GOALS)),$(if $(SEEDS), --seeds $(SEEDS))$(if $(PLANS), --plans))

bench: setup ## The benchmarks (WHAT="log visible")
	@$(RUN)/playhead bench $(or $(WHAT),all)

up: setup ## Start the stack and the services in the background
	@$(RUN)/playhead up

down: setup ## Stop them
	@$(RUN)/playhead down

status: setup ## What runs, where, and how it is
	@$(RUN)/playhead status

lock: .tools-uv ## Resolve pyproject.toml into locks/ (UPGRADE=1: to the newest)
	@$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(if $(UPGRADE),--upgrade) \
		--extra render pyproject.toml -o locks/runtime.txt
	@$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(if $(UPGRADE),--upgrade) \
		--extra render --group stack --group dev --group rivals pyproject.toml -o locks/dev.txt

clean: ## Remove everything that was installed or made
	rm -rf .venv .tools .playhead

.PHONY: types style layers schemas .tools-uv
.tools-uv:
	@command -v $(UV) >/dev/null || { $(PYTHON) -m pip --version >/dev/null 2>&1 && with=$(PYTHON) || with=python3; \
		$$with -m pip install --quiet --disable-pip-version-check --target .tools uv; }

.venv/.ready: locks/dev.txt pyproject.toml | .tools-uv
	@$(PYTHON) -c 'import sys; sys.exit("Playhead needs Python 3.11 or newer; $(PYTHON) is %d.%d. Say PYTHON=…" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@test -x .venv/bin/python || $(UV) venv --quiet --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --python .venv --require-hashes locks/dev.txt
	@$(UV) pip install --quiet --python .venv --no-deps --editable .
	@touch $@
