"""Entries and spaces for tests of the record."""

from __future__ import annotations

import datetime

import explorer
from explorer.record.entry import Entry, RecordedHit


def an_entry(query: str, hit: str = "a hit", corpus: str = "tickets") -> Entry:
    """An entry as the search page makes them."""
    return Entry(
        number=0,
        at=datetime.datetime(2026, 11, 30, 20, 15, 1, 250_000, datetime.UTC),
        query=query,
        like_row=None,
        corpus=corpus,
        corpus_fingerprint="f" * 32,
        rows=624,
        searched=600,
        encoder="all-MiniLM-L6-v2 · fast",
        revision="c" * 40,
        query_prompt="",
        precision="bfloat16",
        vectors_origin="o" * 32,
        metric="cosine",
        ranking="vectors",
        seconds=0.012,
        hits=(RecordedHit(3, 0.5, 99.5, hit), RecordedHit(4, 0.25, None, "another")),
    )


def an_odd_entry() -> Entry:
    """An entry with texts that files and databases stumble over."""
    texts = {"query": "=1+1\n\0\t'; DROP TABLE answers --", "corpus": "“🎺” ‏עברית", "query_prompt": "query: "}
    return Entry(**{**vars(an_entry("")), **texts, "like_row": 7, "hits": ()})


def space_of(texts: list[str]):
    """A space that needs no model."""
    return explorer.embed(explorer.open_corpus(texts), "tfidf")
