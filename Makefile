VENV = .venv
PY = $(VENV)/bin/python
SPHINX = $(PY) -m sphinx -c . docs
$(VENV)/.ready: requirements-dev.lock pyproject.toml
	python3 -m venv $(VENV)
	$(PY) -m pip install -q --require-hashes -r requirements-dev.lock
	$(PY) -m pip install -q --no-build-isolation --no-deps -e .
	touch $@
