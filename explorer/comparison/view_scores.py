"""The scores of two views of rows with each other: each text is encoded once by each encoder."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.contender import Contender
from explorer.comparison.csls import CslsContender
from explorer.comparison.space_contender import SpaceContender
from explorer.comparison.views import Views
from explorer.encode.encoder import Encoder
from explorer.jobs.progress import OnProgress

Side = Literal["left", "right"]
SIDES: tuple[Side, ...] = get_args(Side)


class ViewScores:
    """Scores views of rows; contenders with the same encoder, such as one and its int8, share its vectors.

    Args:
        views: The views, as `two_views` gives them.
        masked: Whether to hide the words that both views of a row have.

    Attributes:
        masked: The same.
        views: The views that are scored.
    """

    def __init__(self, views: Views, *, masked: bool = True) -> None:
        self.masked = masked
        self.views = views.masked() if masked else views
        self._encoded: dict[tuple[str, str, Side], NDArray[np.float32]] = {}

    def scores(
        self, contender: Contender, queries: Side, documents: Side, on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """The scores of one view of each row, as a query, with one view of each row as a row.

        Args:
            contender: Gives the scores.
            queries: Which view is the query.
            documents: Which view is the row.
            on_progress: Passed on. An exception it raises stops the work.

        Returns:
            float32, shape (rows, rows).

        Raises:
            QueryError: The contender has no encoder for texts.
        """
        if not isinstance(contender, SpaceContender | CslsContender) or not len(self.views):
            asked, found = self._texts(queries), self._texts(documents)
            return contender.score_texts(asked, found, on_progress=on_progress)
        space = contender.space or contender.base
        return contender.score_encoded(
            self._vectors(space.encoder, queries, on_progress, as_queries=True),
            self._vectors(space.encoder, documents, on_progress, as_queries=False),
        )

    def _texts(self, side: Side) -> tuple[str, ...]:
        return self.views.left if side == "left" else self.views.right

    def _vectors(
        self, encoder: Encoder, side: Side, on_progress: OnProgress | None, *, as_queries: bool
    ) -> NDArray[np.float32]:
        role = f"query {encoder.query_prompt}" if as_queries else "row"
        key = (encoder.fingerprint, role, side)
        if key not in self._encoded:
            encode = encoder.encode_queries if as_queries else encoder.encode_documents
            self._encoded[key] = encode(self._texts(side), on_progress)
        return self._encoded[key]
