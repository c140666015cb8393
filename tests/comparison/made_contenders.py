"""Contenders of vectors in plain numpy and float64, for the tests of measures."""

import numpy as np

import explorer
from explorer.analysis.space import Space
from explorer.errors import QueryError
from explorer.tensor import Index, TopK
from tests.tensor import reference


class ArrayContender:
    """Ranks rows by the cosine of any vectors; texts are sums of the random vectors of their words.

    `ranks_only` hides the vectors, as contenders that rank without them do.
    """

    def __init__(self, corpus, vectors, name="array", *, ranks_only=False, encodes=True):
        self.corpus = corpus
        self.name = name
        self.fingerprint = name
        self.vectors = np.asarray(vectors, np.float32)
        self.space = None if ranks_only else Space(corpus, Index(self.vectors))
        self.encodes = encodes
        self.asked = []

    def neighbors(self, rows, k, *, on_progress=None):
        self.asked.append((len(rows), k))
        table = reference.scores(self.vectors[rows], self.vectors, "cosine")
        table[np.arange(len(rows)), rows] = -np.inf
        found, scores = reference.ranking(table, min(k, len(self.corpus) - 1))
        return TopK(found, scores)

    def search(self, queries, k, *, on_progress=None):
        raise NotImplementedError

    def score_texts(self, queries, documents, *, on_progress=None):
        if not self.encodes:
            raise QueryError("This contender has only vectors.")
        return reference.scores(encoded(queries), encoded(documents), "cosine").astype(np.float32)


def encoded(texts, dims=96):
    """A vector for each text, equal for texts of the same words: float64, shape (texts, dims)."""
    total = np.zeros((len(texts), dims))
    for line, text in zip(total, texts, strict=True):
        for word in text.lower().split():
            seed = list(word.encode())
            line += np.random.default_rng(seed).standard_normal(dims)
    return total


def corpus_of(count, *, labels=None, **columns):
    """A corpus of numbered texts, with labels and other columns if they are given."""
    import pandas as pd

    table = pd.DataFrame({"body": [f"text number {row}" for row in range(count)], **columns})
    if labels is not None:
        table["label"] = labels
    return explorer.open_corpus(table, text="body", label=None if labels is None else "label")


def contender_of(vectors, **options):
    return ArrayContender(corpus_of(len(vectors)), vectors, **options)
