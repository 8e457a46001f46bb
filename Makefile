# The targets below set themselves up: nothing to install first but Python and make.
SHELL := /bin/sh
VENV := .venv/bin
PYTEST := $(VENV)/pytest --import-mode=importlib
PARALLEL := $(PYTEST) -n 2 --no-loadscope-reorder
# What takes long and depends on the stack: comparisons with TFDV and stock components, runs on Beam.
SLOW := tests/beam tests/components/tabular_example_gen/test_beam.py \
    tests/components/tabular_example_gen/test_parity.py \
    tests/components/performance_gate/test_unusable_rows.py \
    tests/components/test_drift_evaluator.py tests/components/test_evaluator_parity.py \
    tests/components/test_label_joiner.py tests/components/test_model_kinds.py \
    tests/components/test_skew_statistics_gen.py tests/components/test_skew_statistics_gen_parity.py \
    tests/e2e/test_late_labels.py tests/e2e/test_rereading.py tests/e2e/test_skew.py \
    tests/e2e/test_transform.py
LONG := tests/long tests/packaging/test_light.py tests/packaging/test_second_checkout.py
export TF_CPP_MIN_LOG_LEVEL ?= 3
export CUDA_VISIBLE_DEVICES ?= -1
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-light test-long test-stack test-faults test-all bench bench-quality laws docs golden schemas lint types format locks sbom image clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv with the locked stack that fits this machine
	@scripts/setup.sh

demo: setup ## run both taxi pipelines and explain what they found
	@$(VENV)/python -m skewgate.cli.demo

test: schemas ## run the tests (under 10 minutes on 2 cores)
	$(PARALLEL) $(patsubst %,--ignore=%,$(SLOW) $(LONG)) tests

test-light: ## run the core's tests without TFX, on the newest versions (LIGHT_PYTHON=python3.13)
	@scripts/light.sh

test-stack: setup ## compare with TFDV and stock components, run on Beam (both stacks)
	$(PARALLEL) $(SLOW)

test-long: setup ## run the tests that take minutes each (one stack)
	$(PARALLEL) $(LONG)

laws: setup ## try every law with 20,000 new cases (hours)
	SKEWGATE_LAW_CASES=20000 $(PYTEST) --timeout=0 -n 2 tests/laws

test-faults: setup ## run the campaign of faults (under 20 minutes; a tenth with SKEWGATE_FAULTS=0.1)
	@$(VENV)/python -m tests.faults

test-all: lint types test test-light test-stack test-long ## run every check there is

bench: setup ## time skewgate and its peers on the same files (about 20 minutes)
	@benchmarks/setup.sh
	@$(VENV)/python -m benchmarks.speed

bench-quality: setup ## count false and missed alarms of skewgate and its peers (about 30 minutes)
	@benchmarks/setup.sh
	@$(VENV)/python -m benchmarks.quality

docs: setup ## build the documentation as a site in site/ (strict, without a network)
	NO_MKDOCS_2_WARNING=1 $(VENV)/python -m mkdocs build

golden: setup ## regenerate golden files and what code prints in pages; review the difference
	SKEWGATE_RENEW_GOLDEN=1 $(PYTEST) tests/golden tests/docs tests/e2e/test_readme.py

schemas: setup ## write the JSON Schemas of the contracts, and what shells complete by
	@$(VENV)/python -m scripts.json_schemas
	@$(VENV)/python -m scripts.completions

lint: setup ## check style and format, and that generated files are as they must be
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/python -m scripts.json_schemas --check
	$(VENV)/python -m scripts.completions --check
	$(VENV)/python -m scripts.constraints --check

types: setup ## check types
	$(VENV)/mypy -p skewgate

format: setup ## format the code
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .

sbom: ## print a bill of materials of the locked stack (CycloneDX, JSON)
	@scripts/setup.sh >&2
	@$(VENV)/python -m scripts.sbom

locks: setup ## resolve the locks again, to the newest versions, with hashes
	@scripts/locks.sh --upgrade

image: ## build the image of the pipelines by docker, podman or buildah
	@scripts/build_image.sh

clean: ## remove what the targets made, demo results included
	rm -rf .venv .venv.new .venv.old .venv-light* .uv .mypy_cache .pytest_cache .ruff_cache .skewgate build dist site *.egg-info \
	    benchmarks/.venv benchmarks/.venv.new benchmarks/.data
