# make demo   set up, and grade the example class
# make test   set up, and run every test
# make serve-demo   set up, and let students submit on a web page of this machine
# Both make their own virtual environment; the second time they are quick.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TESTS ?= tests
# One more than there are processors: some tests wait.
WORKERS ?= $(shell echo $$(( $$(nproc) + 1 )))

.PHONY: demo serve-demo test docs lint validation corpus faults bench clean screenshots

demo: $(VENV)/ready
	rm -rf results/demo
	$(BIN)/grader grade examples/class --assignment two_layer_network --out results/demo
	@echo
	@echo "Open results/demo/report.html in a browser: the class. A student's page: results/demo/feedback/kurt.html"
	@echo "Activate the environment in this terminal: source $(VENV)/bin/activate"
	@echo "Then continue with docs/start.md, for example: grader show results/demo kurt"

serve-demo: $(VENV)/ready-serve
	$(BIN)/grader serve --demo

test: $(VENV)/ready-dev
	$(BIN)/python -m compileall -q grader  # tests start thousands of processes, which need not compile it
	$(BIN)/python -m pytest $(TESTS) -q -n $(WORKERS) --dist worksteal

docs: $(VENV)/ready-dev
	$(BIN)/python docs/generate.py
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

lint: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md docs exercises

validation: $(VENV)/ready-dev
	$(BIN)/grader validate --seeds 200 --write docs/validation.md

corpus: $(VENV)/ready-dev
	$(BIN)/python bench/corpus.py --show rest

screenshots: $(VENV)/ready-dev
	rm -rf results/demo
	$(BIN)/grader grade examples/class --assignment two_layer_network --out results/demo --seed 17 || test $$? -eq 3
	$(BIN)/python tests/browser/screenshots.py results/demo docs/images

faults: $(VENV)/ready-dev
	GRADER_FAULTS=50 GRADER_CLASS=30 $(BIN)/python -m pytest tests/runs/test_faults.py \
		tests/serve/test_serve_faults.py tests/serve/test_serve_changes.py tests/serve/test_serve_class.py -q

bench: $(VENV)/ready-dev
	$(BIN)/python bench/compare.py --profile --write docs/performance.md
	$(BIN)/python bench/exercises.py --write docs/performance.md
	$(BIN)/python bench/big_class.py --size 10000 --write docs/performance.md
	$(BIN)/python bench/pages.py --students 5000 --write docs/performance.md
	$(BIN)/python bench/cold_lms.py --write docs/performance.md
	$(BIN)/python bench/serve.py --write docs/performance.md
	$(BIN)/python bench/startup.py

clean:
	rm -rf $(VENV) results

$(VENV)/ready: pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'grader needs Python 3.11 or newer')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	$(BIN)/python -m compileall -q grader  # as pip does for what it installs
	touch $@

$(VENV)/ready-serve: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[serve]'
	touch $@

$(VENV)/ready-dev: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@
