"""Contenders that need no network, with which `python -m benchmarks.proxies` tests proxies."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.cluster_words import words_of
from explorer.analysis.space import Space, make_index
from explorer.comparison.contenders.nearest import without_own
from explorer.data.corpus import Corpus
from explorer.encode.models import BUNDLED_MODEL, find_model
from explorer.tensor import TopK, normalize, pairwise

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]


@dataclass(eq=False)
class Made:
    """A contender whose vectors are made here."""

    name: str
    family: str
    corpus: Corpus
    encode: Encode
    fingerprint: str = field(init=False)
    space: Space = field(init=False)

    def __post_init__(self) -> None:
        self.fingerprint = self.name
        self.space = Space(self.corpus, make_index(normalize(self.encode(self.corpus.texts))))

    def subset(self, rows: NDArray[np.int64]) -> Made:
        """See `Contender.subset`."""
        return Made(self.name, self.family, self.corpus.take(rows), self.encode)

    def search(self, queries: Sequence[str], k: int, **_: object) -> TopK:
        """See `Contender.search`."""
        return self.space.index.search(self.encode(queries), k)

    def neighbors(self, rows: NDArray[np.int64], k: int, **_: object) -> TopK:
        """See `Contender.neighbors`."""
        return without_own(self.space.index.search(self.space.index.take(rows), k + 1), rows)

    def score_texts(self, queries: Sequence[str], documents: Sequence[str], **_: object) -> Vectors:
        """See `Contender.score_texts`."""
        return pairwise(self.encode(queries), self.encode(documents))


class Pooled:
    """The bundled model's token vectors by sentence-transformers, pooled by mean, [CLS] and maximum."""

    def __init__(self) -> None:
        from sentence_transformers import SentenceTransformer

        folder = find_model(BUNDLED_MODEL).folder
        self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        self._known: dict[str, dict[str, Vectors]] = {}

    def __call__(self, texts: Sequence[str], pooling: str) -> Vectors:
        """Vectors of texts, each encoded once: float32, shape (texts, dims)."""
        new = sorted({text for text in texts if text not in self._known})
        tokens = self._model.encode(new, output_value="token_embeddings", batch_size=64) if new else []
        for text, vectors in zip(new, tokens, strict=True):
            self._known[text] = {
                "mean": vectors.mean(0).numpy(),
                "cls": vectors[0].numpy(),
                "max": vectors.amax(0).numpy(),
            }
        return np.stack([self._known[text][pooling] for text in texts])


def contenders(corpus: Corpus, pooled: Pooled, others: Sequence[str]) -> list[Made]:
    """The contenders of a corpus; some are fitted on other texts."""
    model: Encode = functools.partial(pooled, pooling="mean")
    rows = normalize(model(corpus.texts))
    low, high = rows.min(axis=0), rows.max(axis=0)

    def cut(dims: int) -> Encode:
        return lambda texts: np.ascontiguousarray(model(texts)[:, :dims])

    def int8(texts: Sequence[str]) -> Vectors:
        step = np.where(high > low, (high - low) / 255, 1)
        codes = np.clip(np.floor((normalize(model(texts)) - low) / step), 0, 255)
        decoded: Vectors = low + (codes + 0.5) * step
        return decoded

    def binary(texts: Sequence[str]) -> Vectors:
        return np.where(model(texts) > 0, np.float32(1), np.float32(-1))

    made = [("MiniLM", "model", model), ("MiniLM int8", "model", int8), ("MiniLM binary", "model", binary)]
    made += [(f"MiniLM cut to {dims}", "model", cut(dims)) for dims in (256, 128, 64, 32, 16)]
    made += [(f"MiniLM {how}", "pooling", functools.partial(pooled, pooling=how)) for how in ("cls", "max")]
    made += [(f"TF-IDF {dims}", "TF-IDF", tfidf(corpus.texts, dims)) for dims in (256, 64, 16)]
    made += [(f"other TF-IDF {dims}", "other TF-IDF", tfidf(others, dims)) for dims in (256, 64)]
    made += [(f"random words {dims}", "random", random_words(dims)) for dims in (256, 64, 16)]
    return [Made(name, family, corpus, encode) for name, family, encode in made]


def tfidf(texts: Sequence[str], dims: int) -> Encode:
    """TF-IDF of words, reduced by a truncated singular value decomposition."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer=words_of, sublinear_tf=True)
    reduction = TruncatedSVD(dims, random_state=0).fit(vectorizer.fit_transform(texts))
    return lambda some: reduction.transform(vectorizer.transform(some)).astype(np.float32)


def random_words(dims: int) -> Encode:
    """Word counts in a random projection: the sum of a random vector for each word."""

    @functools.cache
    def word(text: str) -> NDArray[np.float64]:
        seed = hashlib.blake2b(text.encode(), digest_size=8).digest()
        return np.random.default_rng(list(seed)).standard_normal(dims)

    def encode(texts: Sequence[str]) -> Vectors:
        lines = [sum((word(each) for each in words_of(text)), np.zeros(dims)) for text in texts]
        return np.array(lines, np.float32).reshape(len(texts), dims)

    return encode
