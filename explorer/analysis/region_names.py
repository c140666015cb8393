"""Names on a map, like those of an atlas: a few for all of it, and more for its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.cluster_words import class_tfidf
from explorer.analysis.map_regions import Division, divide
from explorer.analysis.name_words import are_alike, can_name
from explorer.analysis.region_words import RegionWords, words_in_regions
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress, Progress, ignore_progress

NOWHERE = -1  # the region of rows that are in none

_REGIONS = (8, 30, 120)  # of each level; fewer with few rows
_ROWS_EACH = 15  # at least, for each region of a level on average
_FEWEST = 5  # rows of a region
_WORDS = 3  # in a name
_ROWS = 3  # read of a region contain a word of its name, at least
_SHARE = 0.02  # of a region's rows contain a word of its name, at least
_SHARE_ALONE = 0.25  # the same for a word that can be a name alone
_WEAK = 0.4  # of the first word's rank: lower ones are not added to a word that can be a name alone
_LIFT = 3  # a word of a name is at least this many times as frequent in the region as in other rows
_MOST_LIFT = 10  # what is more often than this is rare rather than more telling
_SIBLING_LIFT = 1.5  # the least lift beside the rest of the coarser region, for words that are preferred


@dataclass(frozen=True, eq=False)
class RegionLevel:
    """A map divided into regions with names, those with the most rows first.

    Attributes:
        labels: The region of each row, from 0; −1 for none; int64, shape (rows,).
        names: The name of each region: one to three words, the most telling first, separated by ", "; ""
            if no words tell it from others. No two are of the same words.
        positions: Where each name stands: the coordinates of a row of the region, in a dense place near its
            middle, float32, shape (regions, 2).
    """

    labels: NDArray[np.int64]
    names: tuple[str, ...]
    positions: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class RegionNames:
    """The names of a map's regions.

    Attributes:
        levels: Coarse to fine, of about 8, 30 and 120 regions. With fewer than 1,800 rows there are fewer
            regions or levels, with fewer than 30 none. Each region lies in one of the level before.
    """

    levels: tuple[RegionLevel, ...]


@dataclass(frozen=True)
class _Candidate:
    """A word for a region's name.

    Attributes:
        word: The word.
        share: The share of the region's rows that contain it.
        tells: Whether it tells the region from the rest of the coarser one.
        rank: Its class-based TF-IDF times the logarithm of its lift.
    """

    word: str
    share: float
    tells: bool
    rank: float


def name_regions(
    coordinates: NDArray[np.float32], texts: Sequence[str], *, on_progress: OnProgress | None = None
) -> RegionNames:
    """Divide a map into nested regions, and name them by their distinctive words.

    The regions are those of `divide`; those of fewer than five rows are left out. A row counts once for each
    word that it contains, so that one long row does not name a region. A name is of words at least three
    times as frequent in the region as in all other rows (their lift), in 2 % of its rows and in three that
    were read; a word in a quarter of its rows can be a name alone. Words are ranked by `class_tfidf` times
    the logarithm of the lift, which counts up to 10. First come those that also tell the region from the rest
    of the coarser one; words in the names of coarser ones are used only where others are too few. English
    function words are left out, and of several forms of a word one is used; see `can_name` and `are_alike`.

    Not every row of a long table is read, nor all of a long text; see `words_in_regions`. Where all rows are
    read, their order does not matter.

    Args:
        coordinates: The rows on the map, finite, float32, shape (rows, 2).
        texts: Their texts, in any language that separates words.
        on_progress: Called between and within the steps. An exception it raises stops the work.

    Raises:
        QueryError: The map is not of two dimensions, or has not one row for each text.
    """
    if coordinates.shape != (len(texts), 2):
        raise QueryError(
            f"The map has shape {coordinates.shape} and there are {len(texts):,} texts.",
            where="region names",
            fix="Give two coordinates for each text.",
        )
    report = on_progress or ignore_progress

    def divided(done: int, total: int) -> None:
        report(Progress("Finding regions", done, total, fraction=0.3 * done / total, unit="steps"))

    def read(done: int, total: int) -> None:
        report(Progress("Reading texts", done, total, fraction=0.3 + 0.6 * done / total))

    counts = [min(count, len(texts) // _ROWS_EACH) for count in _REGIONS]
    divisions = divide(coordinates, counts, divided) if counts[0] > 1 else ()
    if not divisions:
        return RegionNames(())
    found, words = words_in_regions(divisions, texts, read)
    levels: list[RegionLevel] = []
    above: list[list[tuple[str, ...]]] = [[] for _ in found[-1].sizes]  # by finest region: coarser names
    coarser = None
    for division, level in zip(divisions, found, strict=True):
        names = _names(level, coarser, words, above)
        for finest, region in enumerate(level.region_of):
            above[finest].append(names[region])
        levels.append(_without_small(division, names))
        coarser = level
        done, total = len(levels), len(found)
        report(Progress("Naming regions", done, total, fraction=0.9 + 0.1 * done / total, unit="levels"))
    return RegionNames(tuple(levels))


def _names(
    level: RegionWords,
    coarser: RegionWords | None,
    words: Sequence[str],
    above: Sequence[Sequence[tuple[str, ...]]],
) -> list[tuple[str, ...]]:
    """The words of each region's name; none where there are none to tell, or another has the same name."""
    if not words:
        return [()] * len(level.sizes)
    weights = class_tfidf(level.counts)
    total = np.asarray(level.counts.sum(axis=0)).ravel()
    names: list[tuple[str, ...]] = []
    taken: set[frozenset[str]] = set()
    for region in range(len(level.sizes)):
        candidates = _candidates(level, coarser, words, weights, total, region)
        name = _pick(candidates, above[_a_finest(level, region)], taken)
        taken.add(frozenset(name))
        names.append(name)
    return names


