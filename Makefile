# Every command of the project, one word each. CI calls the same ones.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SAMPLES := examples/submissions/hw1
OUT := build/demo
BACKENDS := python/needle/backend_ndarray

.DEFAULT_GOAL := help
.PHONY: help setup dev sandbox demo image test check format types lint imports bench redteam faults gradescope notebooks release native clean

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.setup: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e '.[course]'
	@touch $@

$(VENV)/.dev: $(VENV)/.setup
	$(PIP) install -c constraints.txt -e '.[course,dev,docker,notebooks,nbgrader,server]'
	@touch $@

setup: $(VENV)/.setup sandbox  ## install what grading needs

dev: $(VENV)/.dev sandbox  ## install what developing needs, too

sandbox:
	@scripts/install-sandbox

demo: setup  ## grade the sample submissions and show scores
	$(BIN)/grader grade hw1 $(SAMPLES)/*/ --out $(OUT)
	@echo "Open $(OUT)/index.html in a browser."

$(VENV)/.images: $(VENV)/.setup
	$(PIP) install -c constraints.txt -e '.[course,docker]'
	@touch $@

image: $(VENV)/.images  ## build the container images (BASE=... upon another one) and search them for tests and solutions
	$(BIN)/grader image build $(if $(BASE),--base $(BASE))
	$(BIN)/grader image check

test: dev  ## run all tests
	$(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

check: dev lint types imports  ## format, lint, types, imports, and the committed templates

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

imports:
	PYTHONPATH=reference_solution/python $(BIN)/lint-imports
	for manifest in assignments/*.toml; do \
		$(BIN)/grader release $$(basename $$manifest .toml) --check || exit 1; done

format: dev  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: dev native  ## measure; prints a table and writes build/bench.json
	$(BIN)/python -m benchmarks

notebooks: dev  ## run the course notebooks, on the reference and on the template
	NOTEBOOKS=1 $(BIN)/python -m pytest -q tests/notebooks/test_notebook_running.py

gradescope: dev image  ## hand all samples in to a stand-in for Gradescope
	GRADESCOPE=1 $(BIN)/python -m pytest -q tests/test_gradescope_container.py

redteam: dev  ## run all attacks in all back ends (about an hour), and print the matrix
	$(BIN)/python -m tests.redteam.matrix --out docs/redteam.md

faults: dev  ## break the machine in every way, and print what comes of it
	$(BIN)/python -m tests.faults --out docs/faults.md

release: setup  ## write student_template/ again
	for manifest in assignments/*.toml; do \
		$(BIN)/grader release $$(basename $$manifest .toml) || exit 1; done

native: setup  ## build the reference's C++ and CUDA, in place
	$(BIN)/python grader/native/build.py --root reference_solution --cache build/native \
		src/ndarray_backend_cpu.cc=$(BACKENDS)/ndarray_backend_cpu \
		src/ndarray_backend_cuda.cu=$(BACKENDS)/ndarray_backend_cuda \
		src/simple_ml_ext.cpp=src/simple_ml_ext

clean:  ## remove what the commands above made
	rm -rf $(VENV) build
