"""The rows as k-means uses them, and the choice of initial centroids."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from explorer.tensor.matrices import row_sums
from explorer.tensor.rounding import dot_error
from explorer.tensor.score_bounds import Scratch

_ROWS = 8192  # rows of a block, if memory allows: larger ones do not fit into the CPU's cache
_ORDINARY = 2.0**30  # a spread between this and its inverse is not scaled
_PLAIN = ("none", "ieee")  # settings under which torch computes float32 in full precision


class CentredRows:
    """The rows, near the origin and with a spread that can be squared safely, one block at a time.

    Distances then neither overflow nor cancel out. Rows whose mean is longer than their spread, or
    whose spread is extreme, are moved near the origin and scaled to a spread of about 1: moved by
    whole multiples of a power of two close to their spread, and scaled by that power, so that neither
    changes their digits. Others are used as they are.

    Args:
        matrix: The rows, float32, shape (rows, dims); not copied.
        vectors: The same on the device that computes.
        k: Number of clusters.
        memory_mb: Memory to use besides the rows, in MB.

    Attributes:
        matrix: The rows as they were given.
        scale: The factor applied to lengths.
        variance: Mean variance of a dimension, scaled.
        squares: Squared lengths of the rows, float32, shape (rows,).
        blur: Largest error of a squared distance by float32 products, relative to the squared lengths.
    """

    def __init__(self, matrix: NDArray[np.float32], vectors: torch.Tensor, k: int, memory_mb: float) -> None:
        self.matrix = matrix
        self._vectors = vectors
        self.device = device = vectors.device
        rows, dims = matrix.shape
        self.step = int(min(_ROWS, max(1, memory_mb * 2**20 // (24 * dims + 16 * k))))
        self._scratch = Scratch(device)
        mean, variance = self._moments()
        spread = 2.0 ** math.floor(math.log2(variance) / 2) if variance else 1.0
        self._moves = not (1 / _ORDINARY <= spread <= _ORDINARY and mean @ mean <= dims * variance)
        self.scale = 1 / min(max(spread, 2.0**-126), 2.0**126) if self._moves else 1.0
        self._back = -(mean * self.scale * self._moves).round().float()
        self.variance = variance * self.scale * self.scale
        self.blur = 2 * dot_error(dims, torch.float32, device)
        self.squares = torch.empty(rows, device=device)
        for part in self.parts(len(self)):
            self.squares[part] = self.block(part).square().sum(1)

    def __len__(self) -> int:
        return len(self._vectors)

    def parts(self, rows: int) -> list[slice]:
        """Cut a number of rows into blocks."""
        return [slice(start, start + self.step) for start in range(0, rows, self.step)]

    def block(self, where: slice | torch.Tensor) -> torch.Tensor:
        """The rows of a block; read-only, and valid until the next call."""
        vectors = self._given(where)
        if not self._moves:
            return vectors
        moved = self._scratch.take("moved", tuple(vectors.shape), torch.float32)
        return torch.add(self._back, vectors, alpha=self.scale, out=moved)

    def _given(self, where: slice | torch.Tensor) -> torch.Tensor:
        """The rows of a block as given; valid until the next call."""
        if isinstance(where, slice):
            return self._vectors[where]
        held = self._scratch.take("given", (len(where), self._vectors.shape[1]), torch.float32)
        return torch.index_select(self._vectors, 0, where, out=held)  # indexing takes three times as long

    def _wide(self, where: slice | torch.Tensor) -> torch.Tensor:
        """The same in float64; valid until the next call."""
        vectors = self._given(where)
        return self._scratch.take("wide", tuple(vectors.shape), torch.float64).copy_(vectors)

    def take(self, rows: torch.Tensor) -> torch.Tensor:
        """Chosen rows, float32."""
        return self._vectors[rows] * self.scale + self._back

    def inside(self, vectors: torch.Tensor) -> torch.Tensor:
        """Transform other vectors as the rows were, float32."""
        return (vectors.double() * self.scale + self._back).float()

    def outside(self, vectors: torch.Tensor) -> torch.Tensor:
        """Undo that transformation, float64."""
        return (vectors.double() - self._back) / self.scale

    def nearest(self, rows: torch.Tensor, centroids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Find the nearest centroid of some rows, the lower one in a tie.

        |x − c|² is lowest where x·c − |c|²/2 is highest.

        Returns:
            The centroids, int64, and how much farther the next nearest is, less the possible error of the
            products, float32; both of shape (rows,).
        """
        labels = torch.empty_like(rows)
        near, far = torch.empty((2, len(rows)), device=self.device)
        half = centroids.square().sum(1) / 2
        for part in self.parts(len(rows)):
            # A slice is not copied.
            where = part if len(rows) == len(self) else rows[part]
            scores = products(self.block(where), centroids, -half)
            torch.max(scores, dim=1, out=(near[part], labels[part]))
            scores.scatter_(1, labels[part, None], -torch.inf)
            torch.amax(scores, dim=1, out=far[part])
        size = self.squares[rows]
        error = self.blur * (size + 2 * half.max())
        near, far = size - 2 * near + error, size - 2 * far - error
        return labels, far.clamp_(min=0).sqrt_() - near.clamp_(min=0).sqrt_()

    def distances(self, centroids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Squared distance of each row to its centroid, without cancellation: float32, shape (rows,)."""
        distances = torch.empty(len(self), device=self.device)
        for part in self.parts(len(self)):
            own = centroids.index_select(0, labels[part])
            distances[part] = row_sums(own.sub_(self.block(part)).square_())
        return distances

    def sums(self, rows: torch.Tensor, labels: torch.Tensor, k: int) -> torch.Tensor:
        """Sum chosen rows, as given, by label: float64, shape (k, dims)."""
        total = torch.zeros((k, self._vectors.shape[1]), dtype=torch.float64, device=self.device)
        bags = torch.arange(k, device=self.device)
        for part in self.parts(len(rows)):
            ordered, order = labels[part].sort(stable=True)
            # Unlike `index_add_`, this adds in the same order every time on a GPU too.
            total += torch.nn.functional.embedding_bag(
                order, self._wide(rows[part]), torch.searchsorted(ordered, bags), mode="sum"
            )
        return total

    def _moments(self) -> tuple[torch.Tensor, float]:
        """Mean of each dimension, float64, and the mean of their variances."""
        first = self._vectors[0].double()
        total, squares = torch.zeros_like(first), torch.zeros((), dtype=torch.float64, device=self.device)
        for part in self.parts(len(self)):
            moved = self._wide(part).sub_(first)
            total += moved.sum(0)
            squares += moved.square_().sum()
        mean = total / len(self)
        variance = float(squares / len(self) - mean @ mean) / len(mean)
        return first + mean, max(0.0, variance)


def products(rows: torch.Tensor, columns: torch.Tensor, offset: torch.Tensor | None = None) -> torch.Tensor:
    """Dot product of each row with each column in float32, plus the column's offset.

    Args:
        rows: Shape (rows, dims).
        columns: Shape (columns, dims).
        offset: Shape (columns,).

    Returns:
        Shape (rows, columns).
    """
    mkldnn: Any = torch.backends.mkldnn
    if rows.device.type != "cpu" or not mkldnn.is_available() or mkldnn.conv.fp32_precision not in _PLAIN:
        return torch.nn.functional.linear(rows, columns, offset)
    # For so few columns a convolution is twice as fast as a matrix product: rows are the pixels of an
    # image, dims its channels, and columns the 1 × 1 filters.
    image = rows.view(1, len(rows), 1, -1).permute(0, 3, 1, 2)
    found = torch.nn.functional.conv2d(image, columns[:, :, None, None], offset)
    return found.permute(0, 2, 3, 1).reshape(len(rows), len(columns))


def plus_plus(
    points: CentredRows, k: int, rng: np.random.Generator, tick: Callable[[], None]
) -> torch.Tensor:
    """Choose k distinct rows, far from each other, by greedy k-means++: float32, shape (k, dims)."""
    trials = 2 + int(math.log(k))
    chosen = [int(rng.integers(len(points)))]
    closest = torch.full((len(points), 1), torch.inf, device=points.device)
    closest = _closer(points, closest, torch.tensor(chosen, device=points.device))
    while len(chosen) < k:
        tick()
        reach = closest[:, 0].double().cumsum(0)
        if reach[-1] == 0:  # the remaining rows are too close to the chosen ones for products to resolve
            chosen = distinct_rows(points.matrix, k, chosen)
            break
        draws = torch.from_numpy(rng.random(trials)).to(points.device) * reach[-1]
        last = torch.searchsorted(reach, reach[-1:])  # a draw may be rounded up to the end
        candidates = torch.searchsorted(reach, draws, right=True).minimum(last)
        distances = _closer(points, closest, candidates)
        best = int(distances.sum(0, dtype=torch.float64).argmin())
        closest = distances[:, best : best + 1]
        chosen.append(int(candidates[best]))
    return points.take(torch.tensor(chosen, device=points.device))


def _closer(points: CentredRows, closest: torch.Tensor, candidates: torch.Tensor) -> torch.Tensor:
    """Squared distance of each row to its nearest centroid, for each candidate as an additional centroid.

    Args:
        points: The rows.
        closest: The same without the candidate, shape (rows, 1).
        candidates: Rows, int64, shape (candidates,).

    Returns:
        float32, shape (rows, candidates); 0 where products cannot distinguish row and candidate.
    """
    taken = points.take(candidates)
    distances = torch.empty((len(points), len(candidates)), device=points.device)
    for part in points.parts(len(points)):
        size = points.squares[part, None] + points.squares[candidates]
        squares = size - 2 * products(points.block(part), taken)
        squares[squares <= points.blur * size] = 0
        torch.minimum(squares, closest[part], out=distances[part])
    return distances


def distinct_rows(matrix: NDArray[np.float32], enough: int, chosen: Sequence[int] = ()) -> list[int]:
    """Find `enough` distinct rows, or all if there are fewer: the chosen ones, then the first ones."""
    seen: dict[bytes, int] = {}
    for row in itertools.chain(chosen, range(len(matrix))):
        numbers = matrix[row] + np.float32(0)  # −0 becomes 0, which is the same number
        seen.setdefault(numbers.tobytes(), row)
        if len(seen) == enough:
            break
    return list(seen.values())
