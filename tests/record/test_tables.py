import csv
import io
import json

import pyarrow as pa
import pytest

from explorer.data.formulas import restore
from explorer.errors import EmptyDataError
from explorer.record.tables import json_lines, record_corpus, record_table
from explorer.share.export import csv_file
from tests.record.entries import an_entry, an_odd_entry

ENTRIES = [an_odd_entry(), an_entry("first asked", hit="=HYPERLINK(1)")]


def test_no_cell_of_the_csv_is_a_formula_and_every_text_is_in_it():
    lines = list(csv.DictReader(io.StringIO(csv_file(record_table(ENTRIES)).decode("utf-8-sig"))))
    odd, first = lines
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for line in lines for cell in line.values())
    assert restore(odd["query"]) == ENTRIES[0].query
    assert restore(first["first_text"]) == "=HYPERLINK(1)"
    assert (odd["like_row"], first["first_row"], first["milliseconds"]) == ("8", "4", "12")
    assert json.loads(first["hits"])[0] == {
        "row": 4, "score": 0.5, "percentile": 99.5, "text": "=HYPERLINK(1)",
    }  # fmt: skip
    assert first["at"] == "2026-11-30T20:15:01.250+00:00"


def test_json_lines_have_every_text_unchanged():
    odd, first = map(json.loads, json_lines(ENTRIES).decode().splitlines())
    assert odd["query"] == ENTRIES[0].query
    assert odd["corpus"] == ENTRIES[0].corpus
    assert [hit["row"] for hit in first["hits"]] == [4, 5]
    assert first["like_row"] is None


def test_what_was_asked_becomes_a_corpus_in_the_order_of_asking():
    corpus = record_corpus(ENTRIES)
    assert corpus.texts == ["first asked", ENTRIES[0].query]
    assert corpus.name == "record"
    assert {"at", "encoder", "corpus", "first_text", "first_score"} <= set(corpus.metadata)
    assert corpus.row(0)["first_text"] == "=HYPERLINK(1)"
    assert pa.types.is_int64(corpus.table["rows"].type)


def test_an_empty_record_is_no_corpus():
    with pytest.raises(EmptyDataError):
        record_corpus([])
