"""The engine for models that run elsewhere: requests in flight, tried again with patience, put together."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.encode.batches import plan_batches
from explorer.encode.cache import VectorCache
from explorer.encode.engines.generations import CANARY, Generation, Generations, agreement, is_same
from explorer.encode.engines.services import LONGEST_WAIT, Refusal, Service
from explorer.encode.tokens import OnCount
from explorer.errors import (
    EncodeError,
    ExplorerError,
    JobCancelledError,
    ModelChangedError,
    ModelError,
    ModelNotFoundError,
    UnusableModelError,
)

_BATCH_TEXTS = 32  # what text-embeddings-inference takes in one request unless its host allows more
_BATCH_TOKENS = 8192
_CHARS_PER_TOKEN = 4  # roughly, in English; the server alone knows the number
_IN_FLIGHT = 4
_TRIES = 8
_PATIENCE = 300.0  # seconds, all tries of one batch together
_FIRST_WAIT = 0.5  # seconds; doubled with every try
_HANGING = 600.0  # seconds until an answer is no longer waited for, whatever the client is doing
_TICK = 0.5  # seconds between two calls of on_wait
_NOISE = 0.99  # the least cosine of two answers of a server whose answers vary; unlike models are below
_TRUSTED = 60.0  # seconds for which a model is taken to be the one that it was when it was last asked

_PASSING = {408, 424, 429, 500, 502, 503, 504}  # 424: text-embeddings-inference, when its model fails
_TOO_MUCH = {400, 413, 422}  # servers disagree on what they call a text, or a batch, that is too long


def requests_for(texts: Sequence[str]) -> int:
    """Requests it takes to encode texts, when none has to be made again."""
    return len(plan_batches(RemoteTokens(texts).lengths, _BATCH_TOKENS))


class RemoteTokens:
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


class RemoteEngine:
    """A model that runs elsewhere; see `engine.Engine`. Serves one run at a time.

    Requests that fail for a while (429, 503, a model that is being loaded, a broken connection) are made
    again, up to 8 times and for 5 minutes, after the time the server asks for or twice as long as before.
    A batch that is too long is halved until the text is found.

    Behind the name of a model there may be another one tomorrow. Which it is, a `Generation`, is a part of
    the engine's identity. It comes from the cache, so that what is kept can be read without asking; whoever
    asks for vectors asks with `confirm` first.

    Args:
        service: Who is asked.
        cache: Where generations are kept.
        on_wait: Called every half second while an answer is waited for, in the thread that waits, with a
            plain sentence of what for; what it raises stops all batches under way and is passed on.

    Attributes:
        kind: `remote`.
        name: Who is asked for which model, for people.
        notes: What the person should know of it.
        token_budget: Tokens a batch may have, roughly.
        in_flight: Batches under way at once.
        on_wait: As above; may be set between runs.
    """

    kind = "remote"
    token_budget = _BATCH_TOKENS
    in_flight = _IN_FLIGHT

    def __init__(
        self, service: Service, cache: VectorCache, on_wait: Callable[[str], None] | None = None
    ) -> None:
        self.on_wait = on_wait
        self.name = f"{service.model} by {service.name}"
        self.notes: tuple[str, ...] = (
            f"The texts were sent to {service.name}, which may change its model without saying so.",
        )
        self._service = service
        self._generations = Generations(cache, service.identity())
        self._confirmed: float | None = None  # when the model was last asked for its canary
        self._stop = threading.Event()
        self._waiting: tuple[str, float] | None = None  # why the last try failed, and when the next one is

    @cached_property
    def generation(self) -> Generation:
        """The model that was behind the name last; one small request where nobody has seen it yet."""
        return self._generations.current() or self._generations.seen(self._canary())

    @property
    def dims(self) -> int:
        """Dimensions of its vectors."""
        return self.generation.dims

    def identity(self) -> dict[str, str]:
        """What the vectors depend on, without any secret, for a fingerprint."""
        return {"kind": self.kind, **self._service.identity(), "generation": self.generation.name}

    def confirm(self, *, anew: bool = False) -> None:
        """Make sure that the model is still the one `generation` names, by one small request.

        Where the answer is not that model's, a second request tells another model, which gives it twice, from
        a server whose answers vary.

        Args:
            anew: Ask even if it was asked within the last minute.

        Raises:
            ModelChangedError: It is another one. An engine that is opened next finds out which.
            UnusableModelError: Unlike models answer in turns.
        """
        known = self.generation  # to ask for it, where nobody has seen it, is to confirm it
        recent = self._confirmed is not None and time.monotonic() - self._confirmed < _TRUSTED
        if recent and not anew:
            return
        first = self._canary()
        if known.gives(first):
            return
        second = self._canary()
        cosine = agreement(first, second)
        if is_same(cosine):
            raise self._changed("")
        if cosine < _NOISE or agreement(known.canary, second) < _NOISE:
            raise UnusableModelError(
                f"Several models answer in turns (cosine {cosine:.2f} between two answers to the same text).",
                where=self.name,
                fix="Have it serve one model by this name.",
            )
        varies = f"This server's answers vary (cosine {cosine:.4f} between two answers to the same text)."
        self.notes = (self.notes[0], varies)

    def _canary(self) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.start([CANARY])()[0].astype(np.float32)
        self._confirmed = time.monotonic()
        return vector

    def _changed(self, how: str) -> ModelChangedError:
        self._generations.leave(self.generation)
        return ModelChangedError(
            f"The model behind {self.name} has changed since {self.generation.day}{how}.",
            fix="Encode the rows again.",
        )

    def tokenize(self, texts: Sequence[str], on_progress: OnCount | None = None) -> RemoteTokens:
        """Guess the lengths of texts; `on_progress` is called once, with (texts, texts)."""
        tokens = RemoteTokens(texts)
        if on_progress:
            on_progress(len(texts), len(texts))
        return tokens

    def start(self, batch: list[str]) -> Callable[[], np.ndarray]:
        """Send a batch of `RemoteTokens.batch`; waiting is left to what this returns.

        Returns:
            A call that waits and gives float32, shape (texts, dims). It raises EncodeError where the server
            gives no vectors, ModelError where it does not let in or does not serve the model, and
            JobCancelledError after `stop`.
        """
        stop = self._stop
        # A thread for each request, so that none is left idle: every open space has an engine of its own.
        request = ThreadPoolExecutor(1, thread_name_prefix="remote")
        answer = request.submit(self._encode, batch, stop)
        request.shutdown(wait=False)

        def collect() -> np.ndarray:
            began = time.monotonic()
            try:
                while not wait([answer], _TICK).done:
                    # huggingface_hub looks the model up before it asks, and that has no bound of its own.
                    if time.monotonic() - began > _HANGING:
                        raise self._error(Refusal(None), [])
                    if self.on_wait is not None:
                        self.on_wait(self._awaited())
                return answer.result()
            except BaseException:
                self.stop()
                raise

        return collect

    def stop(self) -> None:
        """End all batches under way: none is tried again. The engine can be used further."""
        self._stop.set()
        self._stop = threading.Event()
        self._waiting = None

    def _awaited(self) -> str:
        waiting = self._waiting
        if waiting is None:
            return f"Waiting for {self._service.name}"
        trouble, until = waiting
        return f"{trouble}; trying again in {max(1, round(until - time.monotonic()))} s"

    def _encode(self, texts: list[str], stop: threading.Event) -> np.ndarray:
        answer = self._ask_patiently(texts, stop)
        if not isinstance(answer, Refusal):
            return self._checked(answer, len(texts))
        if answer.status in _TOO_MUCH and len(texts) > 1:
            half = len(texts) // 2
            parts = [self._encode(texts[:half], stop), self._encode(texts[half:], stop)]
            if parts[0].shape[1] != parts[1].shape[1]:
                raise self._no_vectors("vectors of different lengths")
            return np.concatenate(parts)
        raise self._error(answer, texts)

    def _ask_patiently(self, texts: list[str], stop: threading.Event) -> Any:  # noqa: ANN401 - unchecked
        """The answer to texts, be it a `Refusal`, after as many tries as it takes."""
        began = time.monotonic()
        pause = _FIRST_WAIT
        for attempt in range(1, _TRIES + 1):
            if stop.is_set():
                raise JobCancelledError("Encoding was stopped.")
            answer = self._service.ask(texts)
            if not isinstance(answer, Refusal) or not (answer.status is None or answer.status in _PASSING):
                return answer
            # Batches that were refused together do not come back together.
            delay = (pause if answer.wait is None else answer.wait) + random.uniform(0, pause / 2)  # noqa: S311
            pause = min(2 * pause, LONGEST_WAIT)
            if attempt == _TRIES or time.monotonic() - began + delay > _PATIENCE:
                return answer
            self._waiting = (self._trouble(answer), time.monotonic() + delay)
            stop.wait(delay)
            self._waiting = None
        raise AssertionError("the last try returns")

    def _checked(self, answer: Any, texts: int) -> np.ndarray:  # noqa: ANN401 - unchecked
        if answer is None:
            raise self._no_vectors("something else, or vectors of different lengths")
        vectors = np.asarray(answer)
        if vectors.ndim == 3:
            # Which of them are padding or special tokens, only the model knows: no mean of ours is its mean.
            raise self._no_vectors("a vector for each token instead of one for each text")
        if vectors.ndim != 2 or len(vectors) != texts or vectors.shape[1] == 0:
            raise self._no_vectors(f"an array of shape {vectors.shape} for {texts} texts")
        if not np.isfinite(vectors).all():
            raise self._no_vectors("values that are not numbers")
        if "generation" in self.__dict__ and vectors.shape[1] != self.dims:
            raise self._changed(f": it gives {vectors.shape[1]} dimensions where it gave {self.dims}")
        return vectors

    def _no_vectors(self, what: str) -> EncodeError:
        return EncodeError(
            f"The server gave {what}.",
            where=self.name,
            fix="Choose a model that is served for sentence embeddings.",
        )

    def _trouble(self, refusal: Refusal) -> str:
        if refusal.loading:
            return "The server is loading the model"
        if refusal.status is None:
            return "The server did not answer"
        if refusal.status == 429:
            return "The server asks to go slower"
        return f"The server answered with status {refusal.status}"

    def _error(self, refusal: Refusal, texts: list[str]) -> ExplorerError:
        where = self.name
        said = f": {refusal.said}" if refusal.said else ""
        status = refusal.status
        if status in (401, 403):
            return ModelError(
                f"The server does not let us in (status {status}){said}.",
                where=where,
                fix="Check the token and what it may do.",
            )
        if status == 402:
            return ModelError(f"The account has no credit left{said}.", where=where)
        if status == 404:
            return ModelNotFoundError(
                "The model is not served there for embeddings.", where=where, fix="Check its spelling."
            )
        if status in _TOO_MUCH:
            start = f"{texts[0][:40]}…" if len(texts[0]) > 40 else texts[0]
            return EncodeError(
                f"The server does not take the text “{start}” of {len(texts[0]):,} characters"
                f" (status {status}){said}.",
                where=where,
                fix="Shorten the text or leave it out.",
            )
        if status is not None and 300 <= status < 400:
            return UnusableModelError(
                "The server sends us elsewhere, and redirects are not followed.", where=where
            )
        if status is None or status in _PASSING:
            waited = "" if refusal.wait is None else f" It asked for {refusal.wait:,.0f} s more."
            return EncodeError(
                f"{self._trouble(refusal)}, and it was asked up to {_TRIES} times{said}.{waited}",
                where=where,
                fix="Try again later: what was encoded is kept.",
            )
        return EncodeError(f"The server answered with status {status}{said}.", where=where)
