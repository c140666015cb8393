from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.data.hub.preview import preview_split
from explorer.data.hub.rows import read_split
from explorer.data.opening import open_corpus
from explorer.errors import (
    ColumnError,
    DataError,
    EmptyDataError,
    GatedError,
    HubUnreachableError,
    NotOnHubError,
    TooLargeError,
    UnknownCorpusError,
    UnreadableFileError,
)
from explorer.hub.dataset_details import dataset_details
from explorer.jobs.progress import Progress
from tests.data.failing import failure
from tests.hub_datasets import CONVERTED_COMMIT
from tests.hub_server import COMMIT

FEATURES = {"label": {"_type": "ClassLabel", "names": ["no", "yes"]}, "text": {"_type": "Value"}}
KEPT: list[pa.MemoryPool] = []  # what was allocated from a pool is given back to it
SCHEMA = {b"huggingface": json.dumps({"info": {"features": FEATURES}}).encode()}


def table(rows: range) -> pa.Table:
    columns = {
        "id": list(rows),
        "text": [f"message {row} about {row * 2654435761 % 1000003}" for row in rows],
        "label": [row % 2 for row in rows],
        "url": [f"http://example.org/{row * 2654435761 % 10**9}" for row in rows],
    }
    return pa.table(columns).replace_schema_metadata(SCHEMA)


def position(text: str) -> int:
    return int(text.split()[1])


def serve(hub, folder, tables, *, name="me/rows", **options):
    """Serve tables as the files of the split `train` of the Hub's conversion."""
    split = folder / name / "converted" / "default" / "train"
    split.mkdir(parents=True)
    for number, rows in enumerate(tables):
        pq.write_table(rows, split / f"{number:04}.parquet", **options)
    own = folder / name / "own"
    own.mkdir()
    hub.datasets[name], hub.conversions[name] = own, split.parent.parent
    return sum(file.stat().st_size for file in split.iterdir())


@pytest.fixture(scope="session")
def million(tmp_path_factory):
    """A million short rows in four files, written once."""
    folder = tmp_path_factory.mktemp("million")
    for part in range(4):
        rows = table(range(part * 250_000, (part + 1) * 250_000))
        pq.write_table(rows, folder / f"{part:04}.parquet", row_group_size=10_000)
    return folder


def serve_million(hub, folder, files):
    serve(hub, folder, [])
    train = hub.conversions["me/rows"] / "default" / "train"
    for file in files.iterdir():
        (train / file.name).hardlink_to(file)
    return sum(file.stat().st_size for file in files.iterdir())


