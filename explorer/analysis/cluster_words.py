"""What is in a cluster: its distinctive words, central rows and labels."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.cluster_fit import centroid_distances
from explorer.analysis.clusters import NOISE, Clustering
from explorer.analysis.space import Space

if TYPE_CHECKING:
    from collections.abc import Sequence

_CENTRAL = 5  # rows shown of a cluster
_COMMON = 0.9  # words in a larger share of all rows are not distinctive
_SMALL = 100  # from this many rows on, a word must occur in at least two
_LIFT = 3  # a distinctive word is at least this many times as frequent in the cluster as in other rows


@dataclass(frozen=True)
class Word:
    """A distinctive word of a cluster.

    Attributes:
        text: The word, in lower case.
        weight: Its class-based TF-IDF, above 0.
        rows: Number of the cluster's rows that contain it.
    """

    text: str
    weight: float
    rows: int


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
        central: The rows nearest to its centroid, nearest first.
        spread: Mean distance of its rows to the centroid, 1 − cosine for `cosine`.
        labels: Its labels, most frequent first, then by name; empty where rows have no labels.
    """

    label: int
    size: int
    share: float
    words: tuple[Word, ...]
    central: tuple[int, ...]
    spread: float
    labels: tuple[LabelShare, ...]


def describe(space: Space, clustering: Clustering) -> tuple[ClusterSummary, ...]:
    """Summarise what is in each cluster, with at most 10 distinctive words and 5 central rows.

    Args:
        space: The rows.
        clustering: Their clusters. Noise is not described, but its words count as those of one more class.

    Returns:
        One summary for each cluster, by its number.
    """
    distinctive = distinctive_words(space.corpus.texts, clustering.labels)
    own, _, _ = centroid_distances(space.index, clustering)
    labels = space.corpus.labels
    summaries = []
    for label in range(clustering.k):
        rows = clustering.rows(label)
        nearest = rows[np.argsort(own[rows], kind="stable")[:_CENTRAL]]
        summaries.append(
            ClusterSummary(
                label=label,
                size=len(rows),
                share=len(rows) / len(space),
                words=distinctive.get(label, ()),
                central=tuple(int(row) for row in nearest),
                spread=float(own[rows].mean()) if len(rows) else 0.0,
                labels=() if labels is None else _shares([labels[row] for row in rows]),
            )
        )
    return tuple(summaries)


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
    from sklearn.feature_extraction.text import CountVectorizer

    groups, group = np.unique(labels, return_inverse=True)
    vectorizer = CountVectorizer(analyzer=words_of)
    try:
        counts = vectorizer.fit_transform(texts)
    except ValueError:  # raised by scikit-learn for texts without words
        return {int(label): () for label in groups if label != NOISE}
    names = vectorizer.get_feature_names_out()
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
        seen = present[[place]][:, columns].toarray().ravel()
        found[int(label)] = tuple(
            Word(str(names[column]), float(weight.data[i]), int(rows))
            for column, i, rows in zip(columns, best, seen, strict=True)
        )
    return found


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
