"""How many processes encode rows, as it is chosen on the data page."""

from __future__ import annotations

import os
import shutil

import pytest

from explorer.settings import settings
from tests.app.driving import button, encoder_choice, error, finished, open_app, said

ROWS = b"text\na cat on two cores\nmy order is late\nplease help\nfour processes\n"


@pytest.fixture
def host(monkeypatch, tmp_path, tiny_model):
    """A host with four cores and a model; sets EXPLORER_WORKERS."""
    shutil.copytree(tiny_model, tmp_path / "models" / "tiny")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(4)))

    def allow(workers):
        monkeypatch.setenv("EXPLORER_MODEL_DIR", str(tmp_path / "models"))
        monkeypatch.setenv("EXPLORER_WORKERS", workers)
        settings.cache_clear()

    return allow


def choices(app):
    return [one for one in app.segmented_control if one.label == "Processes"]


def test_rows_are_encoded_by_as_many_processes_as_were_chosen(host):
    host("auto")
    app = finished(open_app("pages/data.py", corpus="medicare-faq"))
    (choice,) = choices(app)
    assert (choice.options, choice.value) == (["1", "2", "4"], 1)
    assert "This machine has 4 cores" in said(app.caption)
    choice.set_value(2).run()
    before = dict(app.query_params)
    app.selectbox(key="model-choice-Model").select("tiny").run()
    app.segmented_control(key="precision-choice").set_value("float32").run()
    # Rows that no other test has: visitors share the vectors of the same rows.
    app.segmented_control(key="rows-from").set_value("File").run()
    app.file_uploader(key="file").upload("processes.csv", ROWS, "text/csv")
    finished(app)
    button(app, "Encode 4 rows").click().run()
    finished(app)
    assert not app.error
    assert "OpenVINO float32 on cpu, 2 processes" in said(app.caption)
    assert choices(app)[0].value == 2
    assert not {"workers", "processes"} & dict(app.query_params).keys()
    assert dict(app.query_params).keys() - before.keys() <= {"model", "precision"}
    app.segmented_control(key="encode-with-False").set_value("TF-IDF").run()
    assert not choices(app)
    button(app, "Encode 4 rows").click().run()
    finished(app)
    assert not app.error
    assert encoder_choice(app).options[-1] == "TF-IDF"


@pytest.mark.parametrize(
    ("workers", "options"), [("1", None), ("3", ["1", "2", "3"]), ("9", ["1", "2", "4"])]
)
def test_the_host_bounds_the_choice_and_so_do_the_cores(host, workers, options):
    host(workers)
    app = finished(open_app("pages/data.py", corpus="medicare-faq"))
    assert [choice.options for choice in choices(app)] == ([options] if options else [])


def test_on_two_cores_there_is_a_choice_only_where_the_host_wants_one(host, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1})
    host("auto")
    assert not choices(finished(open_app("pages/data.py", corpus="medicare-faq")))
    host("2")
    assert choices(finished(open_app("pages/data.py", corpus="medicare-faq")))[0].options == ["1", "2"]


def test_a_setting_that_is_no_number_is_named_on_the_page(host):
    host("many")
    app = open_app("pages/data.py", corpus="medicare-faq")
    assert "EXPLORER_WORKERS" in error(app)
    assert "'many' is neither auto nor a positive whole number" in error(app)


def test_copies_that_do_not_fit_in_memory_are_refused_in_words(host, monkeypatch):
    host("4")
    app = finished(open_app("pages/data.py", corpus="support-tickets"))
    choices(app)[0].set_value(4).run()
    app.selectbox(key="model-choice-Model").select("tiny").run()
    app.segmented_control(key="precision-choice").set_value("float32").run()
    monkeypatch.setattr("explorer.jobs.memory_limit.memory_left", lambda: 150e6)
    button(app, "Encode 624 rows").click().run()
    finished(app)
    assert "in 4 processes needs about" in error(app)
    assert "Use fewer processes" in error(app)
