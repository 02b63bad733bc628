PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
# Networks that the tests explain. Kept apart: built for CUDA, torchvision cannot be imported beside a CPU torch
# without help (tests/architectures/conftest.py), and transformers imports it wherever it is installed.
VISION := $(VENV)/vision

.PHONY: demo test lint types bench clean

demo: $(READY)
	$(BIN)/lrprism demo --out runs/demo --overwrite

test: $(READY)
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m benchmarks.gradient_ratio

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "lrprism needs Python 3.11 or newer. Found $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[workbench,examples,dev]'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps --upgrade --target $(VISION) torchvision timm
	@touch $@

clean:
	rm -rf $(VENV) runs
