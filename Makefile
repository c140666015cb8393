PYTHON ?= python3
BIN := .venv/bin

.PHONY: app test check browser first-page

app: .venv/app  ## serve the app
	$(BIN)/streamlit run streamlit_app.py

test: check browser  ## every check and every test
	$(BIN)/python -m pytest

check: .venv/dev  ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

browser:  ## a Chromium for the browser tests, where the system can install one
	sh tests/browser/install_chromium.sh

first-page: .venv/dev browser  ## how long until the first page is drawn
	$(BIN)/python -m benchmarks.first_page

.venv/app: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -r requirements.txt
	touch $@

.venv/dev: requirements.txt requirements-dev.txt .venv/app
	$(BIN)/pip install --quiet -r requirements-dev.txt
	touch $@
