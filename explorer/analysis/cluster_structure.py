"""Whether rows form clusters: gaps between groups, found in one half of the rows and tested on the other.

k-means cuts any rows into k clusters, also one cloud without gaps, and a long cloud is cut in the same way
every time. So neither compact nor stable clusters show that there are any. A gap does: between two clusters
there are fewer rows than in either of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.specs import Distance, check_distance
from explorer.jobs.progress import OnProgress, Progress, ignore_progress
from explorer.settings import settings
from explorer.tensor import Index, VectorIndex, normalize, pick_device
from explorer.tensor.kmeans_rows import distinct_rows

LEVEL = 0.05
FEWEST_ROWS = 40  # in fewer, no gap could be significant

Structure = Literal["clear", "weak", "none", "unknown"]
_Rows = NDArray[np.float64]

_SPLITS = 10
_ROWS = 6_000
_DIMS = 64  # principal axes; clusters that no embedding shows in these are few and small
_LEVELS = (16, 12, 10, 8, 6, 5, 4, 3, 2)  # numbers of groups; with more, each test would have few rows
_ROWS_OF_GROUP = 8
_REFINED = 5  # iterations of k-means after two groups were merged
_EDGES = 25  # of the intervals that are tried as a gap
_CLEAR = 0.9  # share of the splits


@dataclass(frozen=True)
class ClusterStructure:
    """Whether rows form clusters.

    Attributes:
        structure: `clear`: gaps between groups were found in at least nine tenths of the random halves;
            `weak`: in at least half of them; `none`: in fewer; `unknown`: fewer than 40 distinct rows.
        groups: How many groups gaps separate in the median half, 1 for none.
        low: The 10th percentile of that number over the halves.
        high: The 90th percentile.
        splits: Number of random halves, 0 if unknown.
        found: In how many of them a gap was found.
        rows: Number of distinct rows used, at most 6,000.
        metric: `cosine` or `euclidean`.
    """

    structure: Structure
    groups: int
    low: int
    high: int
    splits: int
    found: int
    rows: int
    metric: Distance


def cluster_structure(
    index: VectorIndex, *, metric: Distance = "cosine", seed: int = 0, on_progress: OnProgress | None = None
) -> ClusterStructure:
    """Test whether rows form clusters, against rows of any distribution without gaps.

    Rows are split in halves at random, 10 times. In the first half, k-means finds 16 groups (fewer if there
    are few rows) along at most 64 principal axes; close groups are merged, to 12, 10, 8, 6, 5, 4, 3 and 2. At
    each of these levels, groups are paired with their closest one. For each pair, the first half also gives
    the direction that separates the two best (Fisher's discriminant, with the covariance shrunk as by Chen,
    Wiesel, Eldar and Hero, 2010), and three intervals on it: one inside each group, and one between. The rows
    of the second half that lie in the cell of the pair are counted in these intervals. If their density along
    the direction has one peak, it is not lower between than on both sides; a binomial test of each side, and
    the larger of the two p-values, tests for a gap.

    The halves are independent, so the choice of groups, directions and intervals needs no correction. The
    p-values of a level are combined by Fisher's method, those of the levels by Bonferroni's, at 0.025. There
    is structure if gaps are found in half of the splits; since twice the median of p-values is a p-value
    (Rüschendorf, 1982), rows without gaps are said to have structure in at most 5 % of cases.

    For `cosine`, rows have length 1, and places along a direction u are x·u / √(1 − (x·u)²), which takes
    back that scaling to length 1 piles up rows at both ends of a long axis.

    Args:
        index: The rows. Equal ones count once; of more than 6,000, a random sample is used.
        metric: `cosine` or `euclidean`.
        seed: The seed of sample, halves and groups.
        on_progress: Called often. An exception it raises stops the work.

    Raises:
        QueryError: There is no such metric.
    """
    check_distance(metric, "Clusters")
    report = on_progress or ignore_progress
    rows = _distinct_rows(index, metric, seed)
    if len(rows) < FEWEST_ROWS:
        return ClusterStructure("unknown", 1, 1, 1, 0, 0, len(rows), metric)
    groups = np.empty(_SPLITS, dtype=np.int64)
    for split in range(_SPLITS):
        report(Progress.count("Looking for gaps between groups", split, _SPLITS, "splits"))
        order = np.random.default_rng([seed, split]).permutation(len(rows))
        half = len(rows) // 2
        groups[split] = _groups_apart(rows[order[:half]], rows[order[half:]], metric, seed)
    found = int((groups > 1).sum())
    structure: Structure = "none"
    if 2 * found >= _SPLITS:
        structure = "clear" if found >= _CLEAR * _SPLITS else "weak"
    low, middle, high = (int(np.quantile(groups, share, method="higher")) for share in (0.1, 0.5, 0.9))
    if structure == "none":
        low = middle = 1
    return ClusterStructure(structure, middle, low, high, _SPLITS, found, len(rows), metric)


def _distinct_rows(index: VectorIndex, metric: Distance, seed: int) -> NDArray[np.float32]:
    """A sample of the rows, of length 1 for `cosine`, without repeats: these would be gaps to all others."""
    some = np.random.default_rng(seed).choice(len(index), min(len(index), _ROWS), replace=False)
    rows = index.take(np.sort(some)) + np.float32(0)  # −0 becomes 0, which is the same number
    if metric == "cosine" and len(rows):
        rows = normalize(rows)
    _, first = np.unique(rows.view(np.dtype((np.void, rows.strides[0]))).ravel(), return_index=True)
    return rows[np.sort(first)]


def _groups_apart(train: NDArray[np.float32], test: NDArray[np.float32], metric: Distance, seed: int) -> int:
    """Between how many groups of one half the other half has gaps; 1 if there are none."""
    from scipy.special import chdtrc
    from sklearn.decomposition import PCA

    axes = PCA(min(_DIMS, len(train) - 1, train.shape[1]), random_state=seed).fit(train)
    near, far = axes.transform(train).astype(np.float64), axes.transform(test).astype(np.float64)
    levels, apart, least = 0, 1, 1.0
    for centroids, labels, pairs in _levels(near, seed):
        levels += 1
        alone = np.setdiff1d(np.arange(len(centroids)), pairs)
        merged = [near[np.isin(labels, pair)].mean(axis=0) for pair in pairs]
        # Cells of the merged groups are convex and do not overlap: they cut no gaps into the rows, and the
        # tests of a level are independent.
        cell = _nearest(far, np.concatenate([merged, centroids[alone]]))
        chances = []
        for place, (one, other) in enumerate(pairs):
            sides = near[labels == one], near[labels == other]
            direction = _direction(*sides)
            offset = float(axes.mean_ @ (direction @ axes.components_))
            places = [_places(rows @ direction, offset, metric) for rows in (*sides, far[cell == place])]
            chances.append(_gap_chance(*places))
        together = -2 * np.log(np.maximum(chances, 1e-300)).sum()
        least = min(least, float(chdtrc(2 * len(chances), together)))
        if max(chances) <= LEVEL:
            apart = max(apart, len(centroids))
    return max(apart, 2) if least * levels <= LEVEL / 2 else 1


def _levels(rows: _Rows, seed: int) -> Iterator[tuple[_Rows, NDArray[np.int64], NDArray[np.int64]]]:
    """Groups of rows, fewer and fewer: their centroids, the group of each row, and pairs of close groups.

    Groups are merged where that adds least to the inertia (Ward, 1963), and refined by k-means. A group is
    in one pair at most.
    """
    most = len(distinct_rows(rows.astype(np.float32), min(_LEVELS[0], len(rows) // _ROWS_OF_GROUP)))
    if most < 2:
        return
    index = Index(rows.astype(np.float32), device=pick_device(settings().device))
    centroids = index.kmeans(most, metric="euclidean", seed=seed, starts=3).centroids.astype(np.float64)
    for level in (level for level in _LEVELS if level <= most):
        while len(centroids) > level:
            one, other = _closest(centroids, sizes := _sizes(rows, centroids))[0]
            both = (sizes[[one, other]] @ centroids[[one, other]]) / sizes[[one, other]].sum()
            centroids = np.concatenate([np.delete(centroids, (one, other), axis=0), both[None]])
        for _ in range(_REFINED):
            labels = _nearest(rows, centroids)
            centroids = np.stack([rows[labels == group].mean(axis=0) for group in np.unique(labels)])
        labels = _nearest(rows, centroids)
        if len(np.unique(labels)) == len(centroids) > 1:
            yield centroids, labels, _closest(centroids, np.bincount(labels).astype(np.float64))


def _sizes(rows: _Rows, centroids: _Rows) -> _Rows:
    return np.bincount(_nearest(rows, centroids), minlength=len(centroids)).astype(np.float64)


def _closest(centroids: _Rows, sizes: _Rows) -> NDArray[np.int64]:
    """Pairs of groups of which one is the other's closest, each group in one at most: shape (pairs, 2).

    Closest is where merging costs least. Groups that are not next to each other can have others between them.
    """
    apart = np.square(centroids[:, None] - centroids).sum(axis=2)
    one, other = np.triu_indices(len(centroids), 1)
    weights = np.maximum(sizes, 1)
    cost = apart[one, other] / (1 / weights[one] + 1 / weights[other])
    met, paired, pairs = set[int](), set[int](), []
    for place in np.argsort(cost, kind="stable"):
        pair = {int(one[place]), int(other[place])}
        if not pair <= met and not pair & paired:
            paired |= pair
            pairs.append(sorted(pair))
        met |= pair  # those met before have a closer one
    return np.array(pairs)


def _places(along: _Rows, offset: float, metric: Distance) -> _Rows:
    """Places of rows along a direction, given those from the mean; see `cluster_structure` for cosine."""
    if metric == "euclidean":
        return along
    cosines = along + offset
    return cosines / np.sqrt(np.maximum(1 - cosines * cosines, 1e-9))


def _nearest(rows: _Rows, centroids: _Rows) -> NDArray[np.int64]:
    """The nearest centroid of each row, the lower one in a tie."""
    nearest: NDArray[np.int64] = (np.square(centroids).sum(axis=1) / 2 - rows @ centroids.T).argmin(axis=1)
    return nearest


def _direction(one: _Rows, other: _Rows) -> _Rows:
    """The direction that separates two groups best, of length 1."""
    from sklearn.covariance import OAS

    middles = one.mean(axis=0), other.mean(axis=0)
    within = np.concatenate([one - middles[0], other - middles[1]])
    apart = middles[1] - middles[0]
    if within.any():
        spread = OAS(assume_centered=True, store_precision=False).fit(within).covariance_
        apart = np.linalg.lstsq(spread, apart, rcond=None)[0]
    scaled: _Rows = apart / (np.linalg.norm(apart) or 1.0)
    return scaled


def _gap_chance(one: _Rows, other: _Rows, test: _Rows) -> float:
    """The p-value of a gap between two groups.

    Args:
        one: Places of the rows of the lower group in the first half.
        other: Those of the upper group.
        test: Those of rows of the second half.
    """
    from scipy.special import bdtr

    spans = _intervals(one, other)
    if spans is None:
        return 1.0
    below, gap, above = (np.count_nonzero((test >= low) & (test < high)) for low, high in spans)
    lower, width, upper = (high - low for low, high in spans)
    return float(
        max(
            bdtr(gap, gap + beside, width / (width + length))
            for beside, length in ((below, lower), (above, upper))
        )
    )


def _intervals(one: _Rows, other: _Rows) -> tuple[tuple[float, float], ...] | None:
    """Intervals below, in and above the gap between two groups; None if there is none to be seen.

    As if both were normal, with the gap where it would be seen most clearly: where the smaller one of the two
    deficits, in standard deviations of the binomial distribution, is largest.
    """
    from scipy.special import ndtr

    quartiles = np.quantile([one], (0.25, 0.5, 0.75)), np.quantile([other], (0.25, 0.5, 0.75))
    centers = np.array([quartiles[0][1], quartiles[1][1]])
    if not centers[0] < centers[1]:
        return None
    spreads = np.array([(third - first) / 1.349 for first, _, third in quartiles])
    spreads = np.maximum(spreads, 1e-6 * (centers[1] - centers[0]))
    sizes = np.array([len(one), len(other)], dtype=np.float64)

    def mass(places: _Rows) -> _Rows:
        below: _Rows = (sizes * ndtr((places[..., None] - centers) / spreads)).sum(axis=-1)
        return below

    edges = np.linspace(centers[0], centers[1], _EDGES)
    low, high = (edges[places] for places in np.triu_indices(_EDGES, 1))
    gap, width = mass(high) - mass(low), high - low
    # The middle half of each group, as far as the gap leaves it.
    below = np.full_like(low, quartiles[0][0]), np.minimum(quartiles[0][2], low)
    above = np.maximum(quartiles[1][0], high), np.full_like(high, quartiles[1][2])
    deficit = np.full_like(low, np.inf)
    for start, end in (below, above):
        both, length = gap + mass(end) - mass(start), end - start
        usable = (length > 0) & (both > 0)
        share = width / np.where(usable, width + length, 2 * width)
        sure = (both * share - gap) / np.sqrt(np.where(usable, both, 1) * share * (1 - share))
        deficit = np.minimum(deficit, np.where(usable, sure, -np.inf))
    best = int(deficit.argmax())
    if deficit[best] <= 0:
        return None
    return tuple((float(start[best]), float(end[best])) for start, end in (below, (low, high), above))
