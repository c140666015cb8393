"""TF-IDF with latent semantic analysis: the classical encoder that a model has to beat. It has no weights."""

from __future__ import annotations

import hashlib
import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from explorer.encode.engines.engine import NO_PROMPT, LocalEngine, Prompt, Vectors
from explorer.encode.tokens import COUNTING
from explorer.encode.words import split_words
from explorer.errors import EncodeError
from explorer.jobs.progress import OnProgress, counting
from explorer.tensor import normalize

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_MAX_DIMS = 256
_MAX_TERMS = 30_000  # the most frequent ones; the others only cost memory
_CHUNK = 4096  # texts between two progress reports
_SEED = 0
_OVERSAMPLES = 10  # dimensions that `randomized_svd` searches in addition
_LIBRARIES = 50_000_000  # bytes that scikit-learn and scipy take
_COUNTED = 1_000  # bytes for each text while its words are counted


def fitting_bytes(texts: Sequence[str]) -> int:
    """Memory that fitting takes at its peak, in bytes, measured by `benchmarks.memory_needs`.

    The decomposition holds three matrices of the longer side and one of the shorter at a time.

    Args:
        texts: The corpus.
    """
    distinct = set(texts)
    terms = _count_terms(distinct)
    matrices = 3 * max(terms, len(distinct)) + min(terms, len(distinct))
    subspace = min(_MAX_DIMS, terms, len(distinct)) + _OVERSAMPLES
    imported = "sklearn.utils.extmath" in sys.modules
    return (0 if imported else _LIBRARIES) + 4 * subspace * matrices + _COUNTED * len(distinct)


def _count_terms(texts: Iterable[str]) -> int:
    """How many terms are counted when texts are fitted."""
    found: set[str] = set()
    for text in texts:
        found.update(_terms(text))
        if len(found) >= _MAX_TERMS:
            return _MAX_TERMS
    return len(found)


class TfidfTokens:
    """Texts as their words; see `tokens.Tokens`."""

    def __init__(self, texts: Sequence[str], lengths: np.ndarray) -> None:
        self.lengths = lengths
        self._texts = texts

    def batch(self, positions: np.ndarray) -> list[str]:
        """The texts themselves."""
        return [self._texts[position] for position in positions]


class TfidfEngine(LocalEngine):
    """TF-IDF of words and bigrams, reduced by a truncated singular value decomposition; see `engine.Engine`.

    Term frequency is 1 + ln(count), inverse document frequency ln((1 + n) / (1 + df)) + 1, as in
    scikit-learn; the reduction is latent semantic analysis: Deerwester et al., Indexing by Latent Semantic
    Analysis (1990). A text without any known word gets a vector of zeros.

    Attributes:
        kind: `tfidf`.
        name: The same for the screen.
        notes: Notes for the screen.
        dims: Dimensions of its vectors: 256, or the rank of a corpus that has less.
        token_budget: Words a batch may have.
        in_flight: Number of batches to start before waiting for the first.
    """

    kind = "tfidf"
    token_budget = 1 << 18
    in_flight = 1

    def __init__(self, vectorizer: Any, components: np.ndarray, texts_digest: str) -> None:  # noqa: ANN401
        self._vectorizer = vectorizer
        self._components = components  # float32 (terms, dims)
        self._texts_digest = texts_digest
        self.dims = components.shape[1]
        self.name = f"TF-IDF of {components.shape[0]:,} terms in {self.dims} dimensions"
        self.notes = ("It was fitted on these rows: other rows give other vectors.",)

    @classmethod
    def fit(cls, texts: Iterable[str], on_progress: OnProgress | None = None) -> Self:
        """Learn terms, their weights and the dimensions from a corpus.

        The result does not depend on the order of the texts or on repetitions.

        Args:
            texts: The texts.
            on_progress: Called with the number of distinct texts read; an exception it raises stops the work.

        Raises:
            EncodeError: No text contains a word.
        """
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.utils.extmath import randomized_svd

        distinct = sorted(set(texts))
        vectorizer = TfidfVectorizer(
            analyzer=_terms, sublinear_tf=True, max_features=_MAX_TERMS, dtype=np.float32
        )
        if not any(split_words(text) for text in distinct):
            raise EncodeError("No row contains a word, and TF-IDF only counts words.", fix="Choose a model.")
        weights: csr_matrix = vectorizer.fit_transform(_counted(distinct, on_progress))
        _left, values, right = randomized_svd(
            weights, min(_MAX_DIMS, *weights.shape), n_iter=4, random_state=_SEED
        )
        # Components beyond the rank of the corpus are only rounding errors.
        rank = max(1, int((values > 1e-4 * values[0]).sum()))
        digest = hashlib.blake2b(digest_size=16)
        for text in distinct:
            digest.update(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest())
        components = np.ascontiguousarray(right[:rank].T, dtype=np.float32)
        return cls(vectorizer, components, digest.hexdigest())

    def identity(self) -> dict[str, str]:
        """Everything the vectors depend on, including the texts it was fitted on."""
        return {
            "kind": self.kind,
            "texts": self._texts_digest,
            "most_terms": str(_MAX_TERMS),
            "dims": str(self.dims),
        }

    def tokenize(
        self, texts: Sequence[str], on_progress: OnProgress | None = None, *, prompt: Prompt = NO_PROMPT
    ) -> TfidfTokens:
        """Count the words of texts; see `Engine.tokenize`."""
        texts = prompt.before(texts)
        counts = (len(split_words(text)) for text in _counted(texts, on_progress))
        return TfidfTokens(texts, np.fromiter(counts, np.int32, len(texts)))

    def start(self, batch: list[str]) -> Vectors:
        """See `EngineRun.start`; the vectors have length 1, or are zeros."""
        return lambda: normalize(self._vectorizer.transform(batch) @ self._components)


def _terms(text: str) -> list[str]:
    words = split_words(text)
    return [*words, *(f"{first} {second}" for first, second in itertools.pairwise(words))]


def _counted(texts: Sequence[str], on_progress: OnProgress | None) -> Iterator[str]:
    report = counting(on_progress, COUNTING, "texts")
    for position, text in enumerate(texts, start=1):
        yield text
        if position % _CHUNK == 0 or position == len(texts):
            report(position, len(texts))
