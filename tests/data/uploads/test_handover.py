import datetime
import errno
import json
import tempfile
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from explorer.data.tables.source_table import TableBuilder
from explorer.data.tables.values import NESTED
from explorer.data.uploads.handover import error_as_json, error_from_json, hand_over, readable, take_over
from explorer.errors import DataError, TooLargeError, UnreadableFileError
from tests.data.failing import failure


def passed_on(source):
    """The table as another process would have it."""
    with tempfile.TemporaryFile() as file:
        told = json.loads(json.dumps(hand_over(source, file)))
        file.flush()
        return take_over(told, file)


def builder(name, kind, **columns):
    made = TableBuilder(name, kind)
    for label, values in columns.items():
        made.add(label, pa.chunked_array([values]))
    return made


def test_a_table_of_every_plain_type_arrives_as_it_was():
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, 678)
    made = builder(
        "a *file*.csv",
        "parquet",
        text=pa.array(["a", None, "\U0001f600"]),
        whole=pa.array([1, None, -(2**63)]),
        real=pa.array([0.5, float("-inf"), None]),
        truth=pa.array([True, None, False]),
        exact=pa.array([Decimal("1.10"), None, Decimal("-2.00")]),
        day=pa.array([moment.date(), None, moment.date()]),
        moment=pa.array([moment, None, moment], pa.timestamp("us", "Europe/Berlin")),
        span=pa.array([1, None, 3], pa.duration("ms")),
        nothing=pa.nulls(3),
    )
    made.note("One.", "Two.")
    source = made.finish(source_rows=np.array([3, 5, 9]), total_rows=np.int64(11), encoding="cp932")
    given = passed_on(source)
    assert given.table.equals(source.table)
    assert given.table.schema.equals(source.table.schema, check_metadata=True)
    for name in ("name", "kind", "notes", "nested", "total_rows", "encoding", "typed"):
        assert getattr(given, name) == getattr(source, name)
    np.testing.assert_array_equal(given.source_rows, [3, 5, 9])
    assert given.source_rows.dtype == np.int64


def test_columns_in_pieces_and_nested_ones_arrive():
    pieces = pa.chunked_array([pa.array(["a"]), pa.array([], pa.string()), pa.array(["b", "c"])])
    made = TableBuilder("x", "jsonl")
    made.add("t", pieces)
    made.add("n", pa.chunked_array([["[1]"] * 3]), [NESTED])
    source = made.finish()
    given = passed_on(source)
    assert given.table.to_pydict() == {"t": ["a", "b", "c"], "n": ["[1]"] * 3}
    assert given.nested == {"n"}


def test_vectors_arrive_and_one_column_that_fails_spoils_no_other():
    def broken():
        raise UnreadableFileError("It is damaged.", where="x", fix="Copy it.")

    def huge():
        raise MemoryError

    lists = pa.chunked_array([pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float32()))])
    made = builder("x", "parquet", text=pa.array(["a", "b"]))
    for label, load in {"broken": broken, "huge": huge, "good": lambda: lists}.items():
        made.leave_out(label, "it is long", load)
    given = passed_on(made.finish())
    assert list(given.vectors) == ["broken", "huge", "good"]
    assert given.vectors["good"]().equals(lists)
    assert given.vectors["good"]().equals(lists)
    assert failure(UnreadableFileError, given.vectors["broken"]).fix == "Copy it."
    assert 'column "huge"' in failure(TooLargeError, given.vectors["huge"]).where


def test_an_error_arrives_as_it_was():
    error = TooLargeError("Too “large”.", where="a.csv, line 3", fix="Keep less.")
    given = error_from_json(json.loads(json.dumps(error_as_json(error))))
    assert type(given) is TooLargeError
    assert str(given) == str(error)
    assert given.args == error.args


def test_want_of_memory_is_no_damage():
    damage = UnreadableFileError("It is damaged.", where="a")
    assert readable(damage, "a") is damage
    damage.__cause__ = pa.ArrowMemoryError("malloc of size 3600000000 failed")
    assert isinstance(readable(damage, "a"), TooLargeError)
    assert isinstance(readable(MemoryError(), "a"), TooLargeError)
    assert isinstance(readable(OSError(errno.EFBIG, "File too large"), "a"), TooLargeError)


def test_a_full_disk_is_the_hosts_to_mend():
    error = readable(OSError(errno.ENOSPC, "No space left on device"), "a")
    assert type(error) is DataError
    assert "No space left" in error.what
    with pytest.raises(DataError):
        raise error
