PYTHON ?= python3
BIN := .venv/bin

.PHONY: app quick test newest journeys others shots check browser first-page bench atlas

app: .venv/app  ## serve the app
	$(BIN)/streamlit run streamlit_app.py

quick: .venv/dev  ## tests while you work: none that is slow, none with a browser
	$(BIN)/python -m pytest --ignore=tests/browser -m "not slow" --numprocesses=auto

test: check browser  ## every check and every test, those with a browser beside the others
	$(MAKE) --jobs=2 journeys others

newest: .venv/dev .venv-newest/made  ## tests of tables with the newest pandas and pyarrow that are allowed
	PYTHONPATH=$(CURDIR)/.venv-newest $(BIN)/python -m pytest tests/data tests/share tests/app/test_data_page.py

journeys: .venv/dev browser
	$(BIN)/python -m pytest tests/browser

others: .venv/dev
	$(BIN)/python -m pytest --ignore=tests/browser --numprocesses=auto --dist=loadgroup

shots: .venv/dev browser  ## pictures of every page, in test-screenshots/
	$(BIN)/python -m pytest tests/browser --shots

check: .venv/dev  ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

browser:  ## a Chromium for the browser tests, where the system can install one
	sh tests/browser/install_chromium.sh

first-page: .venv/dev browser  ## how long until the first page is drawn
	$(BIN)/python -m benchmarks.first_page

# With fewer repeats than each takes by itself, and Embedding Atlas only after `make atlas`. `threads`, `growth` and
# `memory --million` take long and are asked for by name.
bench: .venv/bench browser  ## what is claimed of speed and memory, each beside what people use today
	for name in "encode --runs 2" "kmeans --runs 2" "neighbors --runs 1" map "search --runs 5" time_to_map \
		"first_page --runs 3" "memory --pages" "payload --rows 20000"; do \
		echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; \
	done
	$(BIN)/python -m benchmarks.results

atlas:  ## Embedding Atlas in an environment of its own, for `benchmarks.time_to_map`
	$(PYTHON) -m venv .venv-atlas
	.venv-atlas/bin/pip install --quiet embedding-atlas==0.26.0

.venv/app: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable '.[app]' --constraint requirements.txt
	touch $@

.venv/dev: requirements.txt requirements-dev.txt .venv/app
	$(BIN)/pip install --quiet -r requirements-dev.txt
	touch $@

# Two packages that are found before those in .venv, which has the oldest versions allowed.
.venv-newest/made: requirements-newest.txt
	$(BIN)/pip install --quiet --no-deps --upgrade --target .venv-newest -r requirements-newest.txt
	touch $@

.venv/bench: requirements-bench.txt .venv/dev
	$(BIN)/pip install --quiet -r requirements-bench.txt
	touch $@
