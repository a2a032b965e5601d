# Everything works on a fresh clone with Python 3.11 and make; .venv is made on demand from the lock file.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# two workers: the tests are sized for two cores
WORKERS ?= 2

.PHONY: demo test test-slow lint bench docs lock clean venv

venv: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: venv
	$(BIN)/armillary demo observatory-demo --no-open

test: venv
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile -m "not slow"

test-slow: venv
	ARMILLARY_RANDOM_EXAMPLES=1 $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile -m slow

lint: venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python scripts/licences.py requirements.lock

bench: venv
	$(BIN)/python -m benchmarks.run_all --size full --json benchmarks/results/latest.json

docs: venv
	$(BIN)/python docs/build.py

# The lock holds names, versions and hashes for all extras and the development tools; no index address.
lock:
	$(BIN)/pip-compile --quiet --all-extras --generate-hashes --no-emit-index-url --no-emit-find-links --allow-unsafe \
		--strip-extras --output-file requirements.lock pyproject.toml
	$(BIN)/python scripts/tidy_lock.py requirements.lock

clean:
	rm -rf $(VENV) observatory-demo site observatory .cache
