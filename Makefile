# `make demo` and `make test` set up all that they need. Run `make help` for the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH_READY := .venv-bench/.ready
CDK_READY := node_modules/.ready
DEPLOY_READY := .venv-deploy/.ready

RUNS ?= 600

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long test-deploy guards bench bench-smoke bundle types docs lock deploy destroy clean

help: ## Say what there is to make
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

setup: $(READY) ## Make the virtual environment, once

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Stocktake needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Say which: make PYTHON=python3.13 …") if sys.version_info < (3, 11) else None'
	@echo "Setting up $(VENV): about a minute, once."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## Do the main job, whole, on an AWS in a child process
	$(BIN)/python -m demo

test: $(READY) ## Check style and run the tests: minutes, offline
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-long: $(READY) ## Hold a hundred thousand faults to the laws: an hour; RUNS=… for more or fewer
	rm -rf out/faults out/faults.json
	FAULT_RUNS=$(RUNS) $(BIN)/python -m pytest -n 2 -m "slow or not slow" tests/faults
	$(BIN)/python -m tests.faults.figures

test-deploy: $(READY) $(CDK_READY) $(DEPLOY_READY) ## Deploy the stack and use it, without a cloud: minutes, offline
	$(BIN)/python -m pytest -m deploy -v -s tests/deploy

guards: $(READY) ## Take each guard away, once, and see its test fail: ten minutes
	$(BIN)/python -m tools.guards

bench: $(READY) $(BENCH_READY) ## Measure it side by side with other ways: about 20 minutes
	$(BIN)/python -m benchmarks

bench-smoke: $(READY) $(BENCH_READY) ## The same, small: a minute, into out/bench
	$(BIN)/python -m benchmarks --smoke

$(BENCH_READY): benchmarks/requirements.lock
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r benchmarks/requirements.lock
	@touch $@

bundle: $(READY) ## Put the function's code together and weigh it: a minute, into out/bundle
	$(BIN)/python -m tools.bundle

$(CDK_READY): package.json package-lock.json $(READY)
	$(BIN)/python -m infra.node npm ci --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

$(DEPLOY_READY): tests/deploy/requirements.lock tests/deploy/runtime.lock tests/deploy/emulator.lock tests/deploy/tools.py $(READY)
	$(BIN)/python -m tests.deploy.tools
	@touch $@

types: $(READY) ## Check types (part of .ci/run)
	$(BIN)/mypy lambda_src/stocktake infra app.py demo tools

docs: $(READY) ## Write what the documentation derives from the code
	$(BIN)/python -m tools.docs

lock: $(READY) ## Resolve requirements*.txt into requirements*.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements.lock requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements-dev.lock requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o benchmarks/requirements.lock benchmarks/requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o tests/deploy/requirements.lock tests/deploy/requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o tests/deploy/runtime.lock tests/deploy/runtime.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --no-deps -o tests/deploy/emulator.lock tests/deploy/emulator.txt
	$(BIN)/python -m infra.node npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund

deploy: $(READY) ## Create the stack, or upgrade it: shows what that means, and asks; CONTEXT='stocktake:…=…', YES=1
	@$(BIN)/python -m tools.deploy deploy $(if $(YES),--yes)

destroy: $(READY) ## Delete the stack, but not the snapshots: shows what goes, and asks
	@$(BIN)/python -m tools.deploy destroy $(if $(YES),--yes)

clean: ## Remove what was made
	rm -rf $(VENV) .venv-bench .venv-deploy node_modules cdk.out out .pytest_cache .mypy_cache .ruff_cache .hypothesis lambda_src/*.egg-info
