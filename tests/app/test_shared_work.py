"""What visitors with the same texts share, which is the vectors and nothing else; and what goes stale."""

import shutil
import threading

import numpy as np
import pytest

from explorer import embedding
from explorer.settings import settings
from explorer.ui.search.hits_table import hits_table
from explorer.ui.shell import session as sessions
from tests.app.driving import driven_until, finished, html_texts, open_app, progress_lines, session_of
from tests.tiny_model import save_tiny_model

ROWS = b"the cat sat,1\nmy order is late,2\nplease help,3\n"
TWO_ROWS = b"text,n\nnever,1\nwanted,2\n"
FIRST, SECOND = "first-secret.csv", "second.csv"


@pytest.fixture
def models(monkeypatch, tmp_path, tiny_model):
    folder = tmp_path / "models"
    shutil.copytree(tiny_model, folder / "tiny")
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(folder))
    settings.cache_clear()
    return folder


@pytest.fixture
def gate(monkeypatch):
    """Rows are encoded only while it is open."""
    opened, encode = threading.Event(), embedding.encode_corpus
    opened.set()

    def wait(*args, **how):
        opened.wait()
        return encode(*args, **how)

    monkeypatch.setattr(embedding, "encode_corpus", wait)
    yield opened
    opened.set()


def uploaded(name, content):
    app = finished(open_app("pages/data.py", model="tiny", precision="float32"))
    app.segmented_control(key="rows-from").set_value("File").run()
    app.file_uploader(key="file").upload(name, content, "application/octet-stream")
    return finished(app)


def encode(app):
    return next(button for button in app.button if button.label.startswith("Encode ")).click().run()


def encode_instead(app, name, content):
    app.file_uploader(key="file").upload(name, content, "application/octet-stream")
    driven_until(app, lambda: any(button.label == "Encode 3 rows" for button in app.button))
    return encode(app)


def space_of(app):
    session = session_of(app)
    return session.spaces[session.encoder]


def test_the_same_texts_under_another_name_keep_their_own_name_and_source_rows(models):
    first = finished(encode(uploaded(FIRST, b"text,n\n" + ROWS)))
    second = finished(encode(uploaded(SECOND, b"text,n\n,0\n,0\n" + ROWS)))
    spaces = [space_of(app) for app in (first, second)]
    assert spaces[0].fingerprint == spaces[1].fingerprint  # so all but the name and the places are the same
    assert spaces[0].index is spaces[1].index  # the vectors are held once
    assert [space.corpus.name for space in spaces] == [FIRST, SECOND]
    for space, source_rows in zip(spaces, ([1, 2, 3], [3, 4, 5]), strict=True):
        found = hits_table(space, ["q"], [space.search("the cat sat", k=3)], "cosine")
        assert sorted(found["source_row"].to_pylist()) == source_rows


@pytest.mark.usefixtures("hasty_pages")
def test_a_shared_job_names_nobody_elses_file(models, gate):
    rows = ROWS.replace(b"late", b"here")  # which no job of another test has encoded
    apps = [uploaded(FIRST, b"text,n\n" + rows), uploaded(SECOND, b"text,n\n,0\n" + rows)]
    gate.clear()
    for app in apps:
        encode(app)
        driven_until(app, lambda app=app: "Encoding 3 rows with tiny" in " ".join(html_texts(app)))
    assert FIRST not in " ".join(html_texts(apps[1]))
    assert any("shared with 1 other visitor" in line for line in progress_lines(apps[1]))
    gate.set()
    for app in apps:
        assert not finished(app).error


@pytest.mark.usefixtures("hasty_pages")
def test_who_has_the_vectors_at_hand_does_not_wait_for_what_another_encodes(models, gate):
    content = b"text,n\n" + ROWS
    first = finished(encode(uploaded(FIRST, content)))
    busy, other = uploaded("busy.csv", b"text,n\nsomething,1\nelse,2\n"), uploaded(SECOND, content)
    gate.clear()
    encode(busy)
    driven_until(busy, lambda: "Encoding 2 rows" in " ".join(html_texts(busy)))
    encode(other)
    driven_until(other, lambda: session_of(other).encoder in session_of(other).spaces)
    assert space_of(other).index is space_of(first).index


@pytest.mark.usefixtures("hasty_pages")
@pytest.mark.parametrize("under_way", ["Opening", "Encoding"])
def test_rows_that_were_closed_hold_up_no_others(models, gate, monkeypatch, under_way):
    from explorer import embedding

    app = uploaded(FIRST, TWO_ROWS)
    opened, open_spec = threading.Event(), embedding.open_spec
    monkeypatch.setattr(
        embedding, "open_spec", lambda *args, **kw: (open_spec(*args, **kw), opened.wait(60))[0]
    )
    if under_way == "Encoding":
        opened.set()
    gate.clear()
    encode(app)
    driven_until(app, lambda: f"{under_way} " in " ".join(html_texts(app)))
    session = session_of(app)
    closed = session.jobs[session.encoder]
    # Rows that no job of another test has encoded.
    encode_instead(app, SECOND, b"text,n\n" + ROWS.replace(b"late", under_way.encode()))
    opened.set()
    assert closed.wait(60)
    driven_until(app, lambda: "Encoding 3 rows" in " ".join(html_texts(app)))
    gate.set()
    assert len(space_of(finished(app))) == 3
    assert closed.state == ("cancelled" if under_way == "Opening" else "done")
    if under_way == "Encoding":
        assert closed.result.rows.state == "cancelled"


@pytest.mark.usefixtures("hasty_pages")
def test_rows_that_another_tab_of_the_browser_shows_are_still_encoded(models, gate, monkeypatch):
    monkeypatch.setattr(sessions, "identify_visitor", lambda: "one browser")
    tabs = [uploaded(FIRST, TWO_ROWS.replace(b"wanted", b"shown")) for _ in range(2)]
    gate.clear()
    for tab in tabs:
        encode(tab)
        driven_until(tab, lambda tab=tab: "Encoding 2 rows" in " ".join(html_texts(tab)))
    encode_instead(tabs[0], SECOND, b"text,n\n" + ROWS.replace(b"late", b"lost"))
    gate.set()
    assert [len(space_of(finished(tab))) for tab in tabs] == [3, 2]


def test_a_model_whose_files_changed_shows_nothing_of_before(models):
    content = b"text,n\n" + ROWS
    before = space_of(finished(encode(uploaded(FIRST, content))))
    shutil.rmtree(models / "tiny")
    save_tiny_model(models / "tiny", prompts={"query": "query: ", "document": "document: "}, seed=1)
    after = space_of(finished(encode(uploaded(SECOND, content))))
    assert after.fingerprint != before.fingerprint
    assert np.abs(after.vectors - before.vectors).max() > 1e-3


def test_a_result_of_a_model_that_changed_is_computed_again(models):
    apps = []
    for seed in (0, 1):
        shutil.rmtree(models / "tiny")
        save_tiny_model(models / "tiny", prompts={"query": "query: ", "document": "document: "}, seed=seed)
        app = finished(encode(uploaded(FIRST, b"text,n\n" + ROWS)))
        app.switch_page("pages/map.py").run()
        apps.append(finished(app))
    keys = [{key for key in session_of(app).results if "MapSpec" in str(key)} for app in apps]
    assert keys[0]
    assert keys[1]
    assert not keys[0] & keys[1]