@pytest.mark.slow
def test_ten_thousand_of_a_million_rows_cost_less_than_a_tenth_of_the_bytes(dataset_hub, tmp_path, million):
    size = serve_million(dataset_hub, tmp_path, million)
    seen = []
    corpus = open_corpus("me/rows", limit=10_000, on_progress=seen.append)
    assert dataset_hub.downloaded < size / 10
    assert (len(corpus), corpus.text, corpus.label, corpus.total_rows) == (10_000, "text", "label", 1_000_000)
    assert corpus.source_rows.tolist() == [position(text) + 1 for text in corpus.texts]
    assert set(corpus.labels) == {"no", "yes"}
    assert corpus.labels[0] == ("no", "yes")[position(corpus.texts[0]) % 2]
    assert len(set(corpus.source_rows // 10_000)) >= 5
    assert (
        "50,000 of 1,000,000 rows were read: 5 of 100 row groups, drawn at random (seed 0)." in corpus.notes
    )
    assert (seen[0].done, seen[0].total, seen[0].unit) == (0, 50_000, "rows")
    assert (seen[-1].done, seen[-1].total) == (50_000, 50_000)
    done = [progress.done for progress in seen]
    assert done == sorted(done)


@pytest.mark.slow
def test_the_same_seed_draws_the_same_rows_and_another_does_not(dataset_hub, tmp_path, million):
    serve_million(dataset_hub, tmp_path, million)
    options = {"text": "text", "label": None, "limit": 500}
    first, again, other = (open_corpus("me/rows", seed=seed, **options) for seed in (4, 4, 5))
    assert first.fingerprint == again.fingerprint
    assert first.source_rows.tolist() != other.source_rows.tolist()


@pytest.mark.slow
def test_what_a_corpus_came_from_opens_it_again(dataset_hub, tmp_path):
    serve(dataset_hub, tmp_path, [table(range(2_000))], row_group_size=100)
    corpus = open_corpus("me/rows", text="text", label="label", limit=50, seed=9)
    origin = corpus.origin
    assert (origin.id, origin.config, origin.split) == ("me/rows", "default", "train")
    assert origin.revision == CONVERTED_COMMIT
    assert any(f"me/rows@{CONVERTED_COMMIT}" in note for note in corpus.notes)
    again = open_corpus(
        origin.id,
        config=origin.config,
        split=origin.split,
        revision=origin.revision,
        text=corpus.text,
        label=corpus.label,
        limit=origin.limit,
        seed=origin.seed,
    )
    assert again.fingerprint == corpus.fingerprint
    assert again.origin == origin
    assert corpus.take(np.array([0])).origin is None


@pytest.mark.slow
def test_all_rows_are_there_in_their_order_when_they_fit(dataset_hub, tmp_path):
    serve(dataset_hub, tmp_path, [table(range(70)), table(range(70, 100))], row_group_size=20)
    corpus = open_corpus("me/rows")
    assert [position(text) for text in corpus.texts] == list(range(100))
    assert corpus.source_rows.tolist() == list(range(1, 101))
    assert len(corpus.notes) == 1
    assert corpus.table.column_names == ["text", "label", "id", "url"]


@pytest.mark.slow
def test_one_large_row_group_is_not_downloaded_whole(dataset_hub, tmp_path):
    words = np.random.default_rng(0).integers(0, 2**60, (100_000, 4))
    rows = pa.table({"text": [f"m {a:x} {b:x} {c:x} {d:x}" for a, b, c, d in words]})
    size = serve(dataset_hub, tmp_path, [rows], data_page_size=100_000)
    corpus = open_corpus("me/rows", text="text", label=None, limit=1_000)
    assert len(corpus) == 1_000
    assert dataset_hub.downloaded < size / 3  # a page of Parquet's dictionary, of a megabyte, comes first
    assert any("of each the first 5,000 rows at most" in note for note in corpus.notes)


@pytest.mark.slow
def test_the_hosts_bounds_hold(dataset_hub, tmp_path, bound):
    texts = np.random.default_rng(0).bytes(4_000_000).hex()
    rows = pa.table({"text": [f"m {texts[at : at + 8_000]}" for at in range(0, 8_000_000, 8_000)]})
    serve(dataset_hub, tmp_path, [rows], row_group_size=50, use_dictionary=False)
    bound("EXPLORER_MAX_FILE_MB", 2)
    corpus = open_corpus("me/rows", text="text", label=None)
    assert 0 < len(corpus) < 1_000
    assert dataset_hub.downloaded <= 2_000_000
    assert "The rest is left out: more than 2 MB would have to be downloaded." in corpus.notes
    assert open_corpus("me/rows", text="text", label=None).fingerprint == corpus.fingerprint
    bound("EXPLORER_MAX_FILE_MB", 200)
    bound("EXPLORER_MAX_ROWS", 30)
    assert len(open_corpus("me/rows", limit=500)) == 30


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"column_encoding": "DELTA_BYTE_ARRAY", "use_dictionary": False}])
def test_rows_that_unpack_to_too_much_are_refused_before_they_are_unpacked(
    dataset_hub, tmp_path, bound, options
):
    rows = pa.table({"text": [f"{row} {'x' * 9_000}" for row in range(10_000)]})
    size = serve(dataset_hub, tmp_path, [rows], compression="zstd", data_page_size=100_000, **options)
    assert size < 1_000_000
    del rows
    bound("EXPLORER_MAX_FILE_MB", 5)
    before, counting = pa.default_memory_pool(), pa.proxy_memory_pool(pa.system_memory_pool())
    pa.set_memory_pool(counting)
    try:
        failure(TooLargeError, open_corpus, "me/rows", text="text", label=None)
        preview_split(dataset_details("me/rows"), None, None)
    finally:
        pa.set_memory_pool(before)
    assert counting.max_memory() < 60e6
    KEPT.append(counting)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY", "PLAIN"])
