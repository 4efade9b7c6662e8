# What a person or a machine does with this checkout. `make` alone tells.
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
# Extra words for pytest, e.g. make test PYTEST_ARGS="-n0 -x tests/test_config.py"
PYTEST_ARGS ?=
# Some machines forbid Python to keep what it compiled: the tests start some fifty processes.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test coverage pictures messages check sbom bench soak drills clean environment-demo environment-dev environment-node test-tools

help: ## this list
	@echo "make <verb>:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-8s %s\n", $$1, $$2}' Makefile

demo: environment-demo ## the main job against a pretend Shopify shop on loopback (ONCE=1: check every step and exit)
	@$(BIN)/serializer-app demo $(if $(filter-out 0,$(ONCE)),--once) $(if $(PORT),--port $(PORT))

test: environment-dev test-tools ## all tests on SQLite and a real PostgreSQL; sets up everything they need
	@CHROMIUM="$$(scripts/browser.sh path)" $(BIN)/python -m pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --maxprocesses 9 --dist worksteal $(PYTEST_ARGS)

pictures: environment-dev test-tools ## take the pictures of the guides again (docs/pictures)
	@PICTURES=docs/pictures CHROMIUM="$$(scripts/browser.sh path)" $(BIN)/python -m pytest -n0 tests/browser/test_pictures.py

messages: environment-dev ## collect new texts into the translators' files (LANGUAGE=fr: begin a language)
	@$(BIN)/python -m scripts.messages $(LANGUAGE)

coverage: environment-dev test-tools ## the tests again, with a report of the lines that none of them runs (no gate)
	@CHROMIUM="$$(scripts/browser.sh path)" $(BIN)/python -m pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --maxprocesses 9 --dist worksteal \
		--cov=serializer_app --cov-report=html:var/coverage --cov-report=term:skip-covered $(PYTEST_ARGS)

check: environment-dev environment-node ## format, lint, types, layer rules, licences and known vulnerabilities
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	node_modules/.bin/biome ci
	$(BIN)/python scripts/supply_chain.py licences
	$(BIN)/python scripts/supply_chain.py audit

sbom: environment-dev ## what a deployment consists of, as CycloneDX in var/sbom.json
	@$(BIN)/python scripts/supply_chain.py sbom var/sbom.json

bench: environment-dev ## speed as ratios within one run, goals met or missed (FULL=1: to ten million items, longer)
	@$(BIN)/python -m bench $(if $(filter-out 0,$(FULL)),--full)

soak: environment-dev ## random shops against the reference model and kill -9 under load, for MINUTES=10
	@$(BIN)/python -m bench.soak --minutes $(or $(MINUTES),10)

drills: environment-dev ## faults on purpose, under load; what this machine cannot play is said (NAME=scale-out: only that)
	@$(BIN)/python -m bench.drills $(NAME)

clean: ## remove the environment, caches and the demo's data
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

environment-demo:
	@scripts/environment.sh demo

environment-node:
	@scripts/node_packages.sh

environment-dev:
	@scripts/environment.sh dev

test-tools:
	@scripts/browser.sh install
	@scripts/liquid.sh
