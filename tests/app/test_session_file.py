"""Everything that is open leaves a page as one file, and a new visitor opens it on the Data page."""

import shutil

import numpy as np
import pytest

import explorer
from explorer.data.corpus_from_table import make_corpus
from explorer.data.formats.files import read_file
from explorer.encode.spec import LocalModel, OwnVectors, Tfidf
from explorer.jobs.registry import registry
from explorer.session.files.saved_session import SavedSession
from explorer.session.files.visitor import saved_from
from explorer.session.files.writing import session_bytes
from explorer.session.selection import Selection
from tests.app import test_hub_rows as hub_rows
from tests.app.driving import (
    button,
    error,
    finished,
    html_texts,
    labels,
    open_app,
    open_rows,
    open_share,
    open_with_rows,
    said,
    select,
    session_of,
    with_open,
)
from tests.app.test_data_page import upload
from tests.image_archives import drawn_archive

hub = hub_rows.hub  # the fixture

ROWS = {
    "body": ["a late parcel", "an apple", "the sea", "a parcel that is late", "apples", "a lake"],
    "kind": ["x", "y", "z", "x", "y", "z"],
}


def mine():
    return explorer.open_corpus(ROWS, text="body", label="kind", name="mine.csv")


def worked():
    """A visitor's page after some work with rows of their own."""
    app = finished(open_with_rows(mine(), Tfidf()))
    session = session_of(app)
    session.select([0, 3], "the table")
    go(app, "map", colour="cluster", **{"map-seed": "7"})
    go(app, "clusters", clusters="2")
    name(app, 0, "parcels")
    return app


def go(app, page, **parameters):
    """The page as a link or a browser's address opens it."""
    app.query_params.clear()
    for parameter, value in parameters.items():
        app.query_params[parameter] = value
    app.switch_page(f"pages/{page}.py").run()
    return finished(app)


def table_of_clusters(app):
    return next(frame.value for frame in app.dataframe if "cluster" in frame.value.columns).to_string()


def name(app, label, called):
    """Name a cluster, as on the Clusters page."""
    select(app, "dataframe", {"rows": [label], "columns": []})
    box = next(box for box in app.text_input if box.label == "Name")
    box.set_value(called).run()
    return finished(app)


def saved(app, **how):
    return session_bytes(saved_from(session_of(app)), **how)


def looked_at(content, name="mine.explorer"):
    return upload(finished(open_app("pages/data.py")), name, content)


def opened(content):
    app = looked_at(content)
    button(app, "Open this session").click().run()
    return finished(app)


def test_work_is_saved_and_a_new_visitor_sees_all_of_it():
    app = worked()
    content = saved(app)
    other = looked_at(content)
    assert session_of(other).corpus.sample == "support-tickets"
    assert "Rows: mine.csv, 6 rows" in said(other.markdown)
    assert "Selection: 2 rows" in said(other.markdown)
    assert not other.warning
    button(other, "Open this session").click().run()
    other = finished(other)
    session = session_of(other)
    assert open_rows(other) == "mine.csv · 6 rows"
    assert session.encoder == Tfidf()
    assert session.selection.rows.tolist() == [0, 3]
    assert other.segmented_control(key="encode-with-False").value == "TF-IDF"
    assert not [label for label in labels(other) if label.startswith(("Encode", "Open these"))]
    go(other, "map")
    assert other.selectbox(key="colour").value == "cluster"
    assert with_open(other, "map-making").number_input(key="map-seed").value == 7
    go(other, "clusters")
    assert other.number_input(key="clusters").value == 2
    assert "parcels" in table_of_clusters(other)
    assert saved(other) == content


def files(app):
    return [box.proto.label for box in app.get("download_button")]


def test_it_is_offered_beside_the_space_and_in_share_and_made_only_then(monkeypatch):
    made = []
    monkeypatch.setattr("explorer.session.files.row_sources.can_be_named", lambda _: made.append(1) or True)
    app = finished(open_app("pages/data.py", corpus="medicare-faq", model="tfidf"))
    assert "Save the session" not in files(app)
    assert not made
    app.session_state["save-session-open"] = True
    app = finished(app)
    assert "Save the session" in files(app)
    way = app.segmented_control(key="session-has-3-Source of the rows")
    assert way.value == "Source of the rows"
    way.set_value("Rows and vectors").run()
    assert "Nothing is encoded again by TF-IDF" in said(app.caption)
    assert "About " in said(app.caption)
    app = open_share(finished(open_app("pages/search.py", corpus="medicare-faq", model="tfidf")))
    assert "Save the session" in files(app)


def test_a_session_with_vectors_opens_without_encoding():
    app = finished(open_with_rows(mine(), LocalModel()))
    session = session_of(app)
    other = opened(saved(app, space=session.spaces[session.encoder]))
    assert session_of(other).encoder == OwnVectors(LocalModel(precision="float32"))
    assert "0 texts encoded" in said(other.caption)
    go(other, "overview")
    go(other, "data")
    assert not [label for label in labels(other) if label.startswith(("Encode", "Use", "Open these"))]


def test_the_same_rows_are_recognised_when_the_page_is_left_and_visited_again():
    other = opened(saved(finished(open_with_rows(mine(), Tfidf()))))
    go(other, "search")
    go(other, "data")
    assert "mine.csv · open" in " ".join(html_texts(other))
    assert "Open it as it was saved" in [toggle.label for toggle in other.toggle]


