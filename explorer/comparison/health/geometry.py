"""What the vectors of a contender look like: a shared direction, order by length, hubs.

Such figures find faults. They do not say which of two sound encoders is better: single ones do not explain
retrieval (arXiv 2406.12336, 2511.22150).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.comparison.contenders.contender import Contender
from explorer.comparison.health.costs import space_of
from explorer.comparison.measure import Measure, WholeValues
from explorer.jobs.progress import OnProgress
from explorer.tensor import normalize
from explorer.tensor.matrices import blocks, row_norms

K = 10  # of k-occurrences, as in Radovanović et al. and Feldbauer and Flexer
SAMPLE = 5_000  # rows among which k-occurrences are counted
_SEED = 0
_BLOCK = 1 << 20  # numbers at a time

MEAN_NORM = Measure(
    "mean-vector norm",
    "diagnosis",
    None,
    "Whether all vectors point the same way: at 0 they point everywhere, near 1 they share one direction, "
    "and all scores are high.",
    "Ren, Liang and Sun, arXiv 2511.11041",
    plain="vectors point the same way",
    formula="The length of the mean of all vectors, each of length 1. Its square is the mean cosine of two "
    "rows, each with itself included.",
)
LENGTH_CORRELATION = Measure(
    "similarity by length",
    "diagnosis",
    None,
    "Whether long rows are closer to others than short ones: near 0 length makes no difference; far from 0, "
    "rows are ordered by length as well as by meaning.",
    "scipy.stats.spearmanr",
    plain="long rows are closer",
    formula="Spearman's correlation of a row's mean cosine to all rows with its number of characters.",
)
HUBNESS = Measure(
    "hubness",
    "diagnosis",
    False,
    "Whether a few rows are near everything, and so turn up in many lists: far above 0 some are.",
    "Radovanović, Nanopoulos and Ivanović, Hubs in space, JMLR 11 (2010)",
    plain="some rows are near all",
    formula="The skewness of how often a row is among the 10 nearest of others, counted among at most "
    f"{SAMPLE:,} rows.",
)


@dataclass(frozen=True)
class Geometry:
    """What the vectors of a contender look like; None where it does not apply.

    Attributes:
        mean_norm: Length of the mean of the vectors scaled to length 1, those of zeros left out; 0 to 1.
        mean_cosine: Mean cosine of two different rows, those of zeros left out; None for fewer than two.
        length_correlation: Spearman's correlation of a row's mean cosine to all rows with its number of
            characters; None if either is the same for all rows.
        hubness: Skewness of the 10-occurrence; None for fewer than 12 rows.
        rows: Rows that `hubness` was counted among.
        sharing: Rows with a different text than an earlier row, but the same vector.
        texts: Distinct texts.
        lengths_vary: Coefficient of variation of the vectors' lengths, those of zeros left out. Only if it is
            not 0 do cosine, dot product and distance rank differently.
    """

    mean_norm: float | None
    mean_cosine: float | None
    length_correlation: float | None
    hubness: float | None
    rows: int
    sharing: int | None
    texts: int
    lengths_vary: float | None


def geometry(contender: Contender, on_progress: OnProgress | None = None) -> Geometry:
    """Measure what the vectors of a contender look like.

    Hubs are counted with the contender's own ranking, among all rows or a random sample of 5,000 (the seed is
    fixed), which is then a corpus of its own: with a sample of rows as queries among all rows, most rows
    would occur never or once, and the skewness would be that of chance. Everything else is of all rows.

    Args:
        contender: The contender. BM25 has hubs and no vectors.
        on_progress: Called while neighbours are found. An exception it raises stops the work.
    """
    space, total = space_of(contender), len(contender.corpus)
    rows = np.arange(total)
    if total > SAMPLE:
        rows = np.sort(np.random.default_rng(_SEED).choice(total, SAMPLE, replace=False))
        contender = contender.subset(rows)
    counted = hubness(contender, on_progress)
    if space is None:
        return Geometry(None, None, None, counted, len(rows), None, total, None)
    means = mean_cosines(space)
    norms = np.concatenate([row_norms(space.index.take(slice(*part))) for part in _parts(space)])
    norms = norms[norms > 0]
    texts, sharing = _sharing(space)
    return Geometry(
        mean_norm=means.norm,
        # The squared norm is the mean over all pairs, and a row has a cosine of 1 to itself.
        mean_cosine=(len(norms) * means.norm**2 - 1) / (len(norms) - 1) if len(norms) > 1 else None,
        length_correlation=_correlation(means.cosines, _lengths(space)),
        hubness=counted,
        rows=len(rows),
        sharing=sharing,
        texts=texts,
        lengths_vary=float(norms.std() / norms.mean()) if len(norms) else None,
    )


def _lengths(space: Space) -> list[int]:
    """The characters of each text; an image has none."""
    return [len(item) if isinstance(item, str) else 0 for item in space.corpus.items]


def geometry_values(found: Sequence[Geometry]) -> tuple[WholeValues, ...]:
    """The diagnoses of contenders, as the scorecard has them; `n` is the number of rows."""
    each = (
        (MEAN_NORM, [one.mean_norm for one in found]),
        (LENGTH_CORRELATION, [one.length_correlation for one in found]),
        (HUBNESS, [one.hubness for one in found]),
    )
    rows = max((one.rows for one in found), default=0)
    return tuple(
        WholeValues(measure, np.array(values, dtype=np.float64), None, rows) for measure, values in each
    )


@dataclass(frozen=True, eq=False)
class MeanCosines:
    """The cosine of each row to all rows, on average.

    Attributes:
        norm: Length of the mean of the rows scaled to length 1, zeros left out.
        cosines: The mean cosine of each row to all of them, itself included, float64, shape (rows,).
    """

    norm: float
    cosines: NDArray[np.float64]


def mean_cosines(space: Space) -> MeanCosines:
    """The mean cosine of each row to all rows: the dot product of two unit vectors' means, exactly."""
    total, count = np.zeros(space.dims), 0
    for start, stop in _parts(space):
        unit = normalize(space.index.take(slice(start, stop))).astype(np.float64)
        total += unit.sum(axis=0)
        count += int(unit.any(axis=1).sum())
    mean = total / max(1, count)
    cosines = [normalize(space.index.take(slice(*part))) @ mean for part in _parts(space)]
    return MeanCosines(float(np.linalg.norm(mean)), np.concatenate(cosines))


