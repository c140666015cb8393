"""The rows as k-means sees them, and where it starts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from explorer.tensor.bounds import dot_error
from explorer.tensor.estimate import Scratch
from explorer.tensor.vectors import as_tensor, row_sums

_ROWS = 8192  # rows of a block, where memory allows: larger ones leave the processor's cache


class Points:
    """The rows, moved near the origin and scaled to a spread of about 1, a block at a time.

    Distances then neither overflow nor cancel out. The rows are moved by whole multiples of a power of
    two close to their spread, and scaled by that power, so that neither changes their digits.

    Attributes:
        matrix: The rows as they were given, float32, shape (rows, dims).
        scale: What lengths are multiplied by.
        variance: Mean variance of a dimension, scaled.
        squares: Squared lengths of the rows, float32, shape (rows,).
        blur: What a float32 product can put a squared distance off by, relative to the squared lengths.
    """

    def __init__(self, matrix: NDArray[np.float32], device: torch.device, k: int, memory_mb: float) -> None:
        self.matrix = matrix
        self._vectors = as_tensor(matrix).to(device)
        self.device = device
        rows, dims = matrix.shape
        self.step = int(min(_ROWS, max(1, memory_mb * 2**20 // (24 * dims + 16 * k))))
        self._scratch = Scratch(device)
        mean, variance = self._moments()
        spread = 2.0 ** math.floor(math.log2(variance) / 2) if variance else 1.0
        self.scale = 1 / min(max(spread, 2.0**-126), 2.0**126)
        self._shift = (mean * self.scale).round().float()
        self.variance = variance * self.scale * self.scale
        self.blur = 2 * dot_error(dims, torch.float32, device)
        self.squares = torch.empty(rows, device=device)
        for part in self.parts(len(self)):
            self.squares[part] = self.block(part).square_().sum(1)

    def __len__(self) -> int:
        return len(self._vectors)

    def parts(self, rows: int) -> list[slice]:
        """Cut a number of rows into blocks."""
        return [slice(start, start + self.step) for start in range(0, rows, self.step)]

    def block(self, where: slice | torch.Tensor) -> torch.Tensor:
        """The rows of a block, until the next call."""
        vectors = self._vectors[where]
        moved = self._scratch.take("block", tuple(vectors.shape), torch.float32)
        torch.mul(vectors, self.scale, out=moved)
        return moved.sub_(self._shift)

    def take(self, rows: torch.Tensor) -> torch.Tensor:
        """Chosen rows, float32."""
        return self._vectors[rows] * self.scale - self._shift

    def inside(self, vectors: torch.Tensor) -> torch.Tensor:
        """Bring other vectors to where the rows are, float32."""
        return (vectors.double() * self.scale - self._shift).float()

    def outside(self, vectors: torch.Tensor) -> torch.Tensor:
        """Bring them back, float64."""
        return (vectors.double() + self._shift) / self.scale

    def nearest(self, rows: torch.Tensor, centroids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Find the nearest centroid of some rows, the lower one of a tie.

        |x − c|² is lowest where x·c − |c|²/2 is highest.

        Returns:
            The centroids, int64, and by how much the next nearest is farther away, less what the products
            can be off, float32; both of shape (rows,).
        """
        labels = torch.empty_like(rows)
        gaps = torch.empty(len(rows), device=self.device)
        half = centroids.square().sum(1) / 2
        columns = centroids.T.contiguous()
        for part in self.parts(len(rows)):
            # A slice is not copied.
            where = part if len(rows) == len(self) else rows[part]
            block = self.block(where)
            scores = self._scratch.take("scores", (len(block), len(centroids)), torch.float32)
            torch.mm(block, columns, out=scores).sub_(half)
            best = torch.argmax(scores, dim=1, keepdim=True, out=labels[part, None])
            near = scores.gather(1, best)[:, 0]
            far = scores.scatter_(1, best, -torch.inf).amax(1)
            size = self.squares[where]
            error = self.blur * (size + 2 * half.max())
            near, far = size - 2 * near + error, size - 2 * far - error
            gaps[part] = far.clamp_(min=0).sqrt_() - near.clamp_(min=0).sqrt_()
        return labels, gaps

    def distances(self, centroids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Squared distance of each row to its centroid, without cancellation: float32, shape (rows,)."""
        distances = torch.empty(len(self), device=self.device)
        for part in self.parts(len(self)):
            distances[part] = row_sums(self.block(part).sub_(centroids[labels[part]]).square_())
        return distances

    def sums(self, rows: torch.Tensor, labels: torch.Tensor, k: int) -> torch.Tensor:
        """Sum chosen rows, as they were given, by label (−1: none): float64, shape (k, dims)."""
        total = torch.zeros((k + 1, self._vectors.shape[1]), dtype=torch.float64, device=self.device)
        bags = torch.arange(-1, k, device=self.device)
        for part in self.parts(len(rows)):
            ordered, order = labels[part].sort(stable=True)
            block = self._vectors[rows[part]].double()
            total += torch.nn.functional.embedding_bag(
                order, block, torch.searchsorted(ordered, bags), mode="sum"
            )
        return total[1:]

    def _moments(self) -> tuple[torch.Tensor, float]:
        """Mean of each dimension, float64, and the mean of their variances."""
        first = self._vectors[0].double()
        total, squares = torch.zeros_like(first), torch.zeros((), dtype=torch.float64, device=self.device)
        for part in self.parts(len(self)):
            moved = self._vectors[part] - first
            total += moved.sum(0)
            squares += moved.square_().sum()
        mean = total / len(self)
        variance = float(squares / len(self) - mean @ mean) / len(mean)
        return first + mean, max(0.0, variance)


def plus_plus(points: Points, k: int, rng: np.random.Generator, tick: Callable[[], None]) -> torch.Tensor:
    """Choose k distinct rows, far from one another, by greedy k-means++: float32, shape (k, dims)."""
    trials = 2 + int(math.log(k))
    chosen = [int(rng.integers(len(points)))]
    closest = torch.full((len(points), 1), torch.inf, device=points.device)
    closest = _closer(points, closest, torch.tensor(chosen, device=points.device))
    while len(chosen) < k:
        tick()
        reach = closest[:, 0].double().cumsum(0)
        if reach[-1] == 0:  # what is left is too close to the chosen for products to tell
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


def _closer(points: Points, closest: torch.Tensor, candidates: torch.Tensor) -> torch.Tensor:
    """Squared distance of each row to its nearest centroid, if a candidate were one.

    Args:
        points: The rows.
        closest: The same without the candidate, shape (rows, 1).
        candidates: Rows, int64, shape (candidates,).

    Returns:
        float32, shape (rows, candidates); 0 where a product cannot tell row and candidate apart.
    """
    columns = points.take(candidates).T.contiguous()
    distances = torch.empty((len(points), len(candidates)), device=points.device)
    for part in points.parts(len(points)):
        size = points.squares[part, None] + points.squares[candidates]
        squares = size - 2 * (points.block(part) @ columns)
        squares[squares <= points.blur * size] = 0
        torch.minimum(squares, closest[part], out=distances[part])
    return distances


def distinct_rows(matrix: NDArray[np.float32], enough: int, chosen: Sequence[int] = ()) -> list[int]:
    """Find `enough` distinct rows, or as many as there are: the chosen ones, then the first ones."""
    seen: dict[bytes, int] = {}
    for row in itertools.chain(chosen, range(len(matrix))):
        numbers = matrix[row] + np.float32(0)  # −0 becomes 0, which is the same number
        seen.setdefault(numbers.tobytes(), row)
        if len(seen) == enough:
            break
    return list(seen.values())
