# `make help` lists what there is. Every target that needs Python makes its own environment first.

.DEFAULT_GOAL := help
.PHONY: help up test check format generate lock bench build validate scan sam-local test-sam-local deploy clean

# Python 3.13, which Lambda runs, where it is found; any other from 3.11 on serves as well.
PYTHON ?= $(shell for candidate in python3.13 $(HOME)/.pyenv/versions/3.13*/bin/python3.13 python3.14 python3.12 python3.11 python3; do \
	"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v "$$candidate"; break; }; done)
BIN := .venv/bin
SAM := .venv-sam/bin/sam
export SAM_CLI_TELEMETRY := 0

help:  ## what there is to make
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: .venv/ready  ## run the whole gateway on http://127.0.0.1:3000 (PORT=… for another port)
	@$(BIN)/tollgate up

test: .venv/ready .venv-sam/ready .venv-openai1/ready .venv-fuzz/ready node_modules/.ready  ## run every test (ARGS=… for pytest)
	PATH="$(CURDIR)/.venv-node/bin:$$PATH" $(if $(ARGS),$(BIN)/python -m pytest --ignore=tests/sam_local $(ARGS),tests/everything)

check: .venv/ready  ## lint, types, imports, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tollgate_cli.generate --check

format: .venv/ready  ## put the code in its usual form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

generate: .venv/ready  ## write what is derived: routes, OpenAPI, reference page, catalogue
	$(BIN)/python -m tollgate_cli.generate

bench: .venv/ready .venv-bench/ready node_modules/.ready  ## measure start, calls, streams and the gate; writes docs/performance.md
	PATH="$(CURDIR)/$(BIN):$(CURDIR)/.venv-node/bin:$$PATH" $(BIN)/python -m bench $(ARGS)

validate: .venv-sam/ready  ## check the template
	$(SAM) validate --lint

scan: .venv-checkov/ready  ## look for what is unsafe in the template (.checkov.yaml says what is meant to be so)
	.venv-checkov/bin/checkov --config-file .checkov.yaml

build: .venv/ready .venv-sam/ready  ## build functions and layers as they are deployed
	PATH="$(CURDIR)/$(BIN):$$PATH" $(SAM) build
	$(BIN)/python -m tollgate_cli.permissions

sam-local: build  ## run what was built in containers like Lambda's, on http://127.0.0.1:3000 (PORT=… for another port)
	@PATH="$(CURDIR)/$(BIN):$(CURDIR)/.venv-sam/bin:$$PATH" tests/sam_local/with_docker tollgate sam-local

test-sam-local: build  ## test every route in containers like Lambda's (ARGS=… for pytest)
	@PATH="$(CURDIR)/$(BIN):$$PATH" tests/sam_local/with_docker $(BIN)/python -m pytest tests/sam_local $(ARGS)

deploy: build  ## deploy to the AWS account whose credentials are in the environment
	$(SAM) deploy

lock: .venv/ready  ## resolve the dependencies again and write the locks
	@# The locks hold names, versions and hashes, and no address: they install from whichever index the machine uses.
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --upgrade --custom-compile-command "make lock" pyproject.toml -o layers/tollgate/requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --upgrade --custom-compile-command "make lock" --group parsers -o layers/parsers/requirements.txt
	@# A function that has this layer has the shared one too, and needs nothing twice.
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --upgrade --custom-compile-command "make lock" -c layers/tollgate/requirements.txt $$(sed -nE 's/^([a-z0-9-]+)==.*/--no-emit-package \1/p' layers/tollgate/requirements.txt) --group sdks -o layers/sdks/requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --upgrade --custom-compile-command "make lock" -c layers/tollgate/requirements.txt --group vectors -o layers/vectors/requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --upgrade --custom-compile-command "make lock" -c layers/tollgate/requirements.txt pyproject.toml --group dev -o locks/dev.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --upgrade --custom-compile-command "make lock" --group sam -o locks/sam.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --upgrade --custom-compile-command "make lock" --group openai1 -o locks/openai1.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --upgrade --custom-compile-command "make lock" --group checkov -o locks/checkov.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --upgrade --custom-compile-command "make lock" --group fuzz -o locks/fuzz.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --upgrade --custom-compile-command "make lock" --group node -o locks/node.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --upgrade --custom-compile-command "make lock" --group bench -o locks/bench.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --upgrade --custom-compile-command "make lock" -c locks/dev.txt --group lambda -o locks/lambda.txt
	echo "uv" | $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --upgrade --custom-compile-command "make lock" - -o locks/uv.txt

clean:  ## remove what was made here
	rm -rf .venv .venv-* .aws-sam .bench .tollgate node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/ready: locks/uv.txt locks/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Tollgate needs Python 3.11 or newer; none was found. Set PYTHON=/path/to/python3." >&2; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r locks/uv.txt
	@$(BIN)/uv pip install -q -p .venv --require-hashes -r locks/dev.txt
	@$(BIN)/uv pip install -q -p .venv --no-deps --no-build-isolation -e .
	@touch $@

# The SAM CLI and version 1 of OpenAI's SDK pin what the rest has in newer versions.
.venv-%/ready: locks/%.txt .venv/ready
	@echo "Making .venv-$* ..."
	@$(BIN)/uv venv -q --clear -p .venv/bin/python .venv-$*
	@$(BIN)/uv pip install -q -p .venv-$* --require-hashes -r $<
	@touch $@

node_modules/.ready: package.json package-lock.json .venv-node/ready
	@echo "Installing the Node packages that the tests use ..."
	@PATH="$(CURDIR)/.venv-node/bin:$$PATH" npm ci --silent --no-audit --no-fund
	@touch $@
