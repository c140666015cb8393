"""What is in a cluster: its distinctive words, central rows and labels."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.cluster_fit import centroid_distances
from explorer.analysis.clusters import NOISE, Clustering
from explorer.analysis.name_words import are_alike, can_name
from explorer.analysis.space import Space
from explorer.data.images.captions import written_captions

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from explorer.analysis.specs import Distance
    from explorer.data.corpus import Corpus
    from explorer.tensor import VectorIndex

_CENTRAL = 5  # rows shown of a cluster
_CENTRAL_IMAGES = 8  # the same of images, which take less room
_COMMON = 0.9  # words in a larger share of all rows are not distinctive
_SMALL = 100  # from this many rows on, a word must occur in at least two
_FREQUENT = 0.1  # share of a cluster's rows with a word that names it
_MIXED = 0.8  # an arbitrary group of rows is at 0.5
_SAMPLE = 200  # rows of a cluster, and others, that say how alike its rows are
_LIFT = 3  # a distinctive word is at least this many times as frequent in the cluster as in other rows


@dataclass(frozen=True)
class Word:
    """A distinctive word of a cluster.

    Attributes:
        text: The word, in lower case.
        weight: Its class-based TF-IDF, above 0.
        rows: Number of the cluster's rows that contain it.
        elsewhere: Number of the other rows that contain it.
    """

    text: str
    weight: float
    rows: int
    elsewhere: int


@dataclass(frozen=True)
class LabelShare:
    """How much of a cluster has one label.

    Attributes:
        label: The label; "" for none.
        rows: Number of the cluster's rows with this label.
        share: Their share of the cluster, from 0 to 1.
    """

    label: str
    rows: int
    share: float


@dataclass(frozen=True)
class ClusterSummary:
    """What is in a cluster.

    Attributes:
        label: Its number.
        size: Number of its rows.
        share: Its share of all rows, from 0 to 1.
        words: Its distinctive words, highest weight first.
        name_words: Those of them that can name it, those first that tell most of its rows from the others,
            see `divergence`: no function words, and one form of each.
        central: The rows nearest to its centroid, nearest first, each text or image once.
        spread: Mean distance of its rows to the centroid, 1 − cosine for `cosine`.
        alike: The share of pairs of one of its rows and another row that are less alike than its
            median pair of rows, from 0 to 1; None for a single row, or for all rows.
        labels: Its labels, most frequent first, then by name; empty where rows have no labels.
    """

    label: int
    size: int
    share: float
    words: tuple[Word, ...]
    name_words: tuple[str, ...]
    central: tuple[int, ...]
    spread: float
    alike: float | None
    labels: tuple[LabelShare, ...]

    @property
    def mixed(self) -> bool:
        """Whether it holds together badly: a fifth of other rows are as close to its rows as these are."""
        return self.alike is not None and self.alike < _MIXED


def describe(space: Space, clustering: Clustering) -> tuple[ClusterSummary, ...]:
    """Summarise what is in each cluster, with at most 10 distinctive words and 5 central rows or 8 images.

    The words of images are those of their captions; see `written_captions`.

    Args:
        space: The rows.
        clustering: Their clusters. Noise is not described, but its words count as those of one more class.

    Returns:
        One summary for each cluster, by its number.
    """
    texts, metric = written_captions(space.corpus), clustering.metric
    contents, most = _contents(space.corpus)
    distinctive = distinctive_words(texts, clustering.labels)
    own, _, _ = centroid_distances(space.index, clustering)
    labels = space.corpus.labels
    summaries = []
    for label in range(clustering.k):
        rows = clustering.rows(label)
        words = distinctive.get(label, ())
        summaries.append(
            ClusterSummary(
                label=label,
                size=len(rows),
                share=len(rows) / len(space),
                words=words,
                name_words=words_for_a_name(words, len(rows), len(space) - len(rows)),
                central=_central(contents, rows[np.argsort(own[rows], kind="stable")], most),
                spread=float(own[rows].mean()) if len(rows) else 0.0,
                alike=_alike(space.index, clustering.labels, label, metric),
                labels=() if labels is None else _shares([labels[row] for row in rows]),
            )
        )
    return tuple(summaries)


def _contents(corpus: Corpus) -> tuple[Callable[[int], Hashable], int]:
    """What repeats of a row share, and how many central rows are shown.

    Texts that differ in case and spaces are repeats, and images of equal pixels.
    """
    if corpus.images is not None:
        return corpus.item_keys.__getitem__, _CENTRAL_IMAGES
    return lambda row: " ".join(corpus.texts[row].casefold().split()), _CENTRAL


def _central(content: Callable[[int], Hashable], nearest: NDArray[np.int64], most: int) -> tuple[int, ...]:
    """The first rows with different contents."""
    found: dict[Hashable, int] = {}
    for row in nearest.tolist():
        found.setdefault(content(row), row)
        if len(found) == most:
            break
    return tuple(found.values())


def _alike(index: VectorIndex, labels: NDArray[np.int64], label: int, metric: Distance) -> float | None:
    """See `ClusterSummary`; of more than 200 rows on either side, random ones are used."""
    rng = np.random.default_rng(label)
    sides = np.flatnonzero(labels == label), np.flatnonzero(labels != label)
    if len(sides[0]) < 2 or not len(sides[1]):
        return None
    rows, others = (np.sort(rng.choice(side, min(len(side), _SAMPLE), replace=False)) for side in sides)
    inside = index.similarity(rows, metric=metric)[np.triu_indices(len(rows), 1)]
    return float((index.similarity(rows, others, metric) < np.median(inside)).mean())


def divergence(word: Word, rows: int, others: int) -> float:
    """How much a word tells the rows of a cluster from the others: its pointwise Kullback–Leibler divergence.

    It is p · log(p / q), in nats: p is the share of the cluster's rows with the word, q that of the other
    rows, as if one more had it, so that a word of two rows and no other is not all. A word that is in many
    rows everywhere, such as "used", has little.

    Args:
        word: A word of the cluster.
        rows: Number of the cluster's rows, above 0.
        others: Number of the other rows.
    """
    inside, outside = word.rows / rows, (word.elsewhere + 1) / (others + 1)
    return inside * math.log(inside / outside)


def words_for_a_name(words: Sequence[Word], rows: int, others: int) -> tuple[str, ...]:
    """Those of a group's words that can name it, those first that tell most of its rows from the others.

    Args:
        words: Its words, as `distinctive_words` gives them.
        rows: How many rows it has.
        others: How many rows are in no part of it.
    """
    named: list[str] = []
    for word in sorted(
        words, key=lambda word: (word.rows < _FREQUENT * rows, -divergence(word, rows, others))
    ):
        if can_name(word.text) and not any(are_alike(word.text, other) for other in named):
            named.append(word.text)
    return tuple(named)


def distinctive_words(
    texts: Sequence[str], labels: NDArray[np.int64], n: int = 10
) -> dict[int, tuple[Word, ...]]:
    """Find the distinctive words of groups of texts, in any language that separates words.

    Words are ranked by `class_tfidf`. Left out are words in more than nine tenths of all texts, words in
    only one text (of a hundred texts or more), and words less than three times as frequent in the group as
    in the other texts, so that no language needs a list of stop words.

    Args:
        texts: The texts.
        labels: The group of each, −1 for noise, shape (texts,).
        n: The most words per group.

    Returns:
        For each group except noise its words, highest weight first, then alphabetically.
    """
    import scipy.sparse

    groups, group = np.unique(labels, return_inverse=True)
    counts, names = count_words(texts)
    if not names:
        return {int(label): () for label in groups if label != NOISE}
    size = len(texts)
    member = scipy.sparse.csr_matrix((np.ones(size), (group, np.arange(size))), shape=(len(groups), size))
    by_group = (member @ counts).tocsr()
    by_group.sort_indices()
    present = (member @ (counts > 0).astype(np.int64)).tocsr()
    weights = class_tfidf(by_group)
    in_rows = np.asarray(present.sum(axis=0)).ravel()
    usable = (in_rows >= (2 if size >= _SMALL else 1)) & ((in_rows <= _COMMON * size) | (len(groups) == 1))
    total = np.asarray(by_group.sum(axis=0)).ravel()
    found: dict[int, tuple[Word, ...]] = {}
    for place, label in enumerate(groups):
        if label == NOISE:
            continue
        row, weight = by_group[[place]], weights[[place]]
        elsewhere = total[row.indices] - row.data
        telling = usable[row.indices] & (
            row.data * (total.sum() - row.data.sum()) >= _LIFT * elsewhere * row.data.sum()
        )
        # The columns are in alphabetical order, and both matrices store the same ones.
        order = np.lexsort((weight.indices, -weight.data))
        best = [i for i in order if telling[i]][:n]
        columns = weight.indices[best]
        seen = present[[place]][:, columns].toarray().ravel().astype(int)
        found[int(label)] = tuple(
            Word(names[column], float(weight.data[i]), rows, int(in_rows[column]) - rows)
            for column, i, rows in zip(columns, best, seen.tolist(), strict=True)
        )
    return found


def count_words(texts: Iterable[str]) -> tuple[Any, list[str]]:
    """Count the words of texts; see `words_of`.

    Args:
        texts: The texts, read once.

    Returns:
        How often each word occurs in each text, a scipy CSR matrix of shape (texts, words), and the words,
        alphabetically; shape (0, 0) if there are none.
    """
    import scipy.sparse
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(analyzer=words_of)
    try:
        counts = vectorizer.fit_transform(texts)
    except ValueError as error:
        if "empty vocabulary" not in str(error):  # raised while texts were read
            raise
        return scipy.sparse.csr_matrix((0, 0), dtype=np.int64), []
    return counts, vectorizer.get_feature_names_out().tolist()


def class_tfidf(counts: Any) -> Any:  # noqa: ANN401 - scipy is not imported for its types
    """Class-based TF-IDF (c-TF-IDF) of words: W(x, c) = tf(x, c) · log(1 + A / f(x)).

    tf is the frequency of word x in class c, divided by the number of words of c; f its frequency in all
    classes; A the average number of words per class, as an integer. Source: Grootendorst, BERTopic: Neural
    topic modeling with a class-based TF-IDF procedure, 2022, as computed by BERTopic's
    `ClassTfidfTransformer`.

    Args:
        counts: How often each word occurs in each class, a scipy CSR matrix of shape (classes, words); every
            word occurs in some class.

    Returns:
        The weights, float64, with the same shape and sparsity. A class without words has none.
    """
    frequency = np.asarray(counts.sum(axis=0), dtype=np.float64).ravel()
    sizes = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    weights = counts.astype(np.float64)
    inverse = np.log1p(int(sizes.mean()) / frequency)
    weights.data *= inverse[weights.indices] / np.repeat(sizes, np.diff(weights.indptr))
    return weights


class _Letters(dict[int, int | str]):
    """A translation table that keeps letters, marks, digits and apostrophes; the rest becomes spaces."""

    def __missing__(self, code: int) -> int | str:
        kept = unicodedata.category(chr(code))[0] in "LMN" or chr(code) in "'’"
        self[code] = code if kept else " "
        return self[code]


_LETTERS = _Letters()


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case: two or more letters, marks and digits, at least one a letter.

    scikit-learn's own pattern splits words at vowel signs, such as those of Devanagari.
    """
    spaced = unicodedata.normalize("NFC", text).lower().translate(_LETTERS)
    words = (word.strip("'’") for word in spaced.split())
    return [word for word in words if len(word) > 1 and any(letter.isalpha() for letter in word)]


def _shares(labels: list[str]) -> tuple[LabelShare, ...]:
    counted = sorted(Counter(labels).items(), key=lambda item: (-item[1], item[0]))
    return tuple(LabelShare(label, rows, rows / len(labels)) for label, rows in counted)
