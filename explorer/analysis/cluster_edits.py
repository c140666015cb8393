"""Merging and splitting clusters by hand: the steps, also as text for links, and what clusters came from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from explorer.errors import QueryError

MAX_EDITS = 50
MAX_PARTS = 20
"""The most parts of one split."""
MAX_CHARS = 2_000  # of all steps as text: a link has to hold filters as well
_SHOWN_CHARS = 60
_MOST_NUMBERS = 25_000  # of one merge: HDBSCAN of the most rows it takes finds no more clusters
_NUMBER = "[1-9][0-9]{0,4}"
_MERGE = re.compile(rf"merge:({_NUMBER}(?:-{_NUMBER})?(?:,{_NUMBER}(?:-{_NUMBER})?)*)")
_SPLIT = re.compile(rf"split:({_NUMBER}):({_NUMBER})")


@dataclass(frozen=True)
class Merge:
    """Make one cluster of several.

    Attributes:
        clusters: Their numbers, from 0, as they are before this step; kept ascending.

    Raises:
        QueryError: There are fewer than two different ones, or one is below 0.
    """

    clusters: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "clusters", tuple(sorted(set(self.clusters))))
        if len(self.clusters) < 2 or self.clusters[0] < 0:
            raise QueryError("A merge takes two clusters or more.", fix="Name two clusters that are there.")


@dataclass(frozen=True)
class Split:
    """Make several clusters of one, by k-means of its rows.

    Attributes:
        cluster: Its number, from 0, as it is before this step.
        parts: How many, from 2 to 20.

    Raises:
        QueryError: A number is out of range.
    """

    cluster: int
    parts: int = 2

    def __post_init__(self) -> None:
        if self.cluster < 0 or not 2 <= self.parts <= MAX_PARTS:
            raise QueryError(
                f"Cluster {self.cluster + 1} cannot be split into {self.parts}.",
                fix=f"Split a cluster into 2 to {MAX_PARTS}.",
            )


Edit = Merge | Split


@dataclass(frozen=True, order=True)
class Origin:
    """What a cluster came from: see `as_found`, `part_of` and `merged_from`, which make it.

    Clusters of the same rows by the same spec with equal origins have the same rows. Origins compare by
    `first` and `key` alone: a tree of steps names the same cluster many times over.

    Attributes:
        first: The lowest number, as found, of the clusters it came from.
        key: Identifies it.
        of: What was split, or the two or more that were merged; none for a cluster as it was found.
    """

    first: int
    key: str
    of: tuple[Origin, ...] = field(default=(), compare=False, repr=False)
    _place: tuple[int, int] = field(default=(0, 1), compare=False, repr=False)  # of a part; their number

    @property
    def is_found(self) -> bool:
        """Whether it is a cluster as the method found it."""
        return not self.of


def as_found(label: int) -> Origin:
    """The origin of a cluster that the method found, by the number it was found with."""
    return Origin(label, f"{label}")


def part_of(whole: Origin, place: int, parts: int) -> Origin:
    """The origin of one of the parts of a cluster that was split, from 0 for the largest."""
    return Origin(whole.first, _digest([whole.key, f"{place}/{parts}"]), (whole,), (place, parts))


def merged_from(origins: Sequence[Origin]) -> Origin:
    """The origin of merged clusters, whichever way they were: all parts of a whole are the whole again."""
    flat = {one for origin in origins for one in (origin.of if len(origin.of) > 1 else (origin,))}
    wholes = {(one.of[0], one._place[1]) for one in flat if one.of}
    for whole, parts in sorted(wholes):
        all_parts = {part_of(whole, place, parts) for place in range(parts)}
        if all_parts <= flat:
            return merged_from([*(flat - all_parts), whole])
    if len(flat) == 1:
        return flat.pop()
    ordered = tuple(sorted(flat))
    return Origin(ordered[0].first, _digest([one.key for one in ordered]), ordered)


def _digest(keys: Sequence[str]) -> str:
    return hashlib.blake2b("+".join(keys).encode(), digest_size=8).hexdigest()


def format_edits(edits: Sequence[Edit]) -> str:
    """Steps as text, such as `merge:1,4-6;split:2:3`, from which `parse_edits` makes the same steps.

    Clusters are numbered from 1, as on the screen.
    """
    return ";".join(
        f"merge:{_ranges(edit.clusters)}"
        if isinstance(edit, Merge)
        else f"split:{edit.cluster + 1}:{edit.parts}"
        for edit in edits
    )


def labels_digest(labels: NDArray[np.int64]) -> str:
    """A short digest of the clusters of rows, by which a link knows the clusters that its steps are about.

    Args:
        labels: The cluster of each row, shape (rows,).

    Returns:
        Eight hexadecimal digits.
    """
    return hashlib.blake2b(labels.astype("<i8").tobytes(), digest_size=4).hexdigest()


def no_room_for(edits: Sequence[Edit]) -> str:
    """Why steps are too many, as a sentence; "" if they are not."""
    if len(edits) > MAX_EDITS:
        return f"Clusters can be merged and split {MAX_EDITS} times."
    if len(format_edits(edits)) > MAX_CHARS:
        return f"A link takes {MAX_CHARS:,} characters of merges and splits; these are more."
    return ""


def parse_edits(text: str) -> tuple[tuple[Edit, ...], str]:
    """Steps from the text of a link, and what of it is left out.

    Args:
        text: What a link says; anything.

    Returns:
        The steps up to the first part that is none, since each step is about the clusters that the one before
        leaves; and a sentence about what was left out, or "".
    """
    if len(text) > MAX_CHARS:
        return (), (
            f"The merges and splits of this link have {len(text):,} characters; links take {MAX_CHARS:,}."
        )
    edits: list[Edit] = []
    parts = [part for part in text.split(";") if part]
    for part in parts:
        if len(edits) == MAX_EDITS:
            return tuple(edits), (
                f"This link merges and splits clusters {len(parts):,} times; the first {MAX_EDITS} are used."
            )
        edit = _parse(part)
        if edit is None:
            shown = part if len(part) <= _SHOWN_CHARS else f"{part[:_SHOWN_CHARS]}…"
            return tuple(edits), (
                f"“{shown}” in this link merges or splits no clusters. It is left out, with what follows it."
            )
        edits.append(edit)
    return tuple(edits), ""


def _parse(part: str) -> Edit | None:
    merge, split = _MERGE.fullmatch(part), _SPLIT.fullmatch(part)
    try:
        if merge:
            return Merge(_read_ranges(merge[1]))
        if split:
            return Split(int(split[1]) - 1, int(split[2]))
    except QueryError:
        return None
    return None


def _ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers from 0 as numbers from 1, with runs of them as ranges: `1,4-6`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ",".join("-".join(str(end + 1) for end in run) for run in runs)


def _read_ranges(text: str) -> tuple[int, ...]:
    numbers: set[int] = set()
    count = 0
    for run in text.split(","):
        first, _, last = run.partition("-")
        low, high = int(first) - 1, int(last or first) - 1
        count += high - low + 1
        if high < low or count > _MOST_NUMBERS:
            raise QueryError(f"{run} is no range of clusters.")
        numbers.update(range(low, high + 1))
    return tuple(numbers)
