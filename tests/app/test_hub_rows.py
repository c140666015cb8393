"""Rows from the Hub and rows that bring vectors, on the data page, against a Hub on this machine."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.data.hub.preview import preview_split
from explorer.data.opening import open_corpus
from explorer.hub.dataset_details import dataset_details
from explorer.jobs.registry import registry
from explorer.ui.data.hub_search import OPENED
from tests.app.driving import (
    button,
    error,
    finished,
    html_texts,
    labels,
    metric,
    open_app,
    open_rows,
    said,
    session_of,
    unescaped,
)
from tests.drawn_images import Drawing
from tests.hub_datasets import CONVERTED_COMMIT, DatasetHub
from tests.hub_server import COMMIT, EVERYTHING, impatient, talk_to
from tests.image_archives import drawn_png

HOSTILE = "<script>alert(1)</script> **bold** $x$ [go](javascript:alert(1))"
CARD = (
    f"---\nlicense: mit\n---\n# Letters\n<script>window.hurt=1</script><b onclick='x()'>kept</b>\n{HOSTILE}"
)
ROWS = 300


def letters() -> pa.Table:
    return pa.table(
        {
            "subject": [f"Letter {row}" for row in range(ROWS)],
            "body": [f"I write to you about matter {row}, {HOSTILE}" for row in range(ROWS)],
            "queue": ["billing" if row % 3 else "login" for row in range(ROWS)],
            "meta": [{"tone": {"name": f"calm {row % 2}"}} for row in range(ROWS)],
            "vector": pa.array([[row, 1.0, 2.0, 3.0] for row in range(ROWS)], pa.list_(pa.float32())),
        }
    )


def serve(hub, folder, name, tables, card=CARD):
    own = folder / name / "own"
    own.mkdir(parents=True)
    (own / "README.md").write_text(card)
    for (config, split), table in tables.items():
        place = folder / name / "converted" / config / split
        place.mkdir(parents=True)
        pq.write_table(table, place / "0000.parquet", row_group_size=50)
    hub.datasets[name], hub.conversions[name] = own, folder / name / "converted"


@pytest.fixture
def hub(monkeypatch, tmp_path):
    server = DatasetHub()
    talk_to(server, monkeypatch, tmp_path / "hub-cache")
    tables = {("default", "train"): letters(), ("default", "test"): letters().slice(0, 20)}
    serve(server, tmp_path, "post/letters", tables)
    serve(server, tmp_path, "post/cards", {("default", "train"): letters().slice(0, 9)})
    tags = ["license:mit", "size_categories:n<1K", "task_categories:text-classification", "language:en"]
    server.facts["post/letters"] = {"downloads": 12_345, "likes": 67, "tags": tags, "description": HOSTILE}
    server.facts["post/cards"] = {
        "downloads": 5,
        "tags": ["language:de"],
        "lastModified": "2026-01-02T03:04:05Z",
    }
    registry()._jobs.clear()  # the answers of another test's Hub
    yield server
    server.close()
    registry()._jobs.clear()


@pytest.fixture
def app(hub):
    return on_hub(finished(open_app("pages/data.py")))


def on_hub(app):
    app.segmented_control(key="rows-from").set_value("Hub").run()
    return finished(app)


def opened(app, name="post/letters"):
    app.text_input(key="hub-search").set_value(name).run()
    return finished(app)


def box(app, label):
    return next(element for element in app.selectbox if element.label == label)


def read(app, limit=None):
    if limit:
        number = next(element for element in app.number_input if element.label == "Rows")
        number.set_value(limit).run()
    button(app, "Read ").click().run()
    return finished(app)


def corpus_on_top(app):
    return open_rows(app)


def results(app):
    return next(frame.value for frame in app.dataframe if "downloads" in frame.value.columns)


def test_datasets_are_listed_with_what_one_judges_by(app):
    found = results(app)
    assert list(found["id"]) == ["post/letters", "post/cards"]
    assert list(found["downloads"]) == [12_345, 5]
    assert found["licence"][0] == "mit"
    assert found["size"][0] == "n<1K"
    assert found["author"][0] == "post"


def test_words_filters_and_order_reach_the_hub(app, hub):
    app.text_input(key="hub-search").set_value("letters").run()
    assert list(results(finished(app))["id"]) == ["post/letters"]
    app.text_input(key="hub-search").set_value("").run()
    app.selectbox(key="hub-language").select("de").run()
    assert list(results(finished(app))["id"]) == ["post/cards"]
    app.selectbox(key="hub-sort").select("modified").run()
    finished(app)
    assert hub.queries[-1]["sort"] == ["lastModified"]
    app.selectbox(key="hub-language").set_value("ja").run()
    finished(app)
    assert "No datasets match these words" in app.info[0].value


def test_a_dataset_is_looked_at_before_anything_large_is_downloaded(app, hub):
    opened(app)
    assert hub.downloaded < 100_000
    assert box(app, "Text column").value == "body"
    assert box(app, "Label column").value == "queue"
    assert "meta.tone.name" in box(app, "Label column").options
    assert "The first 50 of 300 rows" in said(app.caption)
    assert "will be downloaded" in said(app.caption)
    assert "12,345 downloads" in said(app.caption)
    assert "licence mit" in said(app.caption)
    columns = next(frame.value for frame in app.dataframe if "Detected as" in frame.value.columns)
    assert dict(zip(columns["Column"], columns["Detected as"], strict=True))["vector"] == "vector"
    assert not [label for label in labels(app) if label.startswith("Encode")]


def test_rows_are_read_encoded_and_linked(app):
    read(opened(app))
    assert metric(app, "Rows") == "300"
    assert f"post/letters@{CONVERTED_COMMIT}, default, train." in said(app.caption)
    assert "datasets/post/letters" in said(app.caption)
    button(app, "Encode 300 rows").click().run()
    finished(app)
    assert "post/letters" in corpus_on_top(app)
    link = app.query_params["corpus"]
    assert link == f"hub:post/letters@{CONVERTED_COMMIT},default,train,body,queue,,300,0"
    app.switch_page("pages/search.py").run()
    app.text_input(key="q").set_value("matter 7").run()
    assert [text for text in html_texts(app) if "<b>row</b>" in text]
    app.switch_page("pages/data.py").run()
    assert metric(finished(app), "Rows") == "300"  # nothing has to be chosen again


def test_a_revision_can_be_pinned_and_is_in_the_link(app, hub):
    own = hub.datasets["post/letters"]
    pq.write_table(letters().slice(0, 40), own / "train.parquet")  # which the Hub has not converted yet
    opened(app)
    assert "The first 50 of 300 rows" in said(app.caption)
    app.text_input(key="hub-revision-post/letters").set_value(" main ").run()
    finished(app)
    assert "The first 40 of 40 rows" in said(app.caption)
    read(app)
    assert f"post/letters@{COMMIT}, default, train." in said(app.caption)
    button(app, "Encode 40 rows").click().run()
    link = finished(app).query_params["corpus"]
    assert link == f"hub:post/letters@{COMMIT},default,train,body,queue,,40,0"
    other = finished(open_app(corpus=link))
    assert "40 rows" in corpus_on_top(other)


@pytest.mark.parametrize(
    ("revision", "said"), [("v9", "no such revision"), ("../main", "not a valid revision")]
)
def test_a_revision_that_is_not_there_is_named_and_can_be_changed(app, revision, said):
    opened(app)
    app.text_input(key="hub-revision-post/letters").set_value(revision).run()
    assert said in error(finished(app))
    app.text_input(key="hub-revision-post/letters").set_value("").run()
    assert "Read 300 rows" in labels(finished(app))


def test_a_partial_conversion_is_reported_before_and_after_reading(app, hub, tmp_path):
    serve(hub, tmp_path, "post/large", {("default", "partial-train"): letters().slice(0, 30)})
    opened(app, "post/large")
    assert "converted only the beginning of this dataset to Parquet, the first 5 GB" in said(app.caption)
    read(app)
    assert "converted only the beginning of this dataset to Parquet, the first 5 GB" in said(app.caption)


def test_rows_of_the_hub_include_metadata(app):
    read(opened(app))
    shown = next(frame.value for frame in app.dataframe if "body" in frame.value.columns)
    assert list(shown.columns) == ["body", "queue", "subject", "meta.tone.name"]


def test_fewer_rows_of_another_split_by_a_nested_path(app):
    opened(app)
    box(app, "Split").select("test").run()
    finished(app)
    box(app, "Label column").select("meta.tone.name").run()
    read(app, limit=7)
    assert metric(app, "Rows") == "7"
    assert "7 rows of 20 with text, drawn at random (seed 0)" in said(app.caption)
    button(app, "Encode 7 rows").click().run()
    assert finished(app).query_params["corpus"].endswith(",default,test,body,meta.tone.name,,7,0")


def test_a_dataset_without_parquet_is_streamed(app, hub, tmp_path):
    folder = tmp_path / "post" / "lines"
    folder.mkdir(parents=True)
    for part in "ab":
        rows = [{"body": f"line {part}{row}", "meta": {"kind": "xy"[row % 2]}} for row in range(30)]
        (folder / f"{part}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    hub.datasets["post/lines"] = folder
    opened(app, "post/lines")
    assert "Rows are streamed, starting with the first file" in said(app.caption)
    assert "Read up to 10,000 rows" in labels(app)
    assert "Seed" not in [element.label for element in app.number_input]
    read(app, limit=40)
    assert metric(app, "Rows") == "40"
    assert "The first 40 rows were read, file after file." in said(app.caption)
    button(app, "Encode 40 rows").click().run()
    assert finished(app).query_params["corpus"].endswith(",default,train,body,meta.kind,,40,0")


def test_another_choice_has_to_be_read_again(app):
    read(opened(app))
    box(app, "Text column").select("subject").run()
    finished(app)
    assert "Read 300 rows" in labels(app)
    assert not [label for label in labels(app) if label.startswith("Encode")]


def test_what_is_said_to_be_downloaded_is_downloaded(hub, tmp_path):
    random = np.random.default_rng(0)
    words = [random.bytes(40).hex() for _ in range(40_000)]
    table = pa.table({"text": words, "other": [word[::-1] for word in words]})
    serve(hub, tmp_path, "post/many", {("default", "train"): table})
    details = dataset_details("post/many")
    preview = preview_split(details)
    said = preview.download_bytes(details.splits[0], ["text"], 2_000)
    before = hub.downloaded
    open_corpus("post/many", text="text", label=None, limit=2_000)
    came = hub.downloaded - before
    assert 0.7 * came < said < 1.4 * came


def test_the_search_comes_back(app):
    opened(app)
    button(app, "Other datasets").click().run()
    assert list(results(finished(app))["id"]) == ["post/letters", "post/cards"]


def test_the_search_comes_back_with_its_words(app):
    app.text_input(key="hub-search").set_value("cards").run()
    app.session_state[OPENED] = "post/cards"  # as when its line is chosen, which tests cannot
    app.run()
    button(finished(app), "Other datasets").click().run()
    assert app.text_input(key="hub-search").value == "cards"
    assert list(results(finished(app))["id"]) == ["post/cards"]


def test_rows_of_the_hub_may_bring_their_vectors(app):
    opened(app)
    box(app, "Vectors").select("vector").run()
    read(app)
    assert "The rows include vectors of 4 dimensions" in said(app.caption)
    button(app, "Use 300 rows").click().run()
    link = finished(app).query_params["corpus"]
    assert link.endswith(",body,queue,vector,300,0")
    other = finished(open_app(corpus=link, vectors="own", model=""))
    assert "300 rows" in corpus_on_top(other)
    assert not other.error


def test_a_card_and_cells_by_a_stranger_do_nothing(app):
    opened(app)
    drawn = " ".join(html_texts(app))
    assert "kept" in drawn
    assert "<script" not in drawn
    assert "onclick" not in drawn
    assert "javascript:" not in drawn.replace(HOSTILE, "").replace("[go](javascript:alert(1))", "")
    for element in [*app.caption, *app.markdown]:
        assert "**bold**" not in element.value


def test_a_hostile_name_in_a_listing_is_shown_as_typed(app, hub):
    hub.bodies["/api/datasets"] = [
        {"id": HOSTILE, "author": HOSTILE, "tags": [f"license:{HOSTILE}"], "likes": "x"}
    ]
    app.text_input(key="hub-search").set_value("any").run()
    assert list(results(finished(app))["id"]) == [HOSTILE]
    app.session_state[OPENED] = HOSTILE
    app.run()
    assert "not a valid dataset name" in error(finished(app))
    assert "**bold**" not in app.error[0].value
    assert "<script" not in " ".join(html_texts(app))


@pytest.mark.parametrize("name", ["../..", "post/../x", "post/<b>x</b>", "a/b/c", "post//x", "-/-"])
def test_what_is_no_name_is_only_searched_for(app, name):
    opened(app, name)
    assert not app.error
    assert "No datasets match these words" in app.info[0].value


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("gated", "gated"),
        ("failing", "status 500"),
        ("limited", "rate-limiting"),
        ("nonsense", "other than the Hub"),
    ],
)
def test_a_fault_of_a_dataset_is_named_and_the_session_stays(app, hub, fault, said):
    getattr(hub, fault).add("post/letters")
    opened(app)
    assert said in error(app)
    assert "support-tickets" in corpus_on_top(app)
    getattr(hub, fault).clear()
    button(app, "Try again").click().run()
    finished(app)
    assert not app.error
    assert "Read 300 rows" in labels(app)


def test_a_missing_dataset_is_named(app):
    opened(app, "post/nothing")
    assert "post/nothing" in error(app)
    assert "nothing with that name" in error(app)


def test_a_download_that_breaks_off_can_be_tried_again(app, hub):
    opened(app)
    hub.broken_files.add("0000.parquet")
    read(app)
    assert "interrupted" in error(app)
    assert "support-tickets" in corpus_on_top(app)
    hub.broken_files.clear()
    button(app, "Try again").click().run()
    assert metric(finished(app), "Rows") == "300"


@pytest.mark.usefixtures("hasty_pages")
def test_reading_can_be_stopped_and_begun_again(app, hub):
    opened(app)
    hub.paused_files.add("0000.parquet")
    with pytest.MonkeyPatch.context() as patch:
        impatient(patch)  # a stop is noticed once the silent server is given up
        button(app, "Read ").click().run()
        assert "Reading post/letters" in " ".join(html_texts(app))
        button(app, "Cancel").click().run()
        finished(app)
    assert "stopped" in unescaped(app.info[0].value)
    hub.paused_files.clear()
    button(app, "Start again").click().run()
    assert metric(finished(app), "Rows") == "300"


@pytest.mark.usefixtures("hasty_pages")
@pytest.mark.parametrize("fault", ["silent", "closed"])
def test_without_the_hub_that_is_said_once_and_the_rest_works(hub, fault):
    app = finished(open_app("pages/data.py"))
    hub.silent.add(EVERYTHING) if fault == "silent" else hub.close()
    app.segmented_control(key="rows-from").set_value("Hub").run()
    hub.closed.set()  # until now a silent one gave no answer, and the page was drawn without one
    finished(app)
    assert not app.error
    assert len([info for info in app.info if "cannot be reached" in info.value]) == 1
    app.segmented_control(key="rows-from").set_value("Pasted lines").run()
    app.text_area(key="lines").set_value("one\ntwo").run()
    assert metric(finished(app), "Rows") == "2"


LINK = f"hub:post/letters@{CONVERTED_COMMIT},default,train,body,queue,,120,3"


def test_a_link_opens_the_same_rows_in_another_browser(hub):
    app = finished(open_app(corpus=LINK))
    assert "post/letters, default, train" in corpus_on_top(app)
    assert "120 rows" in corpus_on_top(app)
    assert app.query_params["corpus"] == LINK
    app.switch_page("pages/data.py").run()
    assert app.segmented_control(key="rows-from").value == "Hub"
    assert metric(finished(app), "Rows") == "120"
    button(app, "Other datasets").click().run()
    assert list(results(finished(app))["id"]) == ["post/letters", "post/cards"]


def test_a_link_filters_the_rows_of_the_hub_once_they_are_read(hub):
    app = finished(open_app(corpus=LINK, filters="queue:in:login;subject:contains:letter 1;nowhere:in:x"))
    session = session_of(app)
    table = session.corpus.table.to_pandas()
    wanted = (table["queue"] == "login") & table["subject"].str.lower().str.contains("letter 1")
    assert 0 < wanted.sum() < len(table)
    assert session.passing.tolist() == wanted.tolist()
    assert app.query_params["filters"] == "queue:in:login;subject:contains:letter 1"
    assert 'There is no column "nowhere"' in said(app.warning)


@pytest.mark.parametrize(
    "link",
    [
        "hub:",
        "hub:post/letters",
        LINK.replace("120", "0"),
        LINK.replace("120", "-1"),
        LINK.replace("120", "²"),
        LINK.replace("post", ".."),
        LINK.replace(CONVERTED_COMMIT, "refs/convert/parquet"),
        LINK.replace("body", ""),
        LINK + ",1,1",
        "hub:" + "," * 100_000,
        LINK.replace("body", "%00"),
    ],
)
def test_a_damaged_link_gives_a_notice_and_asks_nobody(hub, link):
    app = finished(open_app(corpus=link))
    assert not app.exception
    assert "names no rows of the Hub" in unescaped(app.warning[0].value)
    assert "support-tickets" not in str(app.main)
    assert hub.requests == []


@pytest.mark.parametrize(
    ("link", "said"),
    [
        (LINK.replace("letters", "nothing"), "nothing with that name"),
        (LINK.replace("body", "corpse"), "corpse"),
        (LINK.replace("train", "trian"), 'no split "trian"'),
        (LINK.replace(CONVERTED_COMMIT, "f" * 40), "no such revision"),
    ],
)
def test_a_link_that_leads_nowhere_says_why_and_shows_no_other_rows(hub, link, said):
    app = finished(open_app(corpus=link))
    assert said in error(app)
    assert "support-tickets" not in str(app.main)
    button(app, "Show a sample").click().run()
    finished(app)
    assert "support-tickets" in corpus_on_top(app)
    assert not app.error


@pytest.mark.parametrize("link", ["hub:", LINK.replace("letters", "nothing")])
def test_a_link_to_rows_with_vectors_that_leads_nowhere_leaves_an_encoder_that_works(hub, link):
    app = finished(open_app(corpus=link, vectors="own", model=""))
    assert app.warning or app.error
    button(app, "Show a sample").click().run()
    finished(app)
    assert not app.warning
    assert not app.error
    assert "vectors" not in app.query_params


@pytest.mark.usefixtures("hasty_pages")
def test_a_link_while_the_hub_is_silent_can_be_given_up(hub):
    hub.silent.add(EVERYTHING)
    app = open_app(corpus=LINK)
    assert "opens rows of a dataset" in app.info[0].value
    hub.closed.set()  # no answer came until now
    finished(app)
    assert "cannot be reached" in error(app)


def upload(app, name, content, key="file"):
    app.file_uploader(key=key).upload(name, content, "application/octet-stream")
    return finished(app)


@pytest.fixture
def files():
    app = finished(open_app("pages/data.py"))
    app.segmented_control(key="rows-from").set_value("File").run()
    return app


def embeddings_csv() -> bytes:
    """A table like the tutorial's: no text in it, one column per dimension."""
    vectors = np.random.default_rng(0).normal(size=(13, 384)).astype(np.float32)
    lines = [",".join(map(str, range(384)))]
    return "\n".join(lines + [",".join(map(str, row)) for row in vectors]).encode()


