"""What a report on a migration says: every text and figure of it, not yet escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from explorer.comparison.migration.changes import Changes
from explorer.comparison.migration.list_changes import ListChanges
from explorer.comparison.numbers import interval, number
from explorer.data.tables.values import shortened

_MOST = 10  # queries, rows
_SHOWN = 5  # hits of each
_TEXT_CHARS, _HIT_CHARS = 240, 120


@dataclass(frozen=True)
class Hit:
    """A hit.

    Attributes:
        row: Its number, from 1.
        text: The beginning of its text.
        shared: Whether the other contender has it among its first ten.
    """

    row: str
    text: str
    shared: bool


@dataclass(frozen=True)
class Changed:
    """A query, or a row, with its first hits in both contenders.

    Attributes:
        title: What is said of it: how nDCG@10 changes, and how many hits stay.
        text: The beginning of its text.
        lists: The name of each contender, with its hits.
    """

    title: str
    text: str
    lists: tuple[tuple[str, tuple[Hit, ...]], ...]


@dataclass(frozen=True)
class Part:
    """Some queries or rows.

    Attributes:
        title: What they have in common.
        note: What that means.
        changed: They.
    """

    title: str
    note: str
    changed: tuple[Changed, ...]


@dataclass(frozen=True)
class MigrationContent:
    """A report; see `migration.html.jinja` for the order of its parts.

    Attributes:
        title: From what to what, over which rows.
        verdict: What changes, in two sentences.
        summary: Of what, the figure, its value, its interval and the number of units.
        distribution: Of what, with the number of lists that keep 0, 1, … of their hits.
        depth: The most hits that a list keeps.
        parts: Queries that get worse and better, and what changes most.
        fingerprint: That of the rows.
    """

    title: str
    verdict: str
    summary: tuple[tuple[str, str, str, str, str], ...]
    distribution: tuple[tuple[str, tuple[str, ...]], ...]
    depth: int
    parts: tuple[Part, ...]
    fingerprint: str
    template = "migration"


def migration_content(changes: Changes) -> MigrationContent:
    """Everything a report says about a migration."""
    lists = [("queries", changes.asked), ("rows", changes.near)]
    known = [(name, own) for name, own in lists if own is not None]
    return MigrationContent(
        title=f"From {changes.first} to {changes.second} on “{changes.corpus.name}”",
        verdict=changes.text,
        summary=tuple(
            (each.of, each.figure, number(each.value), interval(each.low, each.high), f"{each.n:,}")
            for each in changes.summary.itertuples()
        ),
        distribution=tuple(
            (name, tuple(f"{count:,}" for count in own.distribution().tolist())) for name, own in known
        ),
        depth=max(own.depth for _, own in known),
        parts=tuple(part for part in _parts(changes) if part.changed),
        fingerprint=changes.corpus.fingerprint,
    )


def _parts(changes: Changes) -> list[Part]:
    corpus, near = changes.corpus, changes.near
    rows = changes.row_order()[:_MOST].tolist()
    parts = []
    if changes.asked is not None and changes.quality is not None:
        asked, order = changes.asked, changes.query_order().tolist()
        change = changes.quality.after - changes.quality.before
        worse = [at for at in order if change[at] < 0][:_MOST]
        better = [at for at in reversed(order) if change[at] > 0][:_MOST]

        def queries(places: Sequence[int]) -> tuple[Changed, ...]:
            return tuple(
                _changed(changes, asked, at, changes.texts[at], f"nDCG@10 {number(change[at], plus=True)}")
                for at in places
            )

        parts = [
            Part("Queries that get worse", "Those that lose most nDCG@10 first.", queries(worse)),
            Part("Queries that get better", "Those that gain most nDCG@10 first.", queries(better)),
        ]
    texts = [corpus.captions[near.units[at]] for at in rows]
    most = tuple(
        _changed(changes, near, at, text, f"Row {near.units[at] + 1:,}")
        for at, text in zip(rows, texts, strict=True)
        if near.kept[at] < 1
    )
    note = "They change most, which does not say that they get worse. Each row is the query."
    return [*parts, Part("Rows whose nearest rows change most", note, most)]


def _changed(changes: Changes, own: ListChanges, at: int, text: str, said: str) -> Changed:
    before, after = own.before[at].tolist(), own.after[at].tolist()
    stay = round(own.kept[at] * own.depth)

    def listed(name: str, hits: list[int], others: list[int]) -> tuple[str, tuple[Hit, ...]]:
        captions = changes.corpus.captions
        return name, tuple(
            Hit(f"{row + 1:,}", shortened(captions[row], _HIT_CHARS), row in others) for row in hits[:_SHOWN]
        )

    return Changed(
        f"{said} · {stay} of {own.depth} stay",
        shortened(text, _TEXT_CHARS),
        (listed(changes.first, before, after), listed(changes.second, after, before)),
    )
