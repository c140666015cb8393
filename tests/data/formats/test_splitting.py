from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.data.formats import blocks
from explorer.data.formats.blocks import Encoding
from explorer.data.formats.sampling import TextFile
from explorer.data.formats.splitting import Items, Lines, Records
from explorer.errors import UnreadableFileError

UTF_8 = Encoding("utf-8")
STEPS = st.integers(1, 8)  # bytes of a block, so that every seam is met


@pytest.fixture(autouse=True)
def _step():
    before = blocks.STEP
    yield
    blocks.STEP = before


def _file(content: str, split, **options) -> TextFile:
    return TextFile(content.encode(), "f", UTF_8, split, **options)


def _csv_rows(text: str) -> list[tuple[int, list[str]]]:
    """Each record and its line, by the csv module."""
    reader = csv.reader(io.StringIO(text, newline=""))
    rows = []
    while True:
        line = reader.line_num + 1
        record = next(reader, None)
        if record is None:
            return rows
        if record:
            rows.append((line, record))


def _open_quote(text: str) -> int:
    """The line of the quote that is never closed, or 0, found character by character."""
    state, line, opened = "start", 1, 0
    for place, character in enumerate(text):
        ends = character == "\n" or (character == "\r" and text[place + 1 : place + 2] != "\n")
        if state in ("start", "quoted", "closed") and character == '"':
            opened = line if state == "start" else opened
            state = "closed" if state == "quoted" else "quoted"
        elif state != "quoted":
            state = "start" if character in ",\r\n" else "plain"
        line += ends
    return opened if state == "quoted" else 0


@given(st.text('"",;\n\rab', max_size=30), STEPS)
def test_records_are_those_of_the_csv_module(text, step):
    blocks.STEP = step
    file = _file(text, lambda: Records(","))
    rows = [(row.line, next(csv.reader([row.data.decode()]))) for row in file.rows()]
    assert rows == _csv_rows(text)
    if opened := _open_quote(text):
        with pytest.raises(UnreadableFileError) as caught:
            file.count()
        assert caught.value.where == f"f, line {opened}"
    else:
        assert file.count().filled == len(rows)


VALUES = st.recursive(
    st.none() | st.integers(0, 9) | st.text('a"\\,[]{} \n', max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text('k"\\', max_size=2), inner, max_size=2)
    ),
    max_leaves=4,
)


@pytest.mark.slow
@given(st.lists(VALUES, min_size=1, max_size=4), st.sampled_from([None, 0, 1]), STEPS)
def test_items_are_those_of_the_json_module(items, indent, step):
    blocks.STEP = step
    text = json.dumps(items, indent=indent)
    file = _file(text, Items, blank=b" \t\r\n", text=False)
    found = file.count().splitter
    rows = file.rows(np.arange(1, found.commas + 2), every=True)
    assert [json.loads(row.data.decode().rstrip()[:-1]) for row in rows] == items
    assert found.ended == text.count("\n") + 1
    assert found.text_after == 0


@pytest.mark.slow
@given(st.text(st.sampled_from("\n\r a\u2028é"), max_size=30), STEPS)
def test_lines_are_those_of_python(text, step):
    blocks.STEP = step
    with io.StringIO(text, newline=None) as stream:
        expected = [line.removesuffix("\n") for line in stream]
    file = _file(text, lambda: Lines(any_ending=True))
    rows = list(file.rows(every=True))
    assert [row.data.decode().removesuffix("\n").removesuffix("\r") for row in rows] == expected
    assert [row.line for row in rows] == list(range(1, len(expected) + 1))
    assert file.count().rows == len(expected)


@pytest.mark.slow
@given(st.lists(st.booleans(), min_size=1, max_size=20), st.data(), STEPS)
def test_the_rows_drawn_are_those_with_these_numbers(filled, data, step):
    blocks.STEP = step
    lines = [str(number) if there else "" for number, there in enumerate(filled)]
    there = [line for line in lines if line]
    drawn = sorted(data.draw(st.sets(st.integers(0, max(0, len(there) - 1)), max_size=len(there))))
    file = _file("\n".join(lines), lambda: Lines(any_ending=False))
    rows = list(file.rows(np.array(drawn, dtype=np.int64)))
    assert [(row.number, row.data.decode().strip()) for row in rows] == [(n, there[n]) for n in drawn]
