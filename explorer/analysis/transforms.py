"""Transforms of embeddings: fewer dimensions, lower precision, means removed.

Rows and queries go through the same transform; only int8 treats them differently. Transforms compute in
float64 and give float32. `explorer.analysis.fitting` fits them to the rows of a space.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.tensor import normalize
from explorer.tensor.matrices import blocks

Role = Literal["row", "query", "image query", "text row"]
"""What vectors are of: rows, texts or images that are searched for, or texts in the place of rows."""

_LEVELS = 256  # of a byte
_BLOCK = 1 << 20  # numbers at a time: 8 MB in float64
ROUNDING = float(np.finfo(np.float32).eps)  # of a length: a remainder this small is rounding


class Transform(Protocol):
    """Turns the vectors of a space into those of a derived space.

    Attributes:
        name: A short name for the screen.
        identity: Identifies everything it depends on: its kind, its numbers and the rows it was fitted on.
        bits: Bits that a value takes where vectors are stored; None for as many as before.
    """

    @property
    def name(self) -> str:
        """See the class."""
        ...

    @property
    def identity(self) -> str:
        """See the class."""
        ...

    @property
    def bits(self) -> int | None:
        """See the class."""
        ...

    def apply(self, vectors: NDArray[np.float32], role: Role) -> NDArray[np.float32]:
        """Transform vectors of rows or queries: shape (n, dims) to (n, dims of the derived space)."""
        ...


@dataclass(frozen=True)
class Truncation:
    """The first dimensions only, as for models trained with Matryoshka loss (Kusupati et al. 2022).

    Attributes:
        dims: How many.
    """

    dims: int
    bits: None = None

    @property
    def name(self) -> str:
        """For the screen."""
        return f"{self.dims:,} dim{'' if self.dims == 1 else 's'}"

    @property
    def identity(self) -> str:
        """See `Transform`."""
        return f"first {self.dims}"

    def apply(self, vectors: NDArray[np.float32], role: Role) -> NDArray[np.float32]:  # noqa: ARG002
        """See `Transform.apply`."""
        return np.ascontiguousarray(vectors[:, : self.dims])


@dataclass(frozen=True, eq=False)
class Reduction:
    """Coordinates along the principal axes of the rows, from their mean (PCA).

    Attributes:
        unit: Whether vectors are scaled to length 1 first; then a vector of zeros stays zeros.
        mean: float64, shape (dims,).
        axes: float64, shape (dims, dims of the derived space); zeros for axes along which no rows differ.
        fitted_on: The fingerprint of the space it was fitted on.
    """

    unit: bool
    mean: NDArray[np.float64] = field(repr=False)
    axes: NDArray[np.float64] = field(repr=False)
    fitted_on: str
    bits: int = 32

    @property
    def name(self) -> str:
        """For the screen."""
        return f"PCA to {self.axes.shape[1]:,}"

    @property
    def identity(self) -> str:
        """See `Transform`."""
        return f"pca {self.axes.shape[1]} {'unit ' * self.unit}{_digest(self.fitted_on)}"

    def apply(self, vectors: NDArray[np.float32], role: Role) -> NDArray[np.float32]:  # noqa: ARG002
        """See `Transform.apply`."""

        def turned(wide: NDArray[np.float64], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
            values = _without_rounding((wide - self.mean) @ self.axes, lengths)
            if self.unit:
                values[lengths == 0] = 0
            return values

        return _in_blocks(normalize(vectors) if self.unit else vectors, turned, self.axes.shape[1])


@dataclass(frozen=True, eq=False)
class Int8:
    """One byte for each value: 256 steps between the smallest and the largest value of each dimension.

    Codes are those of `sentence_transformers.util.quantize_embeddings`. Rows are decoded to the middle of
    their bucket, and to the exact value where a dimension is constant or at its maximum. Queries stay
    float32, as with FAISS's `QT_8bit`, so only rows lose precision.

    Attributes:
        lowest: The smallest value of each dimension, float32, shape (dims,).
        highest: The largest.
        fitted_on: The fingerprint of the space it was fitted on.
    """

    lowest: NDArray[np.float32] = field(repr=False)
    highest: NDArray[np.float32] = field(repr=False)
    fitted_on: str
    name: str = "int8"
    bits: int = 8

    @property
    def identity(self) -> str:
        """See `Transform`."""
        return f"int8 {_digest(self.fitted_on)}"

    def codes(self, vectors: NDArray[np.float32]) -> NDArray[np.int8]:
        """The stored values, int8, shape of the vectors; values out of range get the nearest code."""
        steps = self._steps
        steps = np.where(steps == 0, 1, steps).astype(np.float32)
        buckets = np.clip(np.floor((vectors - self.lowest) / steps), 0, _LEVELS - 1)
        codes: NDArray[np.int8] = (buckets - _LEVELS // 2).astype(np.int8)
        return codes

    def apply(self, vectors: NDArray[np.float32], role: Role) -> NDArray[np.float32]:
        """See `Transform.apply`."""
        if role in ("query", "image query"):
            return vectors
        out = np.empty_like(vectors)
        for start, stop in _blocks(vectors):
            buckets = self.codes(vectors[start:stop]).astype(np.float64) + _LEVELS // 2
            out[start:stop] = np.minimum(self.lowest + (buckets + 0.5) * self._steps, self.highest)
        return out

    @property
    def _steps(self) -> NDArray[np.float32]:
        return (self.highest - self.lowest) / np.float32(_LEVELS - 1)


@dataclass(frozen=True)
class Binary:
    """One bit for each value: its sign, 1 where it is above 0 and −1 elsewhere, for rows and queries.

    With d dimensions and a Hamming distance of h, cosine is 1 − 2h/d, so it ranks as the Hamming distance
    between the bits of `sentence_transformers.util.quantize_embeddings`; so do the other metrics.
    """

    name: str = "binary"
    identity: str = "binary"
    bits: int = 1

    def apply(self, vectors: NDArray[np.float32], role: Role) -> NDArray[np.float32]:  # noqa: ARG002
        """See `Transform.apply`."""
        return np.where(vectors > 0, np.float32(1), np.float32(-1))


@dataclass(frozen=True, eq=False)
class Centring:
    """The component along the mean direction removed: x − (x·m) m, with m the mean scaled to length 1.

    The mean is that of the rows scaled to length 1, without those of zeros. This is R2 of Ren, Liang and Sun
    (arXiv 2511.11041), which is less sensitive to an error of the mean than subtracting the mean itself (R1).
    Rows of length 1 have a mean of zero afterwards. A vector that points along the mean becomes zeros.

    Attributes:
        direction: m, float64, shape (dims,); zeros if the rows have no mean direction.
        fitted_on: The fingerprint of the space it was fitted on.
    """

    direction: NDArray[np.float64] = field(repr=False)
    fitted_on: str
    name: str = "centred"
    bits: int = 32

    @property
    def identity(self) -> str:
        """See `Transform`."""
        return f"centred {_digest(self.fitted_on)}"

    def apply(self, vectors: NDArray[np.float32], role: Role) -> NDArray[np.float32]:  # noqa: ARG002
        """See `Transform.apply`."""

        def rest(wide: NDArray[np.float64], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
            return _without_rounding(wide - np.outer(wide @ self.direction, self.direction), lengths)

        return _in_blocks(vectors, rest, vectors.shape[1])


@dataclass(frozen=True, eq=False)
class Alignment:
    """The mean of images taken from images, and the mean of texts from texts: x / |x| − mean.

    Models for images and texts keep the two apart: the difference of the means is the modality gap of Liang
    et al., Mind the Gap (NeurIPS 2022, arXiv 2203.02053). Afterwards both means are zero. A vector of zeros
    stays zeros.

    Attributes:
        row_mean: The mean of the rows, which are images, scaled to length 1: float64, shape (dims,).
        text_mean: The mean of their captions.
        fitted_on: The fingerprint of the space it was fitted on.
    """

    row_mean: NDArray[np.float64] = field(repr=False)
    text_mean: NDArray[np.float64] = field(repr=False)
    fitted_on: str
    name: str = "means aligned"
    bits: int = 32

    @property
    def identity(self) -> str:
        """See `Transform`."""
        return f"aligned {_digest(self.fitted_on)}"

    def apply(self, vectors: NDArray[np.float32], role: Role) -> NDArray[np.float32]:
        """See `Transform.apply`."""
        mean = self.row_mean if role in ("row", "image query") else self.text_mean

        def moved(wide: NDArray[np.float64], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
            rest = wide / np.where(lengths == 0, 1, lengths)[:, None] - mean
            rest[lengths == 0] = 0
            return _without_rounding(rest, np.ones(len(rest)))

        return _in_blocks(vectors, moved, vectors.shape[1])


def _blocks(vectors: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    return blocks(len(vectors), vectors.shape[1], _BLOCK)


def _in_blocks(
    vectors: NDArray[np.float32],
    change: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]],
    dims: int,
) -> NDArray[np.float32]:
    """Vectors changed in float64, some at a time with their lengths: float32, shape (rows, dims)."""
    out = np.empty((len(vectors), dims), dtype=np.float32)
    for start, stop in _blocks(vectors):
        wide = vectors[start:stop].astype(np.float64)
        out[start:stop] = change(wide, np.linalg.norm(wide, axis=1))
    return out


def _without_rounding(values: NDArray[np.float64], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Set rows to zero that are only the rounding errors of vectors of these lengths.

    Otherwise cosine would compare the directions of rounding errors.
    """
    values[np.linalg.norm(values, axis=1) <= ROUNDING * lengths] = 0
    return values


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
