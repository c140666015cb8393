"""Entries as lines of the record's table, and back."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

from explorer.data.records import DamagedFileError, Record
from explorer.record.entry import Entry, hits_from, hits_text

COLUMNS = tuple(attribute.name for attribute in dataclasses.fields(Entry))[1:]
"""The columns of the table besides the number: the attributes of an entry."""
TABLES = (
    """
CREATE TABLE answers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice, also not after erasing
    at TEXT NOT NULL, query TEXT NOT NULL, like_row INTEGER,
    corpus TEXT NOT NULL, corpus_fingerprint TEXT NOT NULL, rows INTEGER NOT NULL, searched INTEGER NOT NULL,
    encoder TEXT NOT NULL, revision TEXT NOT NULL, query_prompt TEXT NOT NULL, precision TEXT NOT NULL,
    vectors_origin TEXT NOT NULL, metric TEXT NOT NULL, ranking TEXT NOT NULL, seconds REAL NOT NULL,
    hits TEXT NOT NULL  -- JSON
)""",
    """
CREATE TRIGGER append_only BEFORE UPDATE ON answers
BEGIN SELECT RAISE(ABORT, 'entries of the record are never changed'); END""",
)
"""The statements that make the table, in which nothing can be changed."""
_MOST = 2**62
_MOST_SECONDS = 1e9
_NUMBERS = ("like_row", "rows", "searched")
_NOT_TEXTS = (*_NUMBERS, "at", "seconds", "hits")


def to_line(entry: Entry) -> tuple[object, ...]:
    """The values of `COLUMNS`."""
    at = entry.at.astimezone(datetime.UTC).isoformat(timespec="milliseconds")
    line = {**vars(entry), "at": at, "hits": hits_text(entry.hits)}
    return tuple(line[name] for name in COLUMNS)


def from_line(line: Sequence[object]) -> Entry:
    """An entry from its number and the values of `COLUMNS`.

    Raises:
        DamagedFileError: They are not what a record has.
    """
    values = Record(dict(zip(("number", *COLUMNS), line, strict=True)), "entry")
    texts = {name: values.text(name) for name in COLUMNS if name not in _NOT_TEXTS}
    try:
        at = datetime.datetime.fromisoformat(values.text("at"))
    except ValueError as error:
        raise DamagedFileError("a time is damaged") from error
    return Entry(
        number=values.integer("number", 1, _MOST),
        at=at,
        like_row=values.optional("like_row", lambda key: values.integer(key, 0, _MOST)),
        rows=values.integer("rows", 0, _MOST),
        searched=values.integer("searched", 0, _MOST),
        seconds=values.number("seconds", 0, _MOST_SECONDS),
        hits=hits_from(values.text("hits")),
        **texts,
    )