def test_a_column_of_vectors_can_take_the_place_of_encoding(files):
    rows = [{"text": f"text {row}", "embedding": [row + 0.5, 1.0, 2.0]} for row in range(5)]
    upload(files, "rows.jsonl", "\n".join(map(json.dumps, rows)).encode())
    assert box(files, "Vectors").value is None
    assert "include vectors of" not in said(files.caption)
    box(files, "Vectors").select("embedding").run()
    assert 'The rows include vectors of 3 dimensions, in column "embedding"' in said(finished(files).caption)


def test_a_table_of_numbers_takes_its_texts_from_pasted_lines_or_a_file(files, published):
    upload(files, "embeddings.csv", embeddings_csv())
    assert "13 vectors without texts" in said(files.caption)
    assert not files.error
    upload(files, "faq.txt", "\n".join(published["texts"]).encode(), key="texts-file")
    assert metric(files, "Rows") == "13"
    assert "Texts are those of faq.txt" in said(files.caption)
    files.segmented_control(key="texts-from").set_value("Pasted lines").run()
    files.text_area(key="texts-lines").set_value("\n".join(published["texts"][:12])).run()
    assert "13 vectors and 12 texts" in error(finished(files))
    files.text_area(key="texts-lines").set_value("\n".join(published["texts"])).run()
    assert "Texts are those of pasted lines" in said(finished(files).caption)
    assert "The rows include vectors of 384 dimensions, one column per dimension" in said(files.caption)


