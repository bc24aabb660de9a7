# make demo  sets up, runs the sample city, says where its map is
# make test  sets up, lints, runs every test
# Both work on a machine with Python 3.11 or newer, make and git, from any folder.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check -q
JOBS ?= 2
CAMPAIGN ?= 25

.PHONY: demo test lint setup setup-dev browser campaign bench sample-city sample-map lock clean

demo: setup
	"$(PY)" -m facilityplan demo --out out/demo

test: setup-dev browser lint
	"$(PY)" -m pytest -n $(JOBS) --dist loadfile -q

lint: setup-dev
	"$(PY)" -m ruff check .
	"$(PY)" -m ruff format --check .
	"$(PY)" -m mypy
	"$(PY)" -c "from importlinter.cli import lint_imports_command as run; run()"

# The same properties on CAMPAIGN times as many examples, seeded; what failed is kept in
# .hypothesis and tried first the next time.
campaign: setup-dev browser
	FACILITYPLAN_CAMPAIGN=$(CAMPAIGN) "$(PY)" -m pytest -n $(JOBS) --dist loadfile -q --hypothesis-seed=0 \
	  tests/network tests/siting tests/crs tests/checks tests/standards tests/layers tests/io tests/hostile \
	  tests/maps/test_map_whatif.py tests/real/test_jinan_whatif.py tests/browser/test_map_hostile.py

# Peers that are timed beside ours; pandana is AGPL, so that nothing else ever installs it.
bench: setup-dev
	$(PIP) install --no-deps "pandana>=0.7"
	"$(PY)" benchmarks/main_job.py
	"$(PY)" benchmarks/maps.py

setup: $(VENV)/.runtime
setup-dev: $(VENV)/.dev

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(VENV)/bin/python requirements.lock pyproject.toml
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: $(VENV)/bin/python requirements-dev.lock pyproject.toml
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/.runtime

# Tests open maps in a real browser and have LibreOffice write xls and ods; see the scripts for what it does where it may not install one.
browser:
	sh tests/install_browser.sh
	sh tests/install_office.sh

sample-city: setup
	"$(PY)" data/make_sample_city.py
	"$(PY)" data/make_messy_city.py

# The committed example of a map is the demo's.
sample-map: demo
	cp out/demo/map.html maps/sample_city.html

# Locks name versions and hashes, never an index.
lock:
	$(PIP) install uv
	"$(PY)" -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url -q --group build pyproject.toml -o requirements.lock
	"$(PY)" -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url -q --group dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) out