@pytest.mark.parametrize("limit", [None, 40])
def test_rows_in_any_encoding_come_as_they_are(dataset_hub, tmp_path, encoding, limit):
    rows = pa.table(
        {
            "text": [f"message {row} {'words ' * 20}" for row in range(3_000)],
            "tags": [[f"t{row}", f"u{row}"] for row in range(3_000)],
        }
    )
    serve(dataset_hub, tmp_path, [rows], use_dictionary=False, column_encoding=encoding, data_page_size=2_000)
    split = dataset_details("me/rows").find_split(None, None)
    source = read_split(split, ["text", "tags"], limit=limit)
    assert source.table.num_rows == (3_000 if limit is None else 200)  # five times as many are drawn from
    drawn = rows.take(source.source_rows - 1)
    assert source.table["text"].to_pylist() == drawn["text"].to_pylist()
    assert [json.loads(tags) for tags in source.table["tags"].to_pylist()] == drawn["tags"].to_pylist()


@pytest.mark.slow
def test_a_file_without_parquet_is_read_within_the_bounds_on_uploads(dataset_hub, tmp_path, bound):
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "train.csv").write_bytes(b"text,n\n" + b'"a text, in ""quotes""",1\n' * 3_000_000)
    dataset_hub.datasets["me/rows"] = folder
    bound("EXPLORER_READ_SECONDS", 1)
    error = failure(TooLargeError, open_corpus, "me/rows")
    assert "1 second allowed" in error.what


