# The book's commands. `make` lists them.
# Only Python 3.11 or later (with venv), make and git are needed for `make html`; the environment in .venv is made from the locks.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
BUILD := _build
NAME := ketamine-in-mental-health
ARGS ?=

# A failed build forgets what it read: otherwise the next one would skip the unchanged pages, and their warnings with them.
SPHINX = build() { $(PY) -m sphinx -c . -d $(BUILD)/doctrees/$$1 -n -W --keep-going -j auto -b $$1 docs $(BUILD)/$$1 $(ARGS) \
	|| { rm -f $(BUILD)/doctrees/$$1/environment.pickle; return 1; }; }; build

# $(call need,program:package …) stops with the Debian packages that hold the programs that are missing.
need = missing=; for pair in $(1); do command -v $${pair%%:*} >/dev/null || missing="$$missing $${pair\#*:}"; done; \
	test -z "$$missing" || { echo "This needs Debian packages that are not installed: apt-get install$$missing" >&2; exit 1; }

# The time that files bear is the day of the release, so that equal sources give equal files.
RELEASED = SOURCE_DATE_EPOCH=$$($(PY) -c 'import os, runpy; runpy.run_path("conf.py"); print(os.environ["SOURCE_DATE_EPOCH"])')

.DEFAULT_GOAL := help
.PHONY: help html site check pdf epub links test live format lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name does; do printf 'make %-8s %s\n' "$$name" "$$does"; done

html: $(VENV)/.book ## build the book as a site, in _build/html; any warning fails it
	@$(SPHINX) html

site: pdf epub ## build the PDF and the EPUB, then the site with both beside the pages
	@$(SPHINX) html
site: private override ARGS += -D reviewbook_editions=$(BUILD)/latex/$(NAME).pdf,$(BUILD)/epub/$(NAME).epub

check: $(VENV)/.book ## run every rule over the whole book in seconds, without writing pages
	@$(SPHINX) check

pdf: $(VENV)/.book ## build the book as a PDF, in _build/latex (needs TeX; says what is missing)
	@$(call need,latexmk:latexmk xelatex:texlive-xetex kpsewhich:texlive-latex-extra rsvg-convert:librsvg2-bin)
	@kpsewhich tabulary.sty >/dev/null || { echo "This needs a Debian package that is not installed: apt-get install texlive-latex-extra" >&2; exit 1; }
	@kpsewhich FreeSerif.otf >/dev/null || { echo "This needs a Debian package that is not installed: apt-get install fonts-freefont-otf" >&2; exit 1; }
	@$(SPHINX) latex
	@mkdir -p $(BUILD)/latex && $(RELEASED) $(MAKE) --no-print-directory -C $(BUILD)/latex LATEXMKOPTS="-quiet -halt-on-error" all-pdf >$(BUILD)/latex/make.log 2>&1 \
		|| { tail -n 40 $(BUILD)/latex/make.log >&2; exit 1; }
	@echo "The PDF is $(BUILD)/latex/$(NAME).pdf."

epub: $(VENV)/.book ## build the book as an EPUB, in _build/epub, and check it with epubcheck
	@$(call need,java:default-jre-headless epubcheck:epubcheck)
	@$(SPHINX) epub
	@jar=$$(command -v epubcheck); case "$$(head -c 2 "$$jar")" in PK) set -- java -jar "$$jar";; *) set -- "$$jar";; esac; \
		"$$@" --failonwarnings $(BUILD)/epub/*.epub

links: $(VENV)/.book ## ask over the network whether every link leads somewhere (ARGS="--only doi" for some)
	@$(PY) -m reviewbook links $(ARGS)

test: $(VENV)/.dev ## run every test (ARGS="-k name" for some)
	@$(PY) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

live: $(VENV)/.dev ## serve the book at http://127.0.0.1:8000 and rebuild it as you write
	@$(PY) -m reviewbook live $(ARGS)

format: $(VENV)/.dev ## put references.bib and the code into the fixed format
	@$(PY) -m reviewbook format
	@$(PY) -m ruff check --quiet --fix .
	@$(PY) -m ruff format --quiet .

lock: ## renew the locks from pyproject.toml (needs uv)
	@printf 'setuptools>=77\n' | uv pip compile $(LOCK) pyproject.toml - -o requirements.lock
	@printf 'setuptools>=77\n' | uv pip compile $(LOCK) pyproject.toml - --extra dev -c requirements.lock -o requirements-dev.lock
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate

clean: ## remove what was built (not .venv)
	rm -rf $(BUILD)

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "The book needs Python 3.11 or later; $(PYTHON) is older or missing. On Debian: apt-get install python3 python3-venv. Another one: make PYTHON=python3.12 html" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo "$(PYTHON) cannot make environments. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) from requirements.lock …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.book: requirements.lock pyproject.toml | $(PY)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.book
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
