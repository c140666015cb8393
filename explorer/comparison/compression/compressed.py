"""The smaller forms that the vectors of a space can be stored in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from explorer.analysis.space import Space
from explorer.comparison.contenders.spec import StoredPrecision
from explorer.comparison.contenders.trained_sizes import trained_sizes

Method = Literal["all", "first", "pca"]

_FEWEST_DIMS = 32
_FEWEST_BYTES = 16  # below, hardly a neighbour is kept: 128 signs
_PRECISIONS: tuple[StoredPrecision, ...] = ("float32", "int8", "binary")
_BITS = {"float32": 32, "int8": 8, "binary": 1}


@dataclass(frozen=True)
class Compression:
    """A form of vectors.

    Attributes:
        method: How dimensions were left out: `all` are kept, the `first` are, or they are those of `pca`.
        dims: The dimensions that are left.
        stored_as: The precision that they are stored in.
    """

    method: Method
    dims: int
    stored_as: StoredPrecision

    @property
    def name(self) -> str:
        """A short name, such as `first 192 dimensions, int8`."""
        words = {"all": "all", "first": "first", "pca": "PCA to"}[self.method]
        return f"{words} {self.dims:,} dimension{'' if self.dims == 1 else 's'}, {self.stored_as}"

    @property
    def bytes_per_vector(self) -> int:
        """Bytes that a vector takes where vectors are stored."""
        return -(-self.dims * _BITS[self.stored_as] // 8)


def compressions(space: Space) -> tuple[Compression, ...]:
    """The forms that are worth a try, the full vectors first.

    Dimensions are those that the model was trained to be cut to, where its files name them, else halves,
    quarters and so on, down to 32. Each is tried in every precision that leaves 16 bytes or more, except for
    the signs of principal components: the last ones count there as much as the first.
    """
    trained = [size for size in trained_sizes(space.spec) if _FEWEST_DIMS <= size < space.dims]
    sizes = trained or list(_halves(space.dims))
    methods: tuple[Method, ...] = ("first", "pca")
    smaller = [
        Compression(method, size, precision)
        for method in methods
        for size in sizes
        if method == "first" or size < len(space)
        for precision in (_PRECISIONS if method == "first" else _PRECISIONS[:-1])
    ]
    full = [Compression("all", space.dims, precision) for precision in _PRECISIONS]
    return (*full, *(each for each in smaller if each.bytes_per_vector >= _FEWEST_BYTES))


def compressed_spaces(space: Space, forms: Sequence[Compression]) -> Iterator[tuple[Compression, Space]]:
    """The space in each form, one after the other, so that only a few are in memory at a time.

    The order is that of the methods among `forms`, then that of the dimensions.
    """
    for method in dict.fromkeys(form.method for form in forms):
        own = [form for form in forms if form.method == method]
        # The first axes of a PCA do not depend on how many are kept, so they are computed once.
        base = space.reduce(max(form.dims for form in own)) if method == "pca" else space
        for dims in dict.fromkeys(form.dims for form in own):
            cut = base.truncate(dims) if dims < base.dims else base
            for form in own:
                if form.dims == dims:
                    yield form, cut if form.stored_as == "float32" else cut.quantize(form.stored_as)


def _halves(dims: int) -> Iterator[int]:
    while dims // 2 >= _FEWEST_DIMS:
        dims //= 2
        yield dims
