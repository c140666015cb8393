"""What is found for a request of the search page: the hits of each query."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from explorer.analysis.score_scales import ScoreScale
from explorer.data.corpus import Item
from explorer.errors import QueryError
from explorer.session.queries import encoding_seconds
from explorer.session.session import Session
from explorer.ui.search.controls import MAX_HITS, MAX_QUERIES, MAX_QUERY_CHARS, Asked
from explorer.ui.search.ranking import ranked_or_progress
from explorer.ui.search.score_scale import compared_texts, scale_of
from explorer.ui.search.weak_hits import meaningless
from explorer.ui.shell.queries import query_vectors_or_progress

if TYPE_CHECKING:
    from explorer.analysis.space import Hit, Space
    from explorer.retrieval.ranked import Ranked


@dataclass(frozen=True)
class Answer:
    """The answer to a request.

    Attributes:
        queries: The queries in words; the text of the row that others are similar to.
        by_vectors: For each query its hits by vectors, best first.
        ranked: For each query what was found by more than vectors; None if that is not asked for, or not
            there (yet).
        seconds: How long encoding the queries and comparing their vectors took.
        scale: What the scores are compared with; None for random pairs of rows.
    """

    queries: list[str]
    by_vectors: list[list[Hit]]
    ranked: tuple[Ranked, ...] | None
    seconds: float
    scale: ScoreScale | None = None

    @property
    def hits(self) -> list[list[Hit]]:
        """For each query the hits to show, best first."""
        return self.by_vectors if self.ranked is None else [[*one.hits] for one in self.ranked]


def hits_or_progress(session: Session, space: Space, asked: Asked) -> Answer | None:
    """The queries and their hits; None while the queries are being encoded, which the page shows.

    The hits by vectors are there while others are being ranked by more, and if that fails.

    Raises:
        QueryError: There are too many queries, one is too long, or the encoder takes no images.
    """
    if asked.like is not None and not asked.but:
        return _like_row(session, space, asked, asked.like)
    if asked.like is not None or asked.image is not None:
        return _by_image(session, space, asked)
    return _by_words(session, space, asked)


def _like_row(session: Session, space: Space, asked: Asked, row: int) -> Answer:
    """The rows like another row."""
    began = time.perf_counter()
    similar = space.similar_to(row, min(asked.k, MAX_HITS), metric=asked.metric, rows=asked.within)
    took = time.perf_counter() - began
    ranked = _ranked(session, space, asked, [row], [None])
    return Answer([space.corpus.captions[row]], [similar], ranked, took, scale_of(session, space, asked))


def _by_words(session: Session, space: Space, asked: Asked) -> Answer | None:
    """The hits of one or more queries in words."""
    if len(asked.queries) > MAX_QUERIES:
        raise QueryError(
            f"There are {len(asked.queries)} queries; the page takes {MAX_QUERIES} at once.",
            fix="Search in several batches, or use the Python package.",
        )
    # Only the browser enforces the input's own limit; a link can carry more.
    for number, query in enumerate(asked.queries, start=1):
        _check_length(query, f"query {number}", "Shorten it.")
    # Together, so that the hits and what is weak among them are drawn at once.
    texts = (*asked.queries, *dict.fromkeys((*meaningless(space), *compared_texts(session, space).texts)))
    vectors = query_vectors_or_progress(session, [space], texts)
    if vectors is None:
        return None
    k, queries = min(asked.k, MAX_HITS), vectors[0][: len(asked.queries)]
    began = time.perf_counter()
    hits = space.search_vectors(queries, k, metric=asked.metric, rows=asked.within)
    took = time.perf_counter() - began + encoding_seconds(session, space, texts)
    ranked = _ranked(session, space, asked, asked.queries, list(queries))
    return Answer(list(asked.queries), hits, ranked, took, scale_of(session, space, asked))


def _by_image(session: Session, space: Space, asked: Asked) -> Answer | None:
    """The hits of an image, of an image and words, or of the image of a row and words."""
    from explorer.analysis.space import mix

    image = None if asked.image is None else asked.image.item
    words = asked.but if image is None else "".join(asked.queries)
    _check_length(words, "the words beside the image", "Shorten them.")
    if not space.encoder.takes_images:
        raise QueryError(
            f"{space.encoder.name} reads only texts, so that no image can be searched with.",
            fix="Search by words, or encode the rows with a model of images and texts.",
        )
    queries: tuple[Item, ...] = (
        *([words] if words else []),
        *([] if image is None else [image]),
        *(compared_texts(session, space).texts if words else ()),
    )
    found = query_vectors_or_progress(session, [space], queries)
    if found is None:
        return None
    began, (vectors,) = time.perf_counter(), found
    within = asked.within
    if asked.like is not None:
        within = np.ones(len(space), dtype=bool) if within is None else within.copy()
        within[asked.like] = False
        vectors = np.concatenate([vectors[:1], space.index.take([asked.like])])
    vector = mix(vectors[:2], asked.share) if words else vectors[:1]
    hits = space.search_vectors(vector, min(asked.k, MAX_HITS), metric=asked.metric, rows=within)
    took = time.perf_counter() - began + encoding_seconds(session, space, queries)
    ranked = _ranked(session, space, asked, [words if asked.like is None else asked.like], [vector[0]])
    return Answer([_told(asked, words)], hits, ranked, took, scale_of(session, space, asked))


def _told(asked: Asked, words: str) -> str:
    """A query by an image in words."""
    if asked.image is not None:
        return f"{asked.image.item.name}, and {words}" if words else asked.image.item.name
    return "" if asked.like is None else f"image {asked.like + 1:,}, but {words}"


def _check_length(words: str, where: str, fix: str) -> None:
    if len(words) > MAX_QUERY_CHARS:
        raise QueryError(
            f"It has {len(words):,} characters; the page takes {MAX_QUERY_CHARS:,}.", where=where, fix=fix
        )


def _ranked(
    session: Session,
    space: Space,
    asked: Asked,
    queries: Sequence[str | int],
    vectors: Sequence[np.ndarray | None],
) -> tuple[Ranked, ...] | None:
    """What was found by more than vectors; see `ranked_or_progress`."""
    k = min(asked.k, MAX_HITS)
    return ranked_or_progress(
        session, space, asked.ranking, queries, vectors, k, metric=asked.metric, within=asked.within
    )
