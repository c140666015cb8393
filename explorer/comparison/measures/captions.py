"""Whether captions find their images, and images their captions: what models for images and texts are for."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.contenders.contender import Contender
from explorer.comparison.contenders.failure import OnFailure, attempt
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.measure import Measure, UnitValues
from explorer.comparison.measures.two_view import TIES, expected_reciprocal_ranks
from explorer.data.corpus import Corpus
from explorer.data.images.captions import written_captions
from explorer.data.images.image_rows import image_rows
from explorer.encode.queries import QueryVectors
from explorer.jobs.progress import OnProgress
from explorer.tensor import pairwise

TEXT_TO_IMAGE = Measure(
    "caption to image MRR",
    "captions",
    True,
    "How well a caption finds its image among those of other rows: the mean of 1 / rank.",
    TIES,
    least=0,
    most=1,
)
IMAGE_TO_TEXT = Measure(
    "image to caption MRR",
    "captions",
    True,
    "How well an image finds its caption among those of other rows: the mean of 1 / rank.",
    TIES,
    least=0,
    most=1,
)


def caption_measures(
    contenders: Sequence[Contender],
    rows: NDArray[np.int64],
    groups: NDArray[np.int64],
    *,
    query_vectors: QueryVectors | None = None,
    on_failure: OnFailure | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[UnitValues, UnitValues]:
    """Measure retrieval both ways between the images of some rows and their captions.

    The value of a row is the reciprocal rank of its own image or caption, in expectation over the orders of
    tied ones; see `expected_reciprocal_ranks`. Rows with the same caption, the same image or of the same
    group do not count against each other, and count once for intervals.

    Args:
        contenders: The contenders. One that does not rank images by an encoder's vectors has NaN: it reads
            another column, or corrects scores for hubs.
        rows: Rows with an image and a caption, ascending, int64.
        groups: The group of every row of the corpus.
        query_vectors: Vectors of earlier queries, to which those of captions are added.
        on_failure: Called for a contender that fails; None to raise its error.
        on_progress: Passed on. An exception it raises stops the work.
    """
    vectors, together = query_vectors or QueryVectors(), groups[rows]
    values = np.full((2, len(contenders), len(rows)), np.nan)
    for place, contender in enumerate(contenders):
        if not isinstance(contender, SpaceContender) or contender.corpus.images is None:
            continue
        work = functools.partial(_scores, contender, rows, vectors, on_progress)
        scores = attempt(work, place, on_failure)
        if scores is not None:
            together = _together(contender, rows, groups)
            allowed = together[:, None] != together
            values[0, place] = expected_reciprocal_ranks(scores, allowed)
            values[1, place] = expected_reciprocal_ranks(scores.T, allowed)
    to_image, to_text = (
        UnitValues(measure, table, rows, together)
        for measure, table in zip((TEXT_TO_IMAGE, IMAGE_TO_TEXT), values, strict=True)
    )
    return to_image, to_text


def captioned_rows(corpus: Corpus, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of some rows that have an image and a caption that is not only the name of its file, int64."""
    images: NDArray[np.int64] = rows[image_rows(corpus)[rows]]
    captions = written_captions(corpus, images.tolist())
    return images[[bool(caption.strip()) for caption in captions]]


def _scores(
    contender: SpaceContender, rows: NDArray[np.int64], vectors: QueryVectors, on_progress: OnProgress | None
) -> NDArray[np.float32]:
    """The score of each caption, a line, with each image, a column."""
    space = contender.space
    captions = [space.corpus.texts[row] for row in rows]
    asked = space.place_queries(vectors.encode(space.encoder, captions, on_progress))
    return pairwise(asked, space.index.take(rows), contender.metric)


def _together(contender: Contender, rows: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Groups of rows that share a caption, an image or a group, directly or through others."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    corpus = contender.corpus
    shared = (
        groups[rows],
        np.array([corpus.item_keys[row] for row in rows]),
        np.array([corpus.texts[row] for row in rows]),
    )
    places = np.arange(len(rows))
    edges = []
    for keys in shared:
        _, first, number = np.unique(keys, return_index=True, return_inverse=True)
        edges.append((places, first[number]))
    left, right = (np.concatenate(side) for side in zip(*edges, strict=True))
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(len(rows), len(rows)))
    together: NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return together
