"""The file for Embedding Atlas: the columns that its command line names."""

import io
import shlex

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import explorer
from explorer.analysis.space import Space, make_index
from explorer.errors import DataError, NotEnoughMemoryError
from explorer.jobs import memory_limit
from explorer.share.atlas import (
    atlas_bytes,
    atlas_command,
    atlas_neighbors,
    atlas_size,
    check_atlas,
)
from explorer.share.export import plain_name


def space_of(columns, text="text", **options):
    corpus = explorer.open_corpus(columns, text=text, **options)
    vectors = np.random.default_rng(0).standard_normal((len(corpus), 4)).astype(np.float32)
    return Space(corpus, make_index(vectors))


def options_of(command):
    """The file and the options of a command line, as a shell splits it."""
    program, name, *rest = shlex.split(command)
    assert program == "embedding-atlas"
    return name, dict(zip(rest[::2], rest[1::2], strict=True))


def test_texts_coordinates_and_neighbours_are_in_the_columns_that_the_command_names(tmp_path):
    texts = ["=1+1", "a\tb\n", '"q"', "😀", *[f"row {n}" for n in range(26)]]
    space = space_of({"kind": ["x", "y"] * 15, "text": texts}, label="kind")
    projection = space.project(method="pca")
    told = []
    command = explorer.export_for_atlas(space, tmp_path / "a b.parquet", projection, on_progress=told.append)
    name, options = options_of(command)
    assert name == "a b.parquet"
    assert list(options) == ["--text", "--x", "--y", "--neighbors"]
    table = pq.read_table(tmp_path / name)
    assert table.column_names == ["source_row", "text", "kind", "projection_x", "projection_y", "__neighbors"]
    assert table[options["--text"]].to_pylist() == texts
    assert table["kind"].to_pylist() == space.corpus.labels
    assert table["source_row"].to_pylist() == list(range(1, 31))
    for axis, column in enumerate(("--x", "--y")):
        assert table[options[column]].to_numpy().tobytes() == projection.coordinates[:, axis].tobytes()
    near = space.neighbors(15)
    ids = pa.list_(pa.field("element", pa.int64()))
    distances = pa.list_(pa.field("element", pa.float32()))
    assert table[options["--neighbors"]].type == pa.struct({"ids": ids, "distances": distances})
    found = table[options["--neighbors"]].to_pylist()
    assert [one["ids"] for one in found] == near.indices.tolist()
    assert np.allclose([one["distances"] for one in found], 1 - near.similarities, atol=1e-6)
    assert told[-1].done == 30
    assert str(tmp_path).encode() not in (tmp_path / name).read_bytes()


def test_one_row_has_no_neighbours():
    space = space_of(["only"])
    content = atlas_bytes(space.corpus, np.zeros((1, 2), np.float32), atlas_neighbors(space))
    (row,) = pq.read_table(io.BytesIO(content)).to_pylist()
    assert row == {
        "source_row": 1,
        "text": "only",
        "projection_x": 0.0,
        "projection_y": 0.0,
        "__neighbors": {"ids": [], "distances": []},
    }


def test_columns_of_the_corpus_keep_their_names_also_in_a_database_without_case():
    rows = {"projection_x": ["a", "b"], "Projection_Y": [1, 2], "SOURCE_ROW": [3, 4], "__neighbors": [5, 6]}
    space = space_of(rows, text="projection_x", label=None)
    content = atlas_bytes(space.corpus, np.zeros((2, 2), np.float32), atlas_neighbors(space))
    table = pq.read_table(io.BytesIO(content))
    assert len({name.lower() for name in table.column_names}) == table.num_columns == 8
    assert table.select(list(rows)).to_pydict() == rows
    name, options = options_of(atlas_command(space.corpus, "-a.parquet"))
    assert name == "./-a.parquet"  # and not an option
    assert options == {
        "--text": "projection_x",
        "--x": "projection_x_",
        "--y": "projection_y_",
        "--neighbors": "__neighbors_",
    }


def test_a_name_of_a_column_is_one_word_for_a_shell():
    space = space_of({"my text'; rm *": ["a"]}, text="my text'; rm *")
    assert options_of(atlas_command(space.corpus, "a.parquet"))[1]["--text"] == "my text'; rm *"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("support-tickets", "support-tickets"),
        ("owner/name", "owner_name"),
        ("$(rm) `x`", "__rm___x_"),
        ("-rf", "rf"),
        ("../..", "_.."),
        ("...", "rows"),
        ("日本", "日本"),
        ("a" * 300, "a" * 100),
    ],
)
def test_names_of_files_are_plain(name, plain):
    assert plain_name(name) == plain


def test_it_is_no_larger_than_what_is_said_of_it():
    space = space_of([f"a row with the number {n}" for n in range(2000)])
    content = atlas_bytes(space.corpus, space.vectors[:, :2], atlas_neighbors(space))
    assert 0.3 * atlas_size(space.corpus) < len(content) <= atlas_size(space.corpus)


def test_what_cannot_be_exported_is_told_and_nothing_is_written(tmp_path, monkeypatch):
    space = space_of(["a", "b", "c"])
    with pytest.raises(DataError, match=r"does not end in \.parquet"):
        explorer.export_for_atlas(space, tmp_path / "a.csv", space.project())
    with pytest.raises(DataError, match="3 rows in 3 dimensions"):
        explorer.export_for_atlas(space, tmp_path / "a.parquet", space.project(dims=3))
    with pytest.raises(DataError, match="2 rows in 2 dimensions"):
        explorer.export_for_atlas(
            space, tmp_path / "a.parquet", space.subspace(np.array([0, 1])).project(method="pca")
        )
    assert not [path for path in tmp_path.iterdir() if path.is_file()]
    monkeypatch.setattr(memory_limit, "memory_left", lambda: 10.0)
    with pytest.raises(NotEnoughMemoryError, match="The file needs"):
        check_atlas(space.corpus)