def test_looking_at_a_session_opens_nothing_and_there_is_a_way_back():
    other = looked_at(saved(finished(open_with_rows(mine(), Tfidf()))))
    assert "Preview of mine.csv · not open yet" in " ".join(html_texts(other))
    go(other, "search")
    assert open_rows(other).startswith("support-tickets")
    go(other, "data")
    assert "Rows: mine.csv, 6 rows" in said(other.markdown)
    button(other, "Back to support-tickets").click().run()
    assert "Open this session" not in labels(finished(other))


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"PK\x03\x04 nothing", "cut short or damaged"), (b"a,b\n1,2", "cut short or damaged")],
)
def test_what_is_no_session_says_so_and_what_was_open_stays(content, told):
    other = looked_at(content)
    assert told in error(other)
    assert open_rows(other).startswith("support-tickets")


def test_what_is_missing_is_said_and_the_rest_opens(tiny_model, tmp_path, monkeypatch):
    place = tmp_path / "elsewhere" / "our-model"
    shutil.copytree(tiny_model, place)
    session = SavedSession(mine(), (LocalModel(str(place)), Tfidf()), selection=Selection(np.array([1]), "x"))
    other = looked_at(session_bytes(session))
    (told,) = (said([one]) for one in other.warning)
    assert "our-model was a folder on the machine where the session was saved" in told
    assert "The rows are encoded by TF-IDF instead." in told
    button(other, "Open this session").click().run()
    assert session_of(finished(other)).selection.rows.tolist() == [1]


def test_rows_that_are_too_many_here_leave_the_open_ones_and_the_rest_opens(bound):
    content = saved(worked())
    other = finished(open_app("pages/data.py", corpus="medicare-faq", model="tfidf"))
    bound("EXPLORER_MAX_ROWS", 5)
    other = upload(other, "mine.explorer", content)
    assert "The rows of “mine.csv” are not here." in said(other.warning)
    button(other, "Open the rest with the rows that are open").click().run()
    other = finished(other)
    assert open_rows(other).startswith("medicare-faq")
    go(other, "map")
    assert with_open(other, "map-making").number_input(key="map-seed").value == 7


def test_text_of_a_stranger_is_drawn_as_text():
    hostile = "<script>alert(1)</script> **bold**"
    corpus = explorer.open_corpus({"t": ["a", "b"]}, text="t", name=hostile)
    other = looked_at(session_bytes(SavedSession(corpus, (Tfidf(),))))
    assert f"Rows: {hostile}, 2 rows" in said(other.markdown)
    assert not [text for text in html_texts(other) if "<script>alert" in text]
    assert "**bold**" not in " ".join(element.value for element in other.markdown)


@pytest.fixture
def from_hub(hub):
    """A file that names rows of the Hub, and the Hub."""
    app = hub_rows.opened(hub_rows.on_hub(finished(open_app("pages/data.py", model="tfidf"))))
    hub_rows.read(app, limit=40)
    button(app, "Encode 40 rows").click().run()
    session = session_of(finished(app))
    session.select([0, 3], "the table")
    session.pages = {"Map": {"map-seed": ("7",)}}
    return saved(app), hub


def test_rows_of_the_hub_are_named_and_read_again(from_hub):
    content, hub = from_hub
    assert b"rows.parquet" not in content
    hub.requests.clear()
    other = opened(content)
    assert open_rows(other) == "post/letters, default, train · 40 rows"
    assert session_of(other).selection.rows.tolist() == [0, 3]
    assert hub.requests


def test_a_dataset_that_is_gone_is_said_and_the_rest_opens(from_hub):
    content, hub = from_hub
    hub.datasets.clear()
    registry()._jobs.clear()
    other = looked_at(content)
    assert "The rows of “post/letters, default, train” are not here." in said(other.warning)
    assert "What was selected, marked, named and judged is left out" in said(other.warning)
    button(other, "Open the rest with the rows that are open").click().run()
    other = finished(other)
    assert open_rows(other).startswith("support-tickets")
    assert session_of(other).selection is None
    go(other, "map")
    assert with_open(other, "map-making").number_input(key="map-seed").value == 7


def test_a_dataset_with_other_rows_keeps_what_is_not_about_rows(from_hub, tmp_path):
    content, hub = from_hub
    changed = hub_rows.letters().slice(100, 60)
    hub_rows.serve(hub, tmp_path / "later", "post/letters", {("default", "train"): changed})
    other = looked_at(content)
    assert "“post/letters, default, train” has other contents here than when it was saved." in said(
        other.warning
    )
    button(other, "Open this session").click().run()
    other = finished(other)
    assert open_rows(other) == "post/letters, default, train · 40 rows"
    assert session_of(other).selection is None


def test_images_are_in_the_file_and_it_says_what_they_lose(tiny_clip, bound):
    bound("EXPLORER_MODEL_DIR", tiny_clip.parent)
    corpus = make_corpus(read_file(drawn_archive(), "shapes.zip"))
    app = finished(open_with_rows(corpus, LocalModel(str(tiny_clip), precision="float32")))
    session = session_of(app)
    session.select([0, 3], "the table")
    app = open_share(app)
    assert "Images lose their metadata, such as where and when they were taken." in said(app.caption)
    content = session_bytes(saved_from(session), space=session.spaces[session.encoder])
    other = upload(finished(open_app("pages/data.py")), "shapes.explorer", content)
    button(other, "Open this session").click().run()
    session = session_of(finished(other))
    assert session.corpus.item_keys == corpus.item_keys
    assert session.selection.rows.tolist() == [0, 3]
    other.switch_page("pages/search.py").run()
    other.text_input(key="q").set_value("a red circle").run()
    assert 'alt="circle/red-0.png"' in " ".join(html_texts(finished(other)))
    assert session.spaces[session.encoder].report.encoded == 0