def hubness(contender: Contender, on_progress: OnProgress | None = None) -> float | None:
    """The skewness of the 10-occurrence of all rows of a contender; None for fewer than 12 rows.

    Radovanović et al. (2010), equation 1: E[(N − μ)³] / σ³ of N, the number of rows that have a row among
    their 10 nearest. 0 if every row occurs equally often.
    """
    from scipy.stats import skew

    total = len(contender.corpus)
    if total < K + 2:
        return None
    found = contender.neighbors(np.arange(total), K, on_progress=on_progress)
    occurrences = np.bincount(found.indices.ravel(), minlength=total)
    return float(skew(occurrences)) if np.ptp(occurrences) else 0.0


def _parts(space: Space) -> list[tuple[int, int]]:
    return list(blocks(len(space), space.dims, _BLOCK))


def _correlation(values: NDArray[np.float64], lengths: list[int]) -> float | None:
    from scipy.stats import spearmanr

    if len(values) < 2 or np.ptp(values) == 0 or np.ptp(lengths) == 0:
        return None
    return float(spearmanr(values, lengths).statistic)


def _sharing(space: Space) -> tuple[int, int]:
    """Number of distinct texts, and of those with the same vector as an earlier text."""
    keys = space.corpus.item_keys
    first = np.fromiter({key: row for row, key in reversed(list(enumerate(keys)))}.values(), np.int64)
    seen: set[bytes] = set()
    for start, stop in blocks(len(first), space.dims, _BLOCK):
        for vector in space.index.take(first[start:stop]) + np.float32(0):  # −0 and 0 are the same number
            seen.add(hashlib.blake2b(vector.tobytes(), digest_size=16).digest())
    return len(first), len(first) - len(seen)
