"""A matrix prepared to be searched many times."""

from __future__ import annotations

import hashlib
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from explorer.tensor.device import fast_dtype
from explorer.tensor.rounding import dot_error
from explorer.tensor.score_bounds import ScoreBounds
from explorer.tensor.scores import Metric, Rows

# Norms between which no float32 product or square overflows, or loses digits to underflow.
_SHORTEST, _LONGEST = 2.0**-60, 2.0**60
_MANY = 8  # queries; with fewer, a product takes as long as reading the matrix, in any dtype


class SearchMatrix:
    """A matrix on its device, with the properties that searches need, each computed once.

    Attributes:
        matrix: float32, shape (rows, dims), read-only; not copied.
        rows: The matrix and its norms, on its device.
    """

    def __init__(self, matrix: NDArray[np.float32], device: torch.device) -> None:
        self.matrix = matrix.view()
        self.matrix.flags.writeable = False  # properties computed here must stay valid
        self.rows = Rows.of(self.matrix, device)
        self._score_bounds: dict[tuple[Metric, torch.dtype, float], ScoreBounds] = {}

    def __len__(self) -> int:
        return len(self.matrix)

    @property
    def device(self) -> torch.device:
        """Where the matrix is and searches run."""
        return self.rows.norms.device

    @property
    def dims(self) -> int:
        """Length of the vectors."""
        return int(self.matrix.shape[1])

    def score_bounds(self, metric: Metric, dtype: torch.dtype) -> ScoreBounds:
        """The bounds of a metric in a dtype."""
        error = dot_error(self.dims, dtype, self.device)  # may change with a setting of the process
        key = (metric, dtype, error)
        if key not in self._score_bounds:
            self._score_bounds[key] = ScoreBounds.of(self.rows, metric, dtype, error)
        return self._score_bounds[key]

    def formats(self, metric: Metric, queries: Rows) -> list[torch.dtype]:
        """The dtypes to try for some queries, cheapest first."""
        longest = float(queries.norms.max()) if metric == "euclidean" else 1
        if not self._is_ordinary or longest > _LONGEST:
            return [torch.float64]
        # bfloat16 is used only on CPUs, which sum in float32. A GPU may sum halves in halves,
        # and is quick enough in float32.
        coarse = fast_dtype(self.device) == torch.bfloat16 and len(queries) >= _MANY
        return [*([torch.bfloat16] if coarse else []), torch.float32, torch.float64]

    @cached_property
    def _is_ordinary(self) -> bool:
        norms = self.rows.norms[self.rows.norms > 0]
        return len(norms) == 0 or bool(norms.min() >= _SHORTEST and norms.max() <= _LONGEST)

    @cached_property
    def twins(self) -> NDArray[np.int64]:
        """For each row, the first row with the same values, int64, shape (rows,).

        Equal norms find candidates; a hash of their bytes decides.
        """
        _, length, count = np.unique(self.rows.norms.cpu().numpy(), return_inverse=True, return_counts=True)
        first = np.arange(len(self))
        seen: dict[bytes, int] = {}
        for row in np.flatnonzero(count[length] > 1).tolist():
            numbers = self.matrix[row] + np.float32(0)  # −0 becomes 0, which is the same number
            digest = hashlib.blake2b(numbers.tobytes(), digest_size=32).digest()
            first[row] = seen.setdefault(digest, row)
        return first
