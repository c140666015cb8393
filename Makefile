PYTHON ?= python3
BIN := .venv/bin

.PHONY: app quick test test-all newest journeys others shots check browser first-page first-answer bench atlas

app: .venv/app  ## serve the app
	$(BIN)/streamlit run streamlit_app.py

quick: .venv/dev  ## tests while you work, without slow ones and those with a browser
	$(BIN)/python -m pytest --ignore=tests/browser -m "not slow" --numprocesses=auto --dist=loadgroup

# Tests and journeys run one after the other: with both at a time, two cores are so busy that browsers time out, and
# no time is gained.
test: check browser quick  ## all checks, and all tests and journeys that are not slow
	$(BIN)/python -m pytest tests/browser -m "not slow"

test-all: check browser others journeys  ## all checks and all tests: what CI runs

newest: .venv/dev .venv-newest/made  ## tests of tables with the newest allowed pandas and pyarrow
	PYTHONPATH=$(CURDIR)/.venv-newest $(BIN)/python -m pytest tests/data tests/share tests/app/test_data_page.py

# A journey that fails is run once more and then named: on a busy machine a browser can lose a request or a frame.
journeys: .venv/dev browser
	$(BIN)/python -m pytest tests/browser --reruns=1 -rR

others: .venv/dev
	$(BIN)/python -m pytest --ignore=tests/browser --numprocesses=auto --dist=loadgroup

shots: .venv/dev browser  ## pictures of every page, in test-screenshots/
	$(BIN)/python -m pytest tests/browser --shots

check: .venv/dev  ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

browser:  ## Chromium for the browser tests, if the system can install it
	sh tests/browser/install_chromium.sh

first-page: .venv/dev browser  ## measure the time until the first page is drawn
	$(BIN)/python -m benchmarks.first_page

first-answer: .venv/dev browser  ## measure the time until the first query is answered, new and restarted
	$(BIN)/python -m benchmarks.first_answer

# With fewer repeats than each benchmark uses by default, and Embedding Atlas only after `make atlas`. `threads`,
# `workers`, `growth`, `journey`, `soak` and `memory --million` take long and `memory_limit` takes root: they are run
# separately.
bench: .venv/bench browser  ## benchmarks of speed and memory, compared with widely used alternatives
	for name in "encode --runs 2" "kmeans --runs 2" "neighbors --runs 1" map "search --runs 5" time_to_map \
		"first_page --runs 3" "first_answer --runs 3" "first_map --runs 3" "memory --pages" "payload --rows 20000" map_view; do \
		echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; \
	done
	$(BIN)/python -m benchmarks.results

atlas:  ## Embedding Atlas in its own environment, for `benchmarks.time_to_map`
	$(PYTHON) -m venv .venv-atlas
	.venv-atlas/bin/pip install --quiet embedding-atlas==0.26.0

.venv/app: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable '.[app]' --constraint requirements.txt
	touch $@

.venv/dev: requirements.txt requirements-dev.txt .venv/app
	$(BIN)/pip install --quiet -r requirements-dev.txt
	touch $@

# These two packages take precedence over those in .venv, which are the oldest allowed versions.
.venv-newest/made: requirements-newest.txt
	$(BIN)/pip install --quiet --no-deps --upgrade --target .venv-newest -r requirements-newest.txt
	touch $@

.venv/bench: requirements-bench.txt .venv/dev
	$(BIN)/pip install --quiet -r requirements-bench.txt
	touch $@