@pytest.mark.slow
def test_work_stops_when_progress_raises(dataset_hub, tmp_path, million):
    size = serve_million(dataset_hub, tmp_path, million)

    class StopError(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.done:
            raise StopError

    with pytest.raises(StopError):
        open_corpus("me/rows", text="text", label=None, on_progress=stop)
    assert dataset_hub.downloaded < size / 4


@pytest.mark.slow
def test_values_inside_records_and_lists_are_picked_by_path(dataset_hub, tmp_path):
    rows = pa.table(
        {
            "messages": [
                [{"role": "user", "content": f"question {row}"}, {"role": "bot", "content": f"answer {row}"}]
                for row in range(9)
            ]
            + [[], None],
            "meta": [{"kind": "a" if row % 2 else "b"} for row in range(11)],
            "a.b": ["plain"] * 11,
        }
    )
    serve(dataset_hub, tmp_path, [rows])
    corpus = open_corpus("me/rows", text="messages[1].content", label="meta.kind")
    assert corpus.texts == [f"answer {row}" for row in range(9)]
    assert corpus.labels[:2] == ["b", "a"]
    assert corpus.empty_rows == 2
    assert open_corpus("me/rows", text="a.b", label=None).texts == ["plain"] * 11
    paths = {column.path: column.kind for column in preview_split(dataset_details("me/rows")).columns}
    assert set(paths) == {"messages[0].content", "messages[0].role", "meta.kind", "a.b"}
    for path in ("messages.content", "meta.nothing", "meta[0]", "meta.", "nothing"):
        error = failure(ColumnError, open_corpus, "me/rows", text=path, label=None)
        assert "messages[0].content" in error.fix


@pytest.mark.slow
def test_vectors_come_with_rows_from_the_hub(dataset_hub, tmp_path):
    matrix = np.random.default_rng(0).standard_normal((40, 96)).astype(np.float32)
    rows = pa.table({"text": [f"message {row}" for row in range(40)], "emb": pa.array(list(matrix))})
    serve(dataset_hub, tmp_path, [rows], row_group_size=4)
    corpus = open_corpus("me/rows", vectors="emb", limit=3)
    np.testing.assert_array_equal(corpus.vectors, matrix[corpus.source_rows - 1])


@pytest.mark.slow
def test_a_preview_shows_columns_and_rows_for_few_bytes(dataset_hub, tmp_path, million):
    serve_million(dataset_hub, tmp_path, million)
    preview = preview_split(dataset_details("me/rows"))
    kinds = {column.path: column.kind for column in preview.columns}
    assert kinds == {"id": "number", "text": "text", "label": "label", "url": "text"}
    assert (preview.text, preview.label) == ("text", "label")
    assert preview.head.table["text"][0].as_py() == "message 0 about 0"
    assert preview.head.table["label"].to_pylist()[:2] == ["no", "yes"]
    assert preview.rows is None  # four files, of which one was looked at
    assert preview.partial == ()
    assert dataset_hub.downloaded == preview.bytes_read <= 2_000_000


@pytest.mark.slow
def test_a_preview_leaves_out_what_is_too_large_and_says_so(dataset_hub, tmp_path):
    noise = np.random.default_rng(0).bytes(6_000_000)
    rows = pa.table(
        {
            "image": [
                {"bytes": noise[at : at + 60_000], "path": "x.png"} for at in range(0, 6_000_000, 60_000)
            ],
            "long": [noise[at : at + 30_000].hex() for at in range(0, 3_000_000, 30_000)],
            "vector": np.zeros((100, 300), "f4").tolist(),
            "caption": [f"a picture of thing {row}" for row in range(100)],
        }
    )
    serve(dataset_hub, tmp_path, [rows], use_dictionary=False)
    preview = preview_split(dataset_details("me/rows"))
    kinds = {column.path: column.kind for column in preview.columns}
    assert kinds == {"image": "image", "long": "text", "vector": "vector", "caption": "text"}
    assert preview.text == "caption"
    assert preview.rows == 100
    assert dataset_hub.downloaded <= 2_000_000
    assert preview.partial == () or "long" in preview.partial[0]


@pytest.mark.slow
def test_class_names_come_from_the_card_where_the_file_has_none(dataset_hub, tmp_path):
    serve(dataset_hub, tmp_path, [table(range(40)).replace_schema_metadata(None)])
    classes = {"name": "label", "dtype": {"class_label": {"names": {"0": "bad", "1": "good"}}}}
    dataset_hub.facts["me/rows"] = {"cardData": {"dataset_info": {"features": [classes]}}}
    assert set(open_corpus("me/rows").labels) == {"bad", "good"}


@pytest.mark.slow
def test_a_dataset_without_parquet_is_read_like_a_file(dataset_hub, tmp_path):
    serve(dataset_hub, tmp_path, [], name="me/csv")
    dataset_hub.conversions.clear()
    (dataset_hub.datasets["me/csv"] / "train.csv").write_text("body,kind\n" + "a b,x\nc d,y\n" * 4)
    corpus = open_corpus("me/csv", limit=5)
    assert (len(corpus), corpus.text, corpus.label) == (5, "body", "kind")
    assert corpus.origin.revision == COMMIT
    assert preview_split(dataset_details("me/csv")).text == "body"


def test_a_damaged_or_incomplete_file_is_named(dataset_hub, tmp_path):
    serve(dataset_hub, tmp_path, [table(range(2_000))])
    file = dataset_hub.conversions["me/rows"] / "default/train/0000.parquet"
    content = bytearray(file.read_bytes())
    half = len(content) // 2
    content[4:half] = b"x" * (half - 4)
    file.write_bytes(content)
    assert (
        "0000.parquet" in failure(UnreadableFileError, open_corpus, "me/rows", text="text", label=None).where
    )
    file.write_bytes(b"nothing of the kind")
    failure(UnreadableFileError, open_corpus, "me/rows", text="text", label=None)


def test_a_gated_dataset_says_how_to_get_in(dataset_hub, tmp_path):
    serve(dataset_hub, tmp_path, [table(range(20))])
    dataset_hub.gated.add("me/rows")
    assert "HF_TOKEN" in failure(GatedError, open_corpus, "me/rows").fix


def test_a_server_that_sends_no_parts_of_a_large_file_is_found_out(dataset_hub, tmp_path):
    text = np.random.default_rng(0).bytes(6_000_000).hex()
    serve(
        dataset_hub,
        tmp_path,
        [pa.table({"text": [text[at : at + 6_000] for at in range(0, len(text), 6_000)]})],
    )
    dataset_hub.whole_answers.add("0000.parquet")
    failure(HubUnreachableError, open_corpus, "me/rows", text="text", label=None)


@pytest.mark.slow
def test_columns_are_the_same_whatever_files_hold_them(dataset_hub, tmp_path):
    other = pa.table({"text": ["a b", "c d"], "label": pa.array([1, 0], pa.int8())})
    serve(dataset_hub, tmp_path, [table(range(10)), other])
    assert open_corpus("me/rows", text="text", label="label").labels[-2:] == ["yes", "no"]
    wrong = pa.table({"text": [[1], [2]], "label": [1, 0]})
    serve(dataset_hub, tmp_path, [table(range(10)), wrong], name="me/mixed")
    assert "differ" in failure(DataError, open_corpus, "me/mixed", text="text", label="label").what


def test_a_download_that_breaks_off_says_so(dataset_hub, tmp_path):
    serve(dataset_hub, tmp_path, [table(range(40_000))])
    dataset_hub.broken_files.add("0000.parquet")
    failure(HubUnreachableError, open_corpus, "me/rows", text="text", label=None)


def test_only_what_looks_like_a_dataset_is_looked_for_on_the_hub(dataset_hub, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("data/tickets.csv", "./me/rows", "tickets", "me/rows/train", "/me/rows"):
        failure(UnknownCorpusError, open_corpus, name)
    assert dataset_hub.requests == []
    failure(NotOnHubError, open_corpus, "me/nothing")
    (tmp_path / "me").mkdir()
    (tmp_path / "me" / "rows").mkdir()
    failure(EmptyDataError, open_corpus, "me/rows")
    failure(DataError, open_corpus, "me/tickets", limit=0)
    failure(DataError, open_corpus, ["a b"], split="train")


@pytest.mark.slow
def test_columns_that_nobody_asked_for_stay_on_the_hub(dataset_hub, tmp_path):
    noise = np.random.default_rng(0).bytes(3_000_000).hex()
    rows = table(range(1_000)).append_column(
        "raw", [[noise[at : at + 6_000] for at in range(0, 6_000_000, 6_000)]]
    )
    size = serve(dataset_hub, tmp_path, [rows], row_group_size=250)
    corpus = open_corpus("me/rows", text="text", label="label")
    assert len(corpus) == 1_000
    assert corpus.metadata == ("id", "url")
    assert dataset_hub.downloaded < size / 10
    assert "Larger columns stay on the Hub: raw." in corpus.notes


def test_metadata_comes_along_as_that_of_a_file_does(dataset_hub, tmp_path):
    rows = pa.table(
        {
            "id": range(60),
            "text": [f"message {row} {'word ' * 30}" for row in range(60)],
            "meta": [{"kind": "ab"[row % 2], "tags": ["x", str(row)]} for row in range(60)],
            "day": pa.array(range(60), pa.date32()),
            "cover": [{"bytes": bytes(2_000), "path": "x.png"}] * 60,
            "vector": np.zeros((60, 100), "f4").tolist(),
            "a[0]": ["odd"] * 60,
        }
    )
    serve(dataset_hub, tmp_path, [rows.slice(0, 30), rows.slice(30)], row_group_size=10)
    corpus = open_corpus("me/rows", text="text", label="meta.kind", limit=5)
    assert corpus.metadata == ("id", "meta.tags", "day", "a[0]")
    first = rows.slice(int(corpus.source_rows[0]) - 1, 1).to_pylist()[0]
    assert corpus.row(0)["id"] == first["id"]
    assert corpus.row(0)["day"] == first["day"]
    assert json.loads(corpus.row(0)["meta.tags"]) == first["meta"]["tags"]
    assert not [note for note in corpus.notes if "stay on the Hub" in note]


def test_fields_that_no_path_leads_to_are_left_out(dataset_hub, tmp_path):
    meta = [{"kind": "a", "a.b": 1, "c[0]": 2, "": 3}] * 60
    serve(dataset_hub, tmp_path, [pa.table({"text": ["a b"] * 60, "meta": meta})])
    assert open_corpus("me/rows", text="text", label=None).metadata == ("meta.kind",)
    paths = [column.path for column in preview_split(dataset_details("me/rows")).columns]
    assert paths == ["text", "meta.kind"]


def test_metadata_that_differs_between_files_keeps_none_of_them_from_being_read(dataset_hub, tmp_path):
    one = pa.table({"text": ["a b", "c d"], "year": [1999, 2000], "only": ["x", "y"], "same": [1, 2]})
    other = pa.table({"text": ["e f", "g h"], "year": [["n"], ["n"]], "same": [3, 4]})
    serve(dataset_hub, tmp_path, [one, other])
    corpus = open_corpus("me/rows", text="text", label=None)
    assert corpus.table.column_names == ["text", "same"]
    assert len(corpus) == 4


@pytest.mark.slow
def test_metadata_of_streamed_rows_comes_along(dataset_hub, tmp_path):
    folder = tmp_path / "lines"
    folder.mkdir()
    for part in "ab":
        rows = [{"body": f"line {row}", "n": row, "meta": {"kind": part}} for row in range(9)]
        (folder / f"{part}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    dataset_hub.datasets["me/lines"] = folder
    corpus = open_corpus("me/lines", text="body", label=None)
    assert corpus.metadata == ("n", "meta.kind")
    assert corpus.row(17) == {"body": "line 8", "n": 8, "meta.kind": "b"}
