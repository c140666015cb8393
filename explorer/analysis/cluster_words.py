"""What is in a cluster: words that tell it apart, central rows, labels."""

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

_COMMON = 0.9  # a word in a larger share of all rows tells nothing apart
_SMALL = 100  # rows from which a word has to be in two of them
_LIFT = 3  # a word that tells a cluster apart is this many times as frequent in it as in the other rows


@dataclass(frozen=True)
class Word:
    """A word that tells a cluster apart.

    Attributes:
        text: The word, in small letters.
        weight: Its class-based TF-IDF, above 0.
        rows: Rows of the cluster it is in.
    """

    text: str
    weight: float
    rows: int


@dataclass(frozen=True)
class LabelShare:
    """How much of a cluster has one label.

    Attributes:
        label: The label; "" for none.
        rows: Rows of the cluster that have it.
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
        size: Its rows.
        share: Its share of all rows, from 0 to 1.
        words: Words that tell it apart, heaviest first.
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


def describe(
    space: Space, clustering: Clustering, *, words: int = 10, central: int = 5
) -> tuple[ClusterSummary, ...]:
    """Say of each cluster what is in it.

    Args:
        space: The rows.
        clustering: Their clusters. Noise is not described, but its words count as those of one more class.
        words: Most words of a cluster.
        central: Most central rows of a cluster.

    Returns:
        One summary for each cluster, by its number.
    """
    distinctive = distinctive_words(space.corpus.texts, clustering.labels, words)
    own, _, _ = centroid_distances(space.index, clustering)
    labels = space.corpus.labels
    summaries = []
    for label in range(clustering.k):
        rows = clustering.rows(label)
        nearest = rows[np.argsort(own[rows], kind="stable")[:central]]
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
    """Find the words that tell groups of texts apart, in any language that separates words.

    Words are ranked by `class_tfidf`. Left out are words in more than nine tenths of all texts, words in
    one text only (of a hundred texts or more), and words that are not three times as frequent in the group
    than in the other texts: so no language needs a list of stop words.

    Args:
        texts: The texts.
        labels: The group of each, −1 for noise, shape (texts,).
        n: Most words of a group.

    Returns:
        For each group but noise its words, heaviest first, then by the alphabet.
    """
    import scipy.sparse
    from sklearn.feature_extraction.text import CountVectorizer

    groups, group = np.unique(labels, return_inverse=True)
    vectorizer = CountVectorizer(analyzer=words_of)
    try:
        counts = vectorizer.fit_transform(texts)
    except ValueError:  # scikit-learn's answer to texts without a word
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
        # The columns are in the order of the alphabet, and both matrices store the same ones.
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
    """Weigh words by how much they belong to a class: W(x, c) = tf(x, c) · log(1 + A / f(x)).

    tf is the frequency of word x in class c, divided by the words of c; f its frequency in all classes;
    A the average number of words of a class, a whole number. Source: Grootendorst, BERTopic: Neural topic
    modeling with a class-based TF-IDF procedure, 2022, as computed by `ClassTfidfTransformer` of BERTopic.

    Args:
        counts: How often each word is in each class, a scipy CSR matrix of shape (classes, words), with every
            word in some class.

    Returns:
        The weights, float64, of the same shape and with the same places stored. A class without words has
        none.
    """
    frequency = np.asarray(counts.sum(axis=0), dtype=np.float64).ravel()
    sizes = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    weights = counts.astype(np.float64)
    inverse = np.log1p(int(sizes.mean()) / frequency)
    weights.data *= inverse[weights.indices] / np.repeat(sizes, np.diff(weights.indptr))
    return weights


class _Letters(dict[int, int | str]):
    """A translation that keeps letters, marks, digits and apostrophes, and turns the rest into spaces."""

    def __missing__(self, code: int) -> int | str:
        kept = unicodedata.category(chr(code))[0] in "LMN" or chr(code) in "'’"
        self[code] = code if kept else " "
        return self[code]


_LETTERS = _Letters()


def words_of(text: str) -> list[str]:
    """The words of a text, in small letters: two or more letters, marks and digits, one of them a letter.

    scikit-learn's own pattern cuts words at vowel signs, as Devanagari has them.
    """
    spaced = unicodedata.normalize("NFC", text).lower().translate(_LETTERS)
    words = (word.strip("'’") for word in spaced.split())
    return [word for word in words if len(word) > 1 and any(letter.isalpha() for letter in word)]


def _shares(labels: list[str]) -> tuple[LabelShare, ...]:
    counted = sorted(Counter(labels).items(), key=lambda item: (-item[1], item[0]))
    return tuple(LabelShare(label, rows, rows / len(labels)) for label, rows in counted)
