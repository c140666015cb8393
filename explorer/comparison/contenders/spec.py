"""The choice of a contender: an encoder and what is changed about its vectors, or BM25."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from explorer.encode.spec import EncoderSpec
from explorer.errors import QueryError

if TYPE_CHECKING:
    from explorer.analysis.space import Space

StoredPrecision = Literal["float32", "int8", "binary"]
FEWEST, MOST = 2, 8  # contenders of a comparison


@dataclass(frozen=True)
class ContenderSpec:
    """How a contender is made from an encoder; changes are made in the order of the attributes.

    Attributes:
        encoder: What encodes the rows; None for BM25, which ranks without vectors.
        text: The text column it reads; None for that of the corpus.
        aligned: Take the mean of images from images and that of their captions from texts.
        first: Keep only so many first dimensions, as for models trained with Matryoshka loss; None for all.
        pca: Reduce to so many dimensions by PCA; None for none.
        centred: Remove the mean direction of the rows.
        stored_as: The precision that vectors are stored in.
        csls: Correct scores for hubs (Conneau et al. 2018).

    Raises:
        QueryError: BM25 has no vectors to change, or a number of dimensions is below 1.
    """

    encoder: EncoderSpec | None
    text: str | None = None
    aligned: bool = False
    first: int | None = None
    pca: int | None = None
    centred: bool = False
    stored_as: StoredPrecision = "float32"
    csls: bool = False

    def __post_init__(self) -> None:
        if self.encoder is None and self.changes_vectors:
            raise QueryError("BM25 has no vectors that could be changed.", fix="Choose an encoder.")
        for dims in (self.first, self.pca):
            if dims is not None and dims < 1:
                raise QueryError(f"{dims} dimensions were asked for.", fix="Choose 1 or more.")

    @property
    def changes_vectors(self) -> bool:
        """Whether anything is changed about the encoder's vectors or scores."""
        moved = self.aligned or self.centred or self.csls
        return bool(moved or self.first or self.pca or self.stored_as != "float32")


def changed(space: Space, spec: ContenderSpec) -> Space:
    """The space of a contender: its encoder's space with the changes of the spec except `csls`.

    Raises:
        QueryError: The vectors have fewer dimensions than are to be kept, or as `Space.align` and `reduce`.
    """
    if spec.aligned:
        space = space.align()
    if spec.first is not None:
        space = space.truncate(spec.first)
    if spec.pca is not None:
        space = space.reduce(spec.pca)
    if spec.centred:
        space = space.center()
    return space if spec.stored_as == "float32" else space.quantize(spec.stored_as)
