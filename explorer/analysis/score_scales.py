"""What a score means where queries and rows are of two kinds: texts asked of images, or images of texts.

A model for both puts texts and images in one space, but in two parts of it: an image is closer to nearly any
other image than to the text that describes it best (arxiv.org/abs/2203.02053). So a score says something only
beside those of queries of the same kind with rows of the same kind: those of words are compared with scores
of other texts with images, those of an image with scores of other images, and those of both together with
mixtures of both, at the same weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.weak_hits import MEANINGLESS
from explorer.data.corpus import Corpus
from explorer.data.images.captions import written_captions
from explorer.data.images.image_rows import image_rows

if TYPE_CHECKING:
    from explorer.analysis.space import Space  # brings torch, which a first page must not wait for
    from explorer.tensor import Metric

_T = TypeVar("_T")
_TEXTS = 32  # that queries are compared with
_ROWS = 1_000  # that these are asked of, of each kind
_IMAGES = 64  # rows that queries by an image are compared with
_IMAGE = "an image"
_LONGEST = 300  # characters of a caption that is used; a tower for texts often reads 77 tokens


@dataclass(frozen=True)
class ComparedTexts:
    """The texts whose scores with images those of a query are compared with.

    Attributes:
        kind: What one of them is.
        texts: The texts.
    """

    kind: Literal["caption", "label", "meaningless text"]
    texts: tuple[str, ...]


def compared_texts(corpus: Corpus) -> ComparedTexts:
    """Captions of the rows, see `written_captions`, else their labels, else queries without a meaning."""
    texts = written_captions(corpus, _spread(range(len(corpus)), _ROWS))
    captions = list(dict.fromkeys(text[:_LONGEST] for text in texts if text.strip()))
    if len(captions) > 1:
        return ComparedTexts("caption", _spread(captions))
    if corpus.label_count > 1:
        return ComparedTexts("label", _spread([label for label, _ in corpus.label_sizes]))
    return ComparedTexts("meaningless text", MEANINGLESS)


@dataclass(frozen=True, eq=False)
class ScoreScale:
    """The scores that those of a query are compared with.

    Attributes:
        query: What the other queries are, as in "pairs of an image and a caption".
        is_image: Whether each row of the corpus has an image, bool, shape (rows,).
        scores: Scores of other queries with rows that are images (True) and with those that are texts
            (False), lowest first, float32.
    """

    query: str
    is_image: NDArray[np.bool_]
    scores: Mapping[bool, NDArray[np.float32]]

    def percentile(self, row: int, score: float) -> float | None:
        """The percentage of these scores that are lower; an equal one counts half. None if there are none.

        Args:
            row: The row that has the score, from 0.
            score: Its score.
        """
        others = self.scores[bool(self.is_image[row])]
        if not len(others):
            return None
        below, up_to = (np.searchsorted(others, np.float32(score), side) for side in ("left", "right"))
        return float(50.0 * (below + up_to) / len(others))

    def pairs(self, row: int | None = None) -> str:
        """What the scores of a row, or of any row, are compared with, in words."""
        kinds = self.is_image if row is None else self.is_image[[row]]
        images, texts = bool(kinds.any()), not kinds.all()
        kind = "an image or a text" if images and texts else _IMAGE if images else "a text"
        if kind == self.query:
            return "pairs of images"
        return f"pairs of {kind} and {self.query}"


def scale_of_texts(space: Space, kind: str, texts: NDArray[np.float32], metric: Metric) -> ScoreScale:
    """The scale of a query that is a text.

    Args:
        space: The rows.
        kind: What the compared texts are; see `ComparedTexts`.
        texts: Their vectors in the space, float32, shape (texts, dims).
        metric: The similarity metric.
    """
    return _scale(space, f"a {kind}", texts, None, metric)


def scale_of_images(space: Space, metric: Metric) -> ScoreScale:
    """The scale of a query that is an image: that of other images of the rows, with all rows but itself."""
    rows = _some(np.flatnonzero(image_rows(space.corpus)), _IMAGES)
    return _scale(space, _IMAGE, space.index.take(rows), rows, metric)


def scale_of_mixtures(
    space: Space, kind: str, texts: NDArray[np.float32], weight: float, metric: Metric
) -> ScoreScale:
    """The scale of a query that is a text and an image: that of mixtures of other texts with other images.

    Args:
        space: The rows.
        kind: As for `scale_of_texts`.
        texts: As for `scale_of_texts`.
        weight: The share of the text in the query; see `Space.encode_mixed`.
        metric: The similarity metric.
    """
    from explorer.analysis.space import mix

    images = np.flatnonzero(image_rows(space.corpus))
    rows = np.random.default_rng(0).choice(images, len(texts))
    pairs = np.stack([texts, space.index.take(rows)], axis=1)
    mixed = np.concatenate([mix(pair, weight) for pair in pairs])
    return _scale(space, f"a mixture of a {kind} with another image", mixed, rows, metric)


def _scale(
    space: Space, query: str, vectors: NDArray[np.float32], own: NDArray[np.int64] | None, metric: Metric
) -> ScoreScale:
    """The scores of queries with some rows of each kind, without those with the rows they are made of."""
    from explorer.tensor import pairwise

    is_image, scores = image_rows(space.corpus), {}
    for kind in (True, False):
        rows = _some(np.flatnonzero(is_image == kind), _ROWS)
        if not len(rows):
            scores[kind] = np.empty(0, np.float32)
            continue
        found = pairwise(vectors, space.index.take(rows), metric)
        others = np.ones(found.shape, dtype=bool) if own is None else own[:, None] != rows
        scores[kind] = np.sort(found[others])
    return ScoreScale(query, is_image, scores)


def _some(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(0).choice(rows, most, replace=False))


def _spread(every: Sequence[_T], most: int = _TEXTS) -> tuple[_T, ...]:
    """Some values from all over a list."""
    places = np.linspace(0, len(every) - 1, min(most, len(every))).astype(int)
    return tuple(every[place] for place in places)
