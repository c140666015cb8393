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
from explorer.encode.engines.services import Service, title
from explorer.encode.tokens import COUNTING
from explorer.errors import ModelChangedError, UnusableModelError
from explorer.jobs.progress import OnProgress, counting

_BATCH_TEXTS = 32  # what text-embeddings-inference takes in one request unless its host allows more
_BATCH_TOKENS = 8192
_CHARS_PER_TOKEN = 4  # roughly, in English; the server alone knows the number
_IN_FLIGHT = 4
_NOISE = 0.99  # the least cosine of two answers of a server whose answers vary; unlike models are below
_TRUSTED = 60.0  # seconds for which a model is taken to be the one that it was when it was last asked


def requests_for(texts: Sequence[str]) -> int:
    """Requests it takes to encode texts, when none has to be made again."""
    return len(plan_batches(HostedTokens(texts).lengths, _BATCH_TOKENS))


class HostedTokens:
    """Texts a server is going to read; see `tokens.Tokens`.

    Attributes:
        lengths: int32, shape (texts,): tokens as far as they can be guessed without the server's tokenizer,
            and so many at least that no batch has more texts than a server takes.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        guessed = [max(len(text) // _CHARS_PER_TOKEN, _BATCH_TOKENS // _BATCH_TEXTS) for text in texts]
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
        known = self._generations.current()
        if known is None:
            with BatchRequests(service, on_wait) as requests:
                known = self._generations.seen(requests.start([CANARY])()[0].astype(np.float32))
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
        tokens = HostedTokens(prompt.before(texts))
        counting(on_progress, COUNTING, "texts")(len(texts), len(texts))
        return tokens

    @contextmanager
    def run(self, on_wait: OnWait | None = None) -> Iterator[HostedRun]:
        """Begin a run; those of others neither hear what it waits for nor end with it."""
        with BatchRequests(self._service, on_wait) as requests:
            yield HostedRun(self, requests, f"The texts were sent to {self._service.name}")

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
        sent: Says to whom the texts are sent.
    """

    def __init__(self, engine: HostedEngine, requests: BatchRequests, sent: str) -> None:
        self.notes: tuple[str, ...] = (f"{sent}, which may change its model without saying so.",)
        self._engine = engine
        self._requests = requests

    def confirm(self, *, again: bool = False) -> None:
        """Make sure that the model is still the one `generation` names, by one small request.

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
        varies = f"This server's answers vary (cosine {cosine:.4f} between two answers to the same text)."
        self.notes = (self.notes[0], varies)

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
            return collected

        return vectors
