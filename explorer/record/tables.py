"""The record as a table, as JSON Lines, and as a corpus of what was asked."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

import pyarrow as pa

from explorer.data.corpus import Corpus
from explorer.data.corpus_from_table import make_corpus
from explorer.data.python import from_arrow
from explorer.record.entry import Entry, hits_text

_FIRST = ("first_row", "first_score", "first_text")


def record_table(entries: Sequence[Entry]) -> pa.Table:
    """Entries as a table for `csv_file`: one line each, rows counted from 1, the hits as JSON.

    Returns:
        The attributes of `Entry`, `milliseconds` in place of `seconds`, the first hit as `first_row`,
        `first_score` and `first_text`, and `hits` as in `hits_text`, with rows from 1.
    """
    lines = [
        {
            "number": entry.number,
            "at": entry.at.isoformat(timespec="milliseconds"),
            "query": entry.query,
            "like_row": None if entry.like_row is None else entry.like_row + 1,
            "corpus": entry.corpus,
            "corpus_fingerprint": entry.corpus_fingerprint,
            "rows": entry.rows,
            "searched": entry.searched,
            "encoder": entry.encoder,
            "revision": entry.revision,
            "query_prompt": entry.query_prompt,
            "precision": entry.precision,
            "metric": entry.metric,
            "ranking": entry.ranking,
            "milliseconds": round(1000 * entry.seconds, 1),
            **dict(zip(_FIRST, _first(entry), strict=True)),
            "hits": hits_text([dataclasses.replace(hit, row=hit.row + 1) for hit in entry.hits]),
        }
        for entry in entries
    ]
    return pa.Table.from_pylist(lines, schema=_SCHEMA)


def json_lines(entries: Sequence[Entry]) -> bytes:
    """Entries as JSON Lines, with the same names and numbers as `record_table`, and every text unchanged."""
    lines = record_table(entries).drop_columns(list(_FIRST)).to_pylist()
    texts = [json.dumps({**line, "hits": json.loads(line["hits"])}, ensure_ascii=False) for line in lines]
    return "".join(f"{text}\n" for text in texts).encode()


def record_corpus(entries: Sequence[Entry], name: str = "record") -> Corpus:
    """What was asked as a corpus, the oldest first, to be mapped, searched or clustered.

    Args:
        entries: The entries, newest first.
        name: The name of the corpus.

    Raises:
        EmptyDataError: There are none.
    """
    table = record_table(entries[::-1]).drop_columns(["hits", "corpus_fingerprint"])
    return make_corpus(from_arrow(table, name), text="query", label=None)


def _first(entry: Entry) -> tuple[int | None, float | None, str | None]:
    if not entry.hits:
        return None, None, None
    hit = entry.hits[0]
    return hit.row + 1, hit.score, hit.text


_SCHEMA = pa.schema(
    [
        ("number", pa.int64()),
        ("at", pa.string()),
        ("query", pa.string()),
        ("like_row", pa.int64()),
        ("corpus", pa.string()),
        ("corpus_fingerprint", pa.string()),
        ("rows", pa.int64()),
        ("searched", pa.int64()),
        ("encoder", pa.string()),
        ("revision", pa.string()),
        ("query_prompt", pa.string()),
        ("precision", pa.string()),
        ("metric", pa.string()),
        ("ranking", pa.string()),
        ("milliseconds", pa.float64()),
        ("first_row", pa.int64()),
        ("first_score", pa.float64()),
        ("first_text", pa.string()),
        ("hits", pa.string()),
    ]
)
