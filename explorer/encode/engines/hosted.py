"""The engine of hosted models, and whether the model behind a name is still the same."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from explorer.encode.batches import plan_batches
from explorer.encode.cache import VectorCache
from explorer.encode.engines.batch_requests import BatchRequests
from explorer.encode.engines.engine import NO_PROMPT, OnWait, Prompt, Vectors
from explorer.encode.engines.generations import CANARY, Generations, agreement, is_same
from explorer.encode.engines.hosted_notes import notes_of
from explorer.encode.engines.services import Service, Terms, title
from explorer.encode.tokens import COUNTING
from explorer.errors import ModelChangedError, UnusableModelError
from explorer.jobs.progress import OnProgress, counting

_BATCH_TEXTS = 32  # text-embeddings-inference takes no more in one request unless its host allows it
_BATCH_TOKENS = 8192
_CHARS_PER_TOKEN = 4  # roughly, in English; the server alone knows the number
_IN_FLIGHT = 4
_NOISE = 0.99  # the least cosine of two answers of a server whose answers vary; unlike models are below
_TRUSTED = 60.0  # seconds for which a model is taken to be the one that it was when it was last asked


def requests_for(texts: Sequence[str]) -> int:
    """Requests it takes to encode texts, when none is made again and the server takes as many as most do."""
    return len(plan_batches(HostedTokens(texts).lengths, _BATCH_TOKENS))


class HostedTokens:
    """Texts a server is going to read; see `tokens.Tokens`.

    Args:
        texts: The texts.
        most: How many of them may be in one request.

    Attributes:
        lengths: int32, shape (texts,): tokens as far as they can be guessed without the server's tokenizer,
            and so many at least that no batch has more texts than a server takes.
    """

    def __init__(self, texts: Sequence[str], most: int = _BATCH_TEXTS) -> None:
        self._texts = texts
        least = -(-_BATCH_TOKENS // most)
        guessed = [max(len(text) // _CHARS_PER_TOKEN, least) for text in texts]
        self.lengths = np.array(guessed, dtype=np.int32)

    def batch(self, positions: np.ndarray) -> list[str]:
        """The texts themselves."""
        return [self._texts[position] for position in positions]


class HostedEngine:
    """A hosted model; see `engine.Engine`.

    Behind the name of a model there may be another one tomorrow. Which it is, a `Generation`, is a part of
    the engine's identity. It comes from the cache, so that what is kept can be read without asking; one small
    request is made where nobody has seen the model yet. Whoever asks for vectors confirms it first.

    Args:
        service: Who is asked.
        cache: Where generations are kept.
        on_wait: Told what that request is waited for; see `BatchRequests`.

    Attributes:
        kind: `remote`.
        name: Who is asked for which model, for people.
        token_budget: Tokens a batch may have, roughly.
        in_flight: Batches under way at once.
        generation: The model that was behind the name last.
        terms: What the server said last of the model and of the texts it takes.

    Raises:
        EncodeError: The server gives no vectors; see `BatchRequests.start` for what else may be raised.
    """

    kind = "remote"
    token_budget = _BATCH_TOKENS
    in_flight = _IN_FLIGHT

    def __init__(self, service: Service, cache: VectorCache, on_wait: OnWait | None = None) -> None:
        self.name = title(service)
        self._service = service
        self._generations = Generations(cache, service.identity())
        self._last_seen: float | None = None  # when the model last gave its canary; several threads set it
        self.terms = Terms()
        known = self._generations.current()
        if known is None:
            with BatchRequests(service, on_wait) as requests:
                canary = requests.start([CANARY])()[0].astype(np.float32)
            known = self._generations.seen(canary, self.ask_terms().revision)
            self.note_seen()
        self.generation = known

    @property
    def dims(self) -> int:
        """Dimensions of its vectors."""
        return self.generation.dims

    def identity(self) -> dict[str, str]:
        """What the vectors depend on, without any secret, for a fingerprint."""
        return {"kind": self.kind, **self._service.identity(), "generation": self.generation.name}

    def tokenize(
        self, texts: Sequence[str], on_progress: OnProgress | None = None, *, prompt: Prompt = NO_PROMPT
    ) -> HostedTokens:
        """Guess the lengths of texts; `on_progress` is told once, of all of them."""
        terms = self.terms
        limits = (_BATCH_TEXTS, terms.batch_texts, terms.waiting_texts and terms.waiting_texts // _IN_FLIGHT)
        most = max(1, min(limit for limit in limits if limit is not None))
        tokens = HostedTokens(prompt.before(texts), most)
        counting(on_progress, COUNTING, "texts")(len(texts), len(texts))
        return tokens

    @contextmanager
    def run(self, on_wait: OnWait | None = None) -> Iterator[HostedRun]:
        """Begin a run; those of others neither hear what it waits for nor end with it."""
        with BatchRequests(self._service, on_wait) as requests:
            yield HostedRun(self, requests, self._service.name)

    def ask_terms(self) -> Terms:
        """Ask the server what it says of the model and of the texts it takes, and keep it."""
        self.terms = self._service.terms()
        return self.terms

    def note_seen(self) -> None:
        """The model has just given its canary."""
        self._last_seen = time.monotonic()

    def was_just_seen(self) -> bool:
        """Whether the model gave its canary within the last minute, in this run or another."""
        return self._last_seen is not None and time.monotonic() - self._last_seen < _TRUSTED

    def changed(self, how: str = "") -> ModelChangedError:
        """What to raise where the model is another one, which is noted: the next engine finds out which."""
        self._generations.leave(self.generation)
        return ModelChangedError(
            f"The model behind {self.name} has changed since {self.generation.day}{how}.",
            fix="Encode the rows again.",
        )


class HostedRun:
    """The batches of one caller; see `engine.EngineRun`.

    Args:
        engine: The model.
        requests: To the service that runs it.
        sent_to: Who runs the model, for people.
    """

    def __init__(self, engine: HostedEngine, requests: BatchRequests, sent_to: str) -> None:
        self._engine = engine
        self._requests = requests
        self._sent_to = sent_to
        self._varies: float | None = None  # the cosine of two answers that should be the same
        self.notes: tuple[str, ...] = self._told()

    def confirm(self, *, again: bool = False) -> None:
        """Make sure that the model is still the one `generation` names, by small requests.

        Where the answer is not that model's, a second request tells another model, which gives it twice, from
        a server whose answers vary.

        Args:
            again: Ask even if it was asked within the last minute.

        Raises:
            ModelChangedError: It is another one.
            UnusableModelError: Unlike models answer in turns.
        """
        known = self._engine.generation
        if not again and self._engine.was_just_seen():
            return
        first = self._canary()
        revision = self._engine.ask_terms().revision  # after it: a server that loads the model knows none yet
        if not known.is_at(revision):
            raise self._engine.changed(f": it is at revision {revision} where it was at {known.revision}")
        if known.gives(first):
            return
        second = self._canary()
        cosine = agreement(first, second)
        if is_same(cosine):
            raise self._engine.changed()
        if cosine < _NOISE or agreement(known.canary, second) < _NOISE:
            raise UnusableModelError(
                f"Several models answer in turns (cosine {cosine:.2f} between two answers to the same text).",
                where=self._engine.name,
                fix="Have it serve one model by this name.",
            )
        self._varies = cosine
        self.notes = self._told()

    def _canary(self) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.start([CANARY])()[0].astype(np.float32)
        self._engine.note_seen()
        return vector

    def start(self, batch: list[str]) -> Vectors:
        """Send a batch of `HostedTokens.batch`; see `BatchRequests.start`.

        Returns:
            A call that waits and gives float32, shape (texts, dims). It raises ModelChangedError, too, where
            the dimensions are no longer those of the model.
        """
        collect, dims = self._requests.start(batch), self._engine.dims

        def vectors() -> np.ndarray:
            collected = collect()
            if collected.shape[1] != dims:
                raise self._engine.changed(f": it gives {collected.shape[1]} dimensions where it gave {dims}")
            self.notes = self._told()
            return collected

        return vectors

    def _told(self) -> tuple[str, ...]:
        """What the person should know by now."""
        return notes_of(self._sent_to, self._engine.terms, self._requests.cut, self._varies)
