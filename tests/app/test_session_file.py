"""Everything that is open leaves a page as one file, and a new visitor opens it on the Data page."""

import explorer
from explorer.encode.spec import Tfidf
from explorer.session.files.visitor import saved_from
from explorer.session.files.writing import session_bytes
from tests.app.driving import (
    button,
    finished,
    labels,
    open_app,
    open_rows,
    open_with_rows,
    said,
    select,
)
from tests.app.test_data_page import upload

ROWS = {
    "body": ["a late parcel", "an apple", "the sea", "a parcel that is late", "apples", "a lake"],
    "kind": ["x", "y", "z", "x", "y", "z"],
}


def mine():
    return explorer.open_corpus(ROWS, text="body", label="kind", name="mine.csv")


def session_of(app):
    return app.session_state["explorer-session"]


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
    assert other.number_input(key="map-seed").value == 7
    go(other, "clusters")
    assert other.number_input(key="clusters").value == 2
    assert "parcels" in table_of_clusters(other)
    assert saved(other) == content
