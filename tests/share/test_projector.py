"""The file for the TensorBoard Projector, read by the rules of its plugin and of its page."""

import io
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import explorer
from explorer.analysis.space import Space, make_index
from explorer.data.formulas import restore
from explorer.errors import DataError, NotEnoughMemoryError
from explorer.jobs import memory_limit
from explorer.share.projector import (
    CONFIG,
    METADATA,
    TENSORS,
    check_projector,
    metadata_cell,
    projector_bytes,
    projector_commands,
    projector_size,
)

HOSTILE = [
    "a\tb\nc",
    "a\r\nb",
    "=1+1",
    '"=1+1"',
    '"open',
    "'=1",
    "\u2028line",
    "\x00null",
    "😀 日本語",
    "-5",
    "'tis",
    "\ufeff",
]


def space_of(columns, vectors=None, **options):
    corpus = explorer.open_corpus(columns, text="text", **options)
    if vectors is None:
        vectors = np.random.default_rng(0).standard_normal((len(corpus), 3)).astype(np.float32)
    return Space(corpus, make_index(vectors))


def parts(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def lines(content):
    """Lines as the page reads them, which waits for the end of the last one."""
    assert content.endswith("\n")
    return [line for line in content.split("\n") if line.strip("\ufeff \t\v\f\r\u2028\u2029")]


def tensors(content):
    """`parseTensors` of the page: a first value that is no number would be a label."""
    return np.array(
        [[np.float32(value) for value in line.split("\t")] for line in lines(content)], np.float32
    )


def metadata(content):
    """`parseMetadata` of the page: names only if the first line has a tab."""
    head, *rows = lines(content)
    assert "\t" in head
    return [dict(zip(head.split("\t"), row.split("\t"), strict=True)) for row in rows]


def test_the_file_has_vectors_and_every_column_with_the_texts_first():
    columns = {"kind": ["x", "y", None], "text": ["one", "two", "three"], "price": [1.5, -2.0, None]}
    space = space_of(columns, label="kind", name="my rows & co.csv")
    found = parts(projector_bytes(space))
    assert set(found) == {CONFIG, METADATA, TENSORS}
    assert tensors(found[TENSORS]).tobytes() == space.vectors.tobytes()
    assert metadata(found[METADATA]) == [
        {"source_row": "1", "text": "one", "kind": "x", "price": "1.5"},
        {"source_row": "2", "text": "two", "kind": "y", "price": "-2"},
        {"source_row": "3", "text": "three", "kind": "", "price": ""},
    ]
    assert found[CONFIG] == (
        'embeddings {\n  tensor_name: "my_rows___co.csv"\n  tensor_path: "tensors.tsv"\n'
        '  metadata_path: "metadata.tsv"\n}\n'
    )


def test_one_row_without_a_label_is_read():
    found = parts(projector_bytes(space_of(["only"])))
    assert tensors(found[TENSORS]).shape == (1, 3)
    assert metadata(found[METADATA]) == [{"source_row": "1", "text": "only"}]


def test_hostile_texts_stay_in_their_cells_and_no_spreadsheet_runs_one():
    columns = {"text": HOSTILE, "=A\t1": HOSTILE, "=A 1": HOSTILE}
    found = parts(projector_bytes(space_of(columns, label=None)))
    rows = metadata(found[METADATA])
    assert list(rows[0]) == ["source_row", "text", "'=A 1", "'=A 1_"]
    expected = ["a b c", "a b", *HOSTILE[2:6], " line", " null", *HOSTILE[8:]]
    assert [restore(row["text"], quoted=False) for row in rows] == expected
    cells = {cell for row in rows for cell in row.values()}
    assert {cell for cell in cells if cell[:1] in {*'=+-@"'}} == {"-5"}


@given(st.text())
def test_a_cell_is_one_line_without_tabs_and_can_be_restored(text):
    cell = metadata_cell(text)
    assert "\t" not in cell
    assert len(f"{cell}.".splitlines()) == 1
    plain = restore(cell, quoted=False)
    assert plain.split() == text.translate(dict.fromkeys([*range(32), *range(127, 160)], " ")).split()
    assert metadata_cell(plain) == cell


@given(arrays(np.float32, (3, 2), elements=st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_every_number_is_read_back_bit_for_bit(vectors):
    space = space_of(["a", "b", "c"], vectors)
    assert tensors(parts(projector_bytes(space))[TENSORS]).tobytes() == vectors.tobytes()


def test_it_is_no_larger_than_what_is_said_of_it():
    vectors = np.random.default_rng(0).standard_normal((500, 384)).astype(np.float32) / 20
    space = space_of([f"row {n}" for n in range(500)], vectors)
    assert 0.5 * projector_size(space) < len(projector_bytes(space)) <= projector_size(space)


def test_rows_keep_their_places_in_the_source_and_columns_with_that_name_stay():
    space = space_of({"text": ["a", "b", "c"], "source_row": ["x", "y", "z"]}, label=None)
    found = parts(projector_bytes(space.subspace(np.array([2, 0]))))
    assert metadata(found[METADATA]) == [
        {"source_row_": "3", "text": "c", "source_row": "z"},
        {"source_row_": "1", "text": "a", "source_row": "x"},
    ]


def test_a_file_is_written_and_unpacked_by_the_commands_that_are_shown(tmp_path):
    space = space_of(["a", "b"])
    explorer.export_for_projector(space, tmp_path / "some-projector.zip")
    unpack, show = projector_commands("some-projector.zip").splitlines()
    python, *arguments = unpack.split()
    assert python == "python"
    subprocess.run([sys.executable, *arguments], cwd=tmp_path, check=True)
    folder = tmp_path / show.removeprefix("tensorboard --logdir ")
    assert tensors((folder / TENSORS).read_text()).tobytes() == space.vectors.tobytes()
    written = (tmp_path / "some-projector.zip").read_bytes()
    assert written == projector_bytes(space)
    assert str(tmp_path).encode() not in written


def test_what_cannot_be_exported_is_told_and_nothing_is_written(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"does not end in \.zip"):
        explorer.export_for_projector(space_of(["a"]), tmp_path / "a.tsv")
    with pytest.raises(DataError, match="one dimension"):
        explorer.export_for_projector(space_of(["a"], np.ones((1, 1), np.float32)), tmp_path / "a.zip")
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(memory_limit, "memory_left", lambda: 10.0)
    with pytest.raises(NotEnoughMemoryError, match="The file needs"):
        check_projector(space_of(["a"]))