def test_vectors_alone_on_the_hub_take_their_texts_from_here(hub, tmp_path, published):
    serve(hub, tmp_path, "faq/vectors", {})
    (hub.datasets["faq/vectors"] / "embeddings.csv").write_bytes(embeddings_csv())
    app = opened(on_hub(finished(open_app("pages/data.py"))), "faq/vectors")
    read(app)
    assert "13 vectors without texts" in said(app.caption)
    app.segmented_control(key="texts-from").set_value("Pasted lines").run()
    app.text_area(key="texts-lines").set_value("\n".join(published["texts"])).run()
    assert metric(finished(app), "Rows") == "13"
    assert "The rows include vectors of 384 dimensions" in said(app.caption)


def test_a_damaged_vector_is_named(files):
    upload(files, "bad.jsonl", b'{"text": "a", "v": [1.0, 2.0]}\n{"text": "b", "v": [1.0, null]}\n')
    box(files, "Vectors").select("v").run()
    assert "row 2" in error(finished(files))


def drawn(captions):
    colours = ["red", "blue", "green"] * 4
    images = [{"bytes": drawn_png(Drawing("star", colour), 32), "path": None} for colour in colours]
    columns = {"image": images, "kind": pa.array([0, 1, 2] * 4)}
    if captions:
        columns["caption"] = [f"a {colour} star, number {row}" for row, colour in enumerate(colours)]
    described = {"image": {"_type": "Image"}, "kind": {"_type": "ClassLabel", "names": ["r", "b", "g"]}}
    return pa.table(columns).replace_schema_metadata(
        {"huggingface": json.dumps({"info": {"features": described}})}
    )


@pytest.mark.parametrize("captions", [True, False])
def test_images_of_the_hub_are_read_with_captions_or_names_of_files(app, hub, tmp_path, captions):
    serve(hub, tmp_path, "post/drawn", {("default", "train"): drawn(captions)})
    opened(app, "post/drawn")
    grid = next(text for text in html_texts(app) if text.startswith('<ul class="explorer-grid">'))
    assert grid.count("<img ") == 12
    assert "The first 12 images of column “image”." in said(app.caption)
    assert "will be downloaded" in said(app.caption)
    read(app)
    assert not app.error, said(app.error)
    assert metric(app, "Images") == "12"
    assert box(app, "Caption column").value == ("caption" if captions else "file")
    assert box(app, "Label column").value == "kind"
    assert [text for text in html_texts(app) if text.startswith('<ul class="explorer-grid">')]
    if captions:
        way = next(one for one in app.segmented_control if one.label == "Rows are encoded by")
        way.set_value("Their captions").run()
        read(finished(app))
        assert metric(app, "Rows") == "12"