def _candidates(
    level: RegionWords,
    coarser: RegionWords | None,
    words: Sequence[str],
    weights: Any,  # noqa: ANN401 - scipy is not imported for its types
    total: NDArray[np.float64],
    region: int,
) -> list[_Candidate]:
    """The words that tell a region from others, best first.

    Args:
        level: The region's level.
        coarser: The level before, if there is one.
        words: All words.
        weights: Class-based TF-IDF of the level's words.
        total: Rows with each word.
        region: The region.
    """
    part, size = slice(*level.counts.indptr[region : region + 2]), level.sizes[region]
    columns, rows = level.counts.indices[part], level.counts.data[part]
    lift = _lift(rows, size, total[columns], level.sizes.sum())
    usable = (level.read.data[part] >= _ROWS) & (rows >= _SHARE * size) & (lift >= _LIFT)
    columns, rows = columns[usable], rows[usable]
    rank = weights.data[part][usable] * np.log(lift[usable])
    tells = np.ones(len(columns), dtype=bool)
    if coarser is not None:
        around = coarser.region_of[_a_finest(level, region)]
        in_it = coarser.counts[[around]][:, columns].toarray().ravel()
        tells = _lift(rows, size, in_it, coarser.sizes[around]) >= _SIBLING_LIFT
    order = np.lexsort((columns, -rank, ~tells))
    ranked = [
        _Candidate(words[columns[i]], float(rows[i] / size), bool(tells[i]), float(rank[i])) for i in order
    ]
    return [candidate for candidate in ranked if can_name(candidate.word)]


def _a_finest(level: RegionWords, region: int) -> int:
    """One of the finest regions in a region; all of them lie in the same coarser ones."""
    return int(np.argmax(level.region_of == region))


def _lift(
    rows: NDArray[np.float64], size: float, total: NDArray[np.float64], all_rows: float
) -> NDArray[np.float64]:
    """How many times as frequent words are in a region as in the other rows, at most 10.

    Args:
        rows: Rows of the region with each word, above 0.
        size: Rows of the region.
        total: Rows with each word, in the region and outside.
        all_rows: Rows in the region and outside. If none is outside, no word is more frequent: 1.
    """
    if all_rows <= size:
        return np.ones(len(rows))
    inside = rows * (all_rows - size)
    lift: NDArray[np.float64] = inside / np.maximum((total - rows) * size, inside / _MOST_LIFT)
    return lift


def _pick(
    candidates: Sequence[_Candidate], above: Sequence[tuple[str, ...]], taken: set[frozenset[str]]
) -> tuple[str, ...]:
    """The best words that make a name which is not taken; none if there are too few.

    Args:
        candidates: Words, best first.
        above: The names of the coarser regions. Their words are used only where one is needed that tells the
            region from its siblings.
        taken: Names of other regions.
    """
    seen: list[str] = []
    new: list[_Candidate] = []
    known: list[_Candidate] = []
    for candidate in candidates:
        if any(are_alike(candidate.word, word) for word in seen):
            continue
        seen.append(candidate.word)
        if not any(are_alike(candidate.word, word) for name in above for word in name):
            new.append(candidate)
        elif candidate.tells:
            known.append(candidate)
    ranked = [*new, *known][: max(len(new), _WORDS - 1)]
    names: list[tuple[str, ...]] = []
    if ranked and ranked[0].share >= _SHARE_ALONE:
        names += _names_of([other for other in ranked if other.rank >= _WEAK * ranked[0].rank])
    if len(ranked) > 1:
        names += _names_of(ranked)
    avoided = taken.union(map(frozenset, above))
    return next((name for name in names if frozenset(name) not in avoided), ())


def _names_of(ranked: Sequence[_Candidate]) -> list[tuple[str, ...]]:
    """Names that begin with the same words, best first."""
    words = tuple(candidate.word for candidate in ranked)
    start = words[: _WORDS - 1]
    return [*((*start, word) for word in words[_WORDS - 1 :]), start]


def _without_small(division: Division, names: Sequence[tuple[str, ...]]) -> RegionLevel:
    """A level without the regions of few rows, which are its last."""
    kept = int((np.bincount(division.labels) >= _FEWEST).sum())
    labels = np.where(division.labels < kept, division.labels, NOWHERE)
    return RegionLevel(labels, tuple(", ".join(name) for name in names[:kept]), division.positions[:kept])
