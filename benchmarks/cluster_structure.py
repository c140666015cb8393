"""How often rows with and without clusters are said to have some.

Rows without clusters have one peak, and a long axis, heavy tails, skew, hard edges or a bend; rows with
clusters are normal around centres. Each line: how often structure was found in so many draws, and for rows
with clusters, how many groups were told apart on average.

Run: `python -m benchmarks.cluster_structure`, about 40 minutes; `--draws 20` for a quick look.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.results import record
from explorer.analysis.cluster_structure import ClusterStructure, cluster_structure
from explorer.analysis.space import make_index
from explorer.analysis.specs import Distance

Draw = Callable[[np.random.Generator, int, int], NDArray[np.float64]]
"""Draws vectors: takes the generator, the rows and the dimensions."""


def _long(rng: np.random.Generator, rows: int, dims: int, power: float) -> NDArray[np.float64]:
    """Normal rows whose variance falls as a power of the axis; together it is 1."""
    variance = np.arange(1.0, dims + 1) ** -power
    scale: NDArray[np.float64] = np.sqrt(variance / variance.sum())
    return rng.normal(size=(rows, dims)) * scale


def _mean(rng: np.random.Generator, dims: int, length: float) -> NDArray[np.float64]:
    """A common direction of all rows, as embeddings have."""
    direction = rng.normal(size=dims)
    direction *= length / np.linalg.norm(direction)
    return direction


def _bent(rng: np.random.Generator, rows: int, dims: int) -> NDArray[np.float64]:
    drawn = _long(rng, rows, dims, 1)
    drawn[:, -1] += drawn[:, 0] ** 2
    return drawn + _mean(rng, dims, 1)


UNCLUSTERED: dict[str, Draw] = {
    "round": lambda rng, rows, dims: rng.normal(size=(rows, dims)),
    "round, with a mean": lambda rng, rows, dims: _long(rng, rows, dims, 0) + _mean(rng, dims, 1),
    "variances 1 / axis": lambda rng, rows, dims: _long(rng, rows, dims, 1),
    "variances 1 / axis, with a mean": lambda rng, rows, dims: (
        _long(rng, rows, dims, 1) + _mean(rng, dims, 1)
    ),
    "variances 1 / axis²": lambda rng, rows, dims: _long(rng, rows, dims, 2),
    "variances 1 / axis², with a mean": lambda rng, rows, dims: (
        _long(rng, rows, dims, 2) + _mean(rng, dims, 2)
    ),
    "t₃, elliptical": lambda rng, rows, dims: (
        _long(rng, rows, dims, 1) / np.sqrt(rng.chisquare(3, (rows, 1)) / 3) + _mean(rng, dims, 1)
    ),
    "t₃, each axis": lambda rng, rows, dims: rng.standard_t(3, (rows, dims)),
    "Laplace": lambda rng, rows, dims: rng.laplace(size=(rows, dims)),
    "exponential": lambda rng, rows, dims: rng.exponential(size=(rows, dims)),
    "lognormal": lambda rng, rows, dims: rng.lognormal(size=(rows, dims)),
    "uniform": lambda rng, rows, dims: rng.random((rows, dims)) - 0.5,
    "bent": _bent,
}


def blobs(
    rng: np.random.Generator, rows: int, dims: int, shares: tuple[float, ...], apart: float
) -> NDArray[np.float64]:
    """Normal rows around centres in directions at right angles, so many standard deviations apart.

    With more centres than dimensions, directions are random.
    """
    directions = np.stack([_mean(rng, dims, 1) for _ in shares])
    if len(shares) <= dims:
        directions = np.linalg.qr(directions.T)[0].T
    centers = apart / np.sqrt(2) * directions
    sizes = rng.multinomial(rows, shares)
    return np.repeat(centers, sizes, axis=0) + rng.normal(size=(rows, dims))


CLUSTERED: dict[str, tuple[tuple[float, ...], float]] = {
    "2 equal, 6 apart": ((0.5, 0.5), 6),
    "2, 90 % and 10 %, 8 apart": ((0.9, 0.1), 8),
    "3 equal, 6 apart": ((1 / 3,) * 3, 6),
    "5 of 60 to 4 %, 8 apart": ((0.6, 0.2, 0.1, 0.06, 0.04), 8),
    "8 equal, 8 apart": ((1 / 8,) * 8, 8),
    "20 equal, 10 apart": ((1 / 20,) * 20, 10),
}
SHAPES = ((100, 8), (300, 3), (300, 64), (1_000, 384))
METRICS: tuple[Distance, ...] = ("cosine", "euclidean")
_CLUSTERED_DRAWS = 20


def structure_of(vectors: NDArray[np.float64], metric: Distance) -> ClusterStructure:
    """The structure of vectors, shape (rows, dims)."""
    return cluster_structure(make_index(vectors.astype(np.float32)), metric=metric)


def found_in(structures: Sequence[ClusterStructure]) -> float:
    """In how many % of some draws structure was found."""
    return 100 * float(np.mean([one.structure in ("weak", "clear") for one in structures]))


def main(draws: int) -> None:
    """Print and record the figures."""
    figures: dict[str, float | str] = {}
    for metric, (rows, dims) in itertools.product(METRICS, SHAPES):
        about = f"{metric}, {rows:,} × {dims}"
        for name, draw in UNCLUSTERED.items():
            seeds = [np.random.default_rng([rows, dims, seed]) for seed in range(draws)]
            share = found_in([structure_of(draw(rng, rows, dims), metric) for rng in seeds])
            figures[f"{about}, {name}, structure found, %"] = share
            print(f"{about:24}{name:36}{share:6.1f} %", flush=True)
        for name, (shares, apart) in CLUSTERED.items():
            seeds = [
                np.random.default_rng([rows, dims, seed]) for seed in range(min(draws, _CLUSTERED_DRAWS))
            ]
            structures = [structure_of(blobs(rng, rows, dims, shares, apart), metric) for rng in seeds]
            share, groups = found_in(structures), float(np.mean([one.groups for one in structures]))
            figures[f"{about}, {name}, structure found, %"] = share
            figures[f"{about}, {name}, groups"] = groups
            print(f"{about:24}{name:36}{share:6.1f} %, {groups:.1f} groups", flush=True)
    record("cluster_structure", figures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=100)
    main(parser.parse_args().draws)
