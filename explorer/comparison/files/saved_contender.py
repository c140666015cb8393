"""A contender of an opened comparison, without its vectors; and how any contender is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.analysis.transforms import Alignment, Binary, Centring, Int8, Reduction, Truncation
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.comparison.contenders.contender import Contender
from explorer.comparison.contenders.csls import CslsContender
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.data.corpus import Corpus
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress
from explorer.tensor import TopK


class SavedContender:
    """A contender whose figures are known and whose vectors are not here; see `Contender`.

    Args:
        name: See `Contender`.
        fingerprint: See `Contender`.
        corpus: The rows.
        spec: How it is made, if that is known.

    Attributes:
        name: See `Contender`.
        fingerprint: See `Contender`.
        corpus: The rows.
        spec: How it is made, if that is known.
        space: None: its vectors are not here.
    """

    space: None = None

    def __init__(self, name: str, fingerprint: str, corpus: Corpus, spec: ContenderSpec | None) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.corpus = corpus
        self.spec = spec

    def subset(self, rows: NDArray[np.int64]) -> SavedContender:  # noqa: ARG002
        """Raise QueryError: there are no vectors."""
        self._refuse()

    def search(
        self,
        queries: Sequence[str],  # noqa: ARG002
        k: int,  # noqa: ARG002
        *,
        on_progress: OnProgress | None = None,  # noqa: ARG002
    ) -> TopK:
        """Raise QueryError: there are no vectors."""
        self._refuse()

    def neighbors(
        self,
        rows: NDArray[np.int64],  # noqa: ARG002
        k: int,  # noqa: ARG002
        *,
        on_progress: OnProgress | None = None,  # noqa: ARG002
    ) -> TopK:
        """Raise QueryError: there are no vectors."""
        self._refuse()

    def score_texts(
        self,
        queries: Sequence[str],  # noqa: ARG002
        documents: Sequence[str],  # noqa: ARG002
        *,
        on_progress: OnProgress | None = None,  # noqa: ARG002
    ) -> NDArray[np.float32]:
        """Raise QueryError: there are no vectors."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise QueryError(
            "The comparison was opened from a file, which has no vectors.",
            where=self.name,
            fix="Encode the rows with this contender first.",
        )


def spec_of(contender: Contender, corpus: Corpus) -> ContenderSpec | None:
    """How a contender is made.

    Args:
        contender: The contender.
        corpus: The rows, with the usual text column.

    Returns:
        None if a spec cannot say it: there is no encoder, another metric than the model's was chosen, or the
        vectors went through changes in another order.
    """
    usual = contender.corpus.text == corpus.text and (contender.corpus.images is None) == (
        corpus.images is None
    )
    text = None if usual else contender.corpus.text
    match contender:
        case SavedContender():
            return contender.spec
        case Bm25Contender():
            return ContenderSpec(None, text=text)
        case CslsContender(base=space):
            return _spec(space, text, csls=True)
        case SpaceContender(space=space) if contender.metric == space.similarity_metric:
            return _spec(space, text, csls=False)
        case _:
            return None


def _spec(space: Space, text: str | None, *, csls: bool) -> ContenderSpec | None:
    if space.spec is None:
        return None
    made = ContenderSpec(space.spec, text, csls=csls)
    place = 0  # of the last change in the order of a spec's attributes
    for step in space.transforms:
        match step:
            case Alignment() if step is space.transforms[0]:
                made = replace(made, aligned=True)
            case Truncation(dims=dims) if place < 1:
                made, place = replace(made, first=dims), 1
            case Reduction(axes=axes) if place < 2:
                made, place = replace(made, pca=axes.shape[1]), 2
            case Centring() if place < 3:
                made, place = replace(made, centred=True), 3
            case Int8() if place < 4:
                made, place = replace(made, stored_as="int8"), 4
            case Binary() if place < 4:
                made, place = replace(made, stored_as="binary"), 4
            case _:
                return None
    return made
