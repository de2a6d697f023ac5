# `make run` and `make test` need only Python 3.11 or newer, or uv; each makes .venv on its first call.

PYTHON ?= python3
PORT ?= 8501
HOST ?= 127.0.0.1
MINUTES ?= 240
USERS ?= 10
.DEFAULT_GOAL := run
.PHONY: run test quick bench soak

run: .venv/made  # open Tradespace in a browser; PORT=8501 HOST=127.0.0.1
	@.venv/bin/python serve.py --port $(PORT) --host $(HOST)

test: quick .venv/made  # everything, a real Chromium included: at most 25 minutes
	.ci/chromium
	.venv/bin/python -m pytest -m "browser or slow"

quick: .venv/made  # lint, types, doctests and the fast tests: at most 2 minutes
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/ty check *.py analytics benchmarks commands data pages
	.venv/bin/python -m pytest -n 2 --doctest-modules -m "not browser and not slow" tests analytics commands data pages/shared benchmarks cli.py serve.py

bench: .venv/made  # time our work against its peers; read the table, nothing passes or fails
	@for file in $(filter-out $(addprefix benchmarks/,__init__.py calibrate_hardware.py hardware_figure.py recovery.py setups.py simulate.py soak.py),$(wildcard benchmarks/*.py)); do echo "== $$file"; .venv/bin/python -m benchmarks.$$(basename $$file .py) || exit 1; done

soak: .venv/made  # 200 simulated ladders through the fits; then USERS=10 browsers move controls for MINUTES=240, watched
	.venv/bin/python -m benchmarks.recovery --seeds 200
	.ci/chromium
	.venv/bin/python -m benchmarks.soak --minutes $(MINUTES) --users $(USERS)

# Pinned by constraints.txt; made again when what is to be installed changes. Which index pip or uv asks is their own setting.
.venv/made: pyproject.toml constraints.txt
	rm -rf .venv
	if command -v uv >/dev/null; then \
	  uv venv --quiet --python '>=3.11' .venv && uv pip install --quiet --python .venv/bin/python -c constraints.txt -e '.[test]'; \
	else \
	  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tradespace needs Python 3.11 or newer.")' && \
	  $(PYTHON) -m venv .venv && .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'; \
	fi
	touch $@
