"""Words for groups of images: those whose vectors are closest to the group's, by a model for both."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.cluster_words import count_words
from explorer.analysis.clusters import Clustering
from explorer.analysis.fitting import unit_mean
from explorer.analysis.name_words import are_alike, can_name
from explorer.analysis.space import Space, make_index
from explorer.analysis.transforms import Alignment
from explorer.data.corpus import Corpus
from explorer.data.corpus_from_table import make_corpus
from explorer.data.images.captions import written_captions
from explorer.data.python import from_texts
from explorer.encode.cache import vector_cache
from explorer.encode.run import encode_corpus
from explorer.jobs.progress import OnProgress
from explorer.tensor import normalize

_LABELS = 200  # the most that are candidates, and as many words of captions
_LABEL_CHARS = 40
_WORDS = 2  # in a name
_CLOSE = 0.8  # of the first word's cosine: others are left out of the name


@functools.cache
def everyday_words() -> tuple[str, ...]:
    """Common things, scenes and colours, for images without captions and labels."""
    path = Path(__file__).with_name("everyday_words.txt")
    return tuple(word.replace("-", " ") for word in path.read_text(encoding="utf-8").split())


def candidate_words(corpus: Corpus) -> tuple[str, ...]:
    """The words that can name groups of a corpus's images: its labels and the words of its captions.

    Without captions, they are its labels and `everyday_words`: labels alone tell only what they are about.
    Names of files are no captions.
    """
    labels = [label.replace("_", " ") for label, _ in corpus.label_sizes[:_LABELS]]
    labels = [label for label in labels if len(label) <= _LABEL_CHARS and any(map(str.isalpha, label))]
    words = _caption_words(corpus) or everyday_words()
    return tuple({word.casefold(): word for word in (*words, *labels)}.values())


def _caption_words(corpus: Corpus) -> Sequence[str]:
    """The words that are in the most captions."""
    counts, words = count_words(written_captions(corpus))
    if not words:
        return []
    rows = np.asarray((counts > 0).sum(axis=0)).ravel()
    return [words[at] for at in np.argsort(-rows, kind="stable").tolist() if can_name(words[at])][:_LABELS]


def guessed_words(
    space: Space, clustering: Clustering, *, on_progress: OnProgress | None = None
) -> tuple[tuple[str, ...], ...] | None:
    """For each cluster of images, one or two words for what is on them: a guess, which no image was read for.

    They are the `candidate_words` with the highest cosine to the mean of the cluster's images, all scaled to
    length 1, once the mean of all images is taken from images and that of all words from words (`Alignment`):
    otherwise the gap between images and texts decides. Words that the model does not tell apart are left out.

    Args:
        space: The images.
        clustering: Their clusters.
        on_progress: Called while words are encoded, which happens once; an exception it raises stops it.

    Returns:
        The words of each cluster by its number, the closest first, perhaps none. None where rows are no
        images, or the space's encoder takes none.

    Raises:
        ExplorerError: The encoder cannot encode the words; see `encode_corpus`.
    """
    if space.corpus.images is None or space.spec is None or not space.encoder.takes_images:
        return None
    words = candidate_words(space.corpus)
    texts = make_corpus(from_texts(words, "words"), label=None)
    encoded, _ = encode_corpus(space.encoder, texts, vector_cache(), on_progress)
    words, vectors = _told_apart(words, space.place_queries(encoded))
    means = Alignment(unit_mean(space.index), unit_mean(make_index(vectors)), "")
    directions = normalize(means.apply(vectors, "query")).astype(np.float64)
    return tuple(
        _closest(words, directions, _mean(space, clustering.rows(label)) - means.row_mean)
        for label in range(clustering.k)
    )


def _told_apart(
    words: Sequence[str], vectors: NDArray[np.float32]
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """The words whose vectors no other word has."""
    _, group, counts = np.unique(vectors, axis=0, return_inverse=True, return_counts=True)
    own = np.flatnonzero(counts[group.ravel()] == 1)
    return tuple(words[at] for at in own.tolist()), vectors[own]


def _mean(space: Space, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = normalize(space.index.take(rows)).astype(np.float64).mean(axis=0)
    return mean


def _closest(
    words: Sequence[str], directions: NDArray[np.float64], wanted: NDArray[np.float64]
) -> tuple[str, ...]:
    """The words of a name; see `guessed_words`."""
    length = float(np.linalg.norm(wanted))
    if length < np.finfo(np.float32).eps:
        return ()
    scores = directions @ (wanted / length)
    named: list[str] = []
    for at in np.argsort(-scores, kind="stable").tolist():
        if scores[at] <= 0 or (named and scores[at] < _CLOSE * scores.max()) or len(named) == _WORDS:
            break
        if not any(are_alike(words[at], other) for other in named):
            named.append(words[at])
    return tuple(named)
