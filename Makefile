PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PEERS  := .venv-parity
PLUGS  := .venv-plugs
ZOO    := .venv-zoo
# Networks that the tests explain. Kept apart: built for CUDA, torchvision cannot be imported beside a CPU
# torch without help (tests/torchvision_beside_cpu.py), and transformers imports it where it is installed.
VISION := $(VENV)/vision

.PHONY: demo test lint types docs plugs bench bench-quick bench-cuda bench-data bench-statistics bench-selection bench-trainings evidence kills parity formats reproduce court physics kochia fuzz zoo clean

demo: $(READY)
	$(BIN)/lrprism demo --out runs/demo --overwrite

# One worker for each core, with one thread: threads that wait for each other cost more than they bring. Bytecode is
# kept, also where the environment says otherwise: without it each worker, and each process that a test starts,
# compiles the sources, and each worker rewrites the assertions of all tests.
test: $(READY)
	OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist worksteal

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

# Built strict, with all code of the pages run: a tree that opens without network. The environment is that of the
# tests; Sphinx joins it here, so that nobody who only tests waits for it.
docs: $(VENV)/.docs
	OMP_NUM_THREADS=1 $(BIN)/python -m sphinx --builder html --fail-on-warning --keep-going --nitpicky --quiet docs docs/_build/html
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q tests/test_docs_site.py tests/test_docs_browser.py tests/test_docs_extensions.py

ALONE := mlp,hyper3dnetlite-16,hybridsn,vgg16,resnet50,vit,bert

# Measured where the peers are, written where the figures can be drawn; best on a machine with nothing else to do.
bench: $(PEERS)/.ready $(READY)
	PYTHONPATH=tests $(PEERS)/bin/python -m benchmarks --json docs/benchmarks.json
	PYTHONPATH=tests $(PEERS)/bin/python -m benchmarks --keep-freed-memory --only $(ALONE) --no-peers --no-memory \
	  --json docs/benchmarks-kept.json
	$(BIN)/python -m benchmarks --read docs/benchmarks.json docs/benchmarks-kept.json \
	  $(wildcard docs/benchmarks-cuda.json) --page docs/benchmarks.md

bench-cuda: $(PEERS)/.ready
	PYTHONPATH=tests $(PEERS)/bin/python -m benchmarks --device cuda --json docs/benchmarks-cuda.json

bench-quick: $(READY)
	$(BIN)/python -m benchmarks --quick

bench-data: $(READY)
	$(BIN)/python -m benchmarks.data --page docs/large-cubes.md

bench-statistics: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.statistics --page docs/band-statistics.md

# Few bands, trained again. The runs are kept: a call that was stopped goes on.
bench-selection: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.selection --page docs/band-selection.md

# Shares of bands over trainings beside planted ones; best on a machine with nothing else to do, as it is timed.
bench-trainings: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.trainings --page docs/band-trainings.md

# The results are kept: a call that was stopped goes on after the last cell.
evidence: $(READY)
	$(BIN)/python -m evidence --page docs/evidence.md

# Explanations and trainings killed at many moments; each ends as if it had not been killed.
kills: $(READY)
	$(BIN)/python -m pytest tests/spectral/workbench/test_spectral_workbench_resuming.py tests/spectral/training/test_spectral_training_checkpoint.py --kills 20

# 300 random networks under all nine composites; the suite takes 60 of them under two each. Files of every format
# damaged 200 times; the suite damages them 16 times.
fuzz: $(READY)
	$(BIN)/python -m pytest tests/spectral/io/test_spectral_io_fuzz.py -q --damages 200
	$(BIN)/python -m pytest tests/test_fuzz.py -q --networks 300

# The runs are kept: a call that was stopped goes on after its last epoch.
reproduce: $(READY)
	$(BIN)/python -m reproduce --page docs/reproduce.md

# Benchmarks of others. The results and networks are kept: a call that was stopped goes on.
court: $(READY) physics
	OMP_NUM_THREADS=1 $(BIN)/python -m court --page docs/court.md

# Explanations beside physics. Of two packages the data are read and no code is run, so theirs are left out.
physics: $(VENV)/.physics
	OMP_NUM_THREADS=1 $(BIN)/python -m court.physics --page docs/physics.md

# Leaves whose truth is planted, and the words of the report. The runs are kept: a stopped call goes on.
kochia: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m court.kochia --page docs/kochia.md

$(VENV)/.docs: $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[docs]'
	@touch $@

$(VENV)/.physics: $(READY) court/requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --requirement court/requirements.txt
	@touch $@

# Real files of others beside GDAL, spectral and xarray; CHECKOUTS holds the repositories, each named owner+name.
formats: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.formats $(CHECKOUTS) --page docs/formats.md

parity: $(PEERS)/.ready
	OMP_NUM_THREADS=1 $(PEERS)/bin/python -m pytest parity -q --page docs/parity.md --differences docs/differences.md

# The tools of others that take an explainer: their tests and examples. Quantus brings OpenCV, so it has an environment
# of its own; the tests of Captum and scikit-learn are also among those of make test.
plugs: $(PLUGS)/.ready
	OMP_NUM_THREADS=1 $(PLUGS)/bin/python -m pytest -q tests/plugs tests/spectral/estimators tests/attribution/test_attribution_captum_method.py tests/examples/test_examples_plugs.py tests/test_plugs_page.py
	for example in captum_noise_tunnel captum_layer quantus_metrics sklearn_pipeline; do \
	  OMP_NUM_THREADS=1 $(PLUGS)/bin/python examples/plugs/$$example.py || exit 1; \
	done

$(PLUGS)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(PLUGS)
	$(PLUGS)/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[spectral,captum,quantus,sklearn,dev]'
	@touch $@

# The results are kept: a call that was stopped goes on after the last network.
zoo: $(ZOO)/.ready
	PYTHONPATH=tests OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 $(ZOO)/bin/python -m zoo --page docs/zoo.md

$(ZOO)/.ready: pyproject.toml constraints.txt zoo/requirements.txt
	$(PYTHON) -m venv $(ZOO)
	$(ZOO)/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(ZOO)/bin/python -m pip install --quiet --constraint constraints.txt aiohttp importlib_metadata psutil \
	  requests scipy xxhash
	$(ZOO)/bin/python -m pip install --quiet --constraint constraints.txt --no-deps torchvision timm \
	  --requirement zoo/requirements.txt
	@touch $@

# torch first, so that no peer brings a build of its own; zennit asks for a late Python 3.11 but runs on any
$(PEERS)/.ready: pyproject.toml constraints.txt parity/requirements.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(PEERS)/bin/python -m pip install --quiet --constraint constraints.txt --ignore-requires-python \
	  --requirement parity/requirements.txt
	@touch $@

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "lrprism needs Python 3.11 or newer. Found $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[spectral,geo,spectra,examples,eval,captum,sklearn,dev]'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps --upgrade --target $(VISION) torchvision timm
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps earthlib spyndex  # for their data
	@touch $@

clean:
	rm -rf $(VENV) $(PEERS) $(PLUGS) $(ZOO) runs docs/_build docs/gallery
