"""The engine of hosted models, which notices when a service replaces the model behind a name."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from explorer.data.images.images import ImageItem
from explorer.encode.batches import plan_batches
from explorer.encode.cache import VectorCache
from explorer.encode.engines.batch_requests import BatchRequests
from explorer.encode.engines.engine import NO_PROMPT, OnWait, Prompt, Vectors
from explorer.encode.engines.generations import CANARY, Generations, canary_cosine, is_same
from explorer.encode.engines.hosted_notes import notes_of
from explorer.encode.engines.services import Service, ServiceInfo, title
from explorer.encode.tokens import COUNTING
from explorer.errors import EncodeError, ModelChangedError, UnusableModelError
from explorer.jobs.progress import OnProgress, counting

_BATCH_TEXTS = 32  # the default limit of text-embeddings-inference for one request
_BATCH_TOKENS = 8192
_CHARS_PER_TOKEN = 4  # roughly, in English; only the server knows the exact count
_IN_FLIGHT = 4
_MIN_COSINE = 0.99  # between responses of one model that vary; different models are below it
_CONFIRMED_SECONDS = 60.0  # how long a confirmed model counts as unchanged


def requests_for(texts: Sequence[str]) -> int:
    """Number of requests needed to encode texts, without retries and at the usual limit of 32 texts each."""
    return len(plan_batches(HostedTokens(texts).lengths, _BATCH_TOKENS))


class HostedTokens:
    """Texts to be sent to a server; see `tokens.Tokens`.

    Args:
        texts: The texts.
        most: The most texts in one request.

    Attributes:
        lengths: int32, shape (texts,): tokens, estimated without the server's tokenizer. Short texts count
            for more, so that no batch has more than `most` texts.
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

    A service may replace the model behind a name at any time. The current one, a `Generation`, is part of
    the engine's identity. It is read from the cache, so that cached vectors need no request; a small request
    is made only for a model not seen before. Each run confirms the generation before it encodes.

    Args:
        service: The service that runs the model.
        cache: Where generations are kept.
        on_wait: Called while waiting for that request; see `BatchRequests`.

    Attributes:
        kind: `remote`.
        name: The model and the service, for the screen.
        token_budget: Tokens that a batch may have, roughly.
        in_flight: Number of concurrent requests.
        generation: The model last seen behind the name.
        info: The limits and the model that the server last reported.

    Raises:
        EncodeError: The server returns no vectors; `BatchRequests.start` lists the other errors.
    """

    kind = "remote"
    token_budget = _BATCH_TOKENS
    in_flight = _IN_FLIGHT
    image_scale: float | None = None

    def __init__(self, service: Service, cache: VectorCache, on_wait: OnWait | None = None) -> None:
        self.name = title(service)
        self._service = service
        self._generations = Generations(cache, service.identity())
        self._last_seen: float | None = None  # monotonic time of the last canary; several threads set it
        self.info = ServiceInfo()
        known = self._generations.current()
        if known is None:
            with BatchRequests(service, on_wait) as requests:
                canary = requests.start([CANARY])()[0].astype(np.float32)
            known = self._generations.seen(canary, self.refresh_info().revision)
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
        """Estimate the lengths of texts; `on_progress` is called once, at the end."""
        info = self.info
        limits = (
            _BATCH_TEXTS,
            info.max_batch_texts,
            info.max_concurrent_texts and info.max_concurrent_texts // _IN_FLIGHT,
        )
        most = max(1, min(limit for limit in limits if limit is not None))
        tokens = HostedTokens(prompt.before(texts), most)
        counting(on_progress, COUNTING, "texts")(len(texts), len(texts))
        return tokens

    def prepare_images(self, images: Sequence[ImageItem]) -> HostedTokens:  # noqa: ARG002
        """See `Engine.prepare_images`: services take only texts."""
        raise EncodeError("The service takes only texts.", where=self.name)

    @contextmanager
    def run(self, on_wait: OnWait | None = None) -> Iterator[HostedRun]:
        """Begin a run, independent of all others; see `Engine.run`."""
        with BatchRequests(self._service, on_wait) as requests:
            yield HostedRun(self, requests, self._service.name)

    def refresh_info(self) -> ServiceInfo:
        """Request the limits and the model of the server, and keep them in `info`."""
        self.info = self._service.info()
        return self.info

    def note_seen(self) -> None:
        """Record that the model has just returned its canary."""
        self._last_seen = time.monotonic()

    def was_just_seen(self) -> bool:
        """Whether the model returned its canary within the last minute, in any run."""
        return self._last_seen is not None and time.monotonic() - self._last_seen < _CONFIRMED_SECONDS

    def changed(self, how: str = "") -> ModelChangedError:
        """The error for a model that has been replaced; the next engine then looks for the new one."""
        self._generations.leave(self.generation)
        return ModelChangedError(
            f"The model behind {self.name} has changed since {self.generation.day}{how}.",
            fix="Encode the rows again.",
        )


class HostedRun:
    """The batches of one caller; see `engine.EngineRun`.

    Args:
        engine: The engine.
        requests: Its requests to the service.
        sent_to: The service, for the screen.
    """

    def __init__(self, engine: HostedEngine, requests: BatchRequests, sent_to: str) -> None:
        self._engine = engine
        self._requests = requests
        self._sent_to = sent_to
        self._varies: float | None = None  # cosine between two responses to the same text, if they vary
        self.notes: tuple[str, ...] = self._current_notes()

    def confirm(self, *, again: bool = False) -> None:
        """Check with small requests that the model is still the one that `generation` names.

        If the first response does not match, a second request distinguishes another model, which returns the
        same vector twice, from a server whose responses vary.

        Args:
            again: Send the requests even if the model was confirmed within the last minute.

        Raises:
            ModelChangedError: The model has been replaced.
            UnusableModelError: Several models share the name.
        """
        known = self._engine.generation
        if not again and self._engine.was_just_seen():
            return
        first = self._canary()
        revision = (
            self._engine.refresh_info().revision
        )  # afterwards: while the model is loading, none is known
        if not known.is_at(revision):
            raise self._engine.changed(f": its revision is now {revision}, not {known.revision}")
        if known.gives(first):
            return
        second = self._canary()
        cosine = canary_cosine(first, second)
        if is_same(cosine):
            raise self._engine.changed()
        if cosine < _MIN_COSINE or canary_cosine(known.canary, second) < _MIN_COSINE:
            raise UnusableModelError(
                f"Several models share this name (cosine {cosine:.2f} between two vectors of the same text).",
                where=self._engine.name,
                fix="Set up the server to serve one model under this name.",
            )
        self._varies = cosine
        self.notes = self._current_notes()

    def _canary(self) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.start([CANARY])()[0].astype(np.float32)
        self._engine.note_seen()
        return vector

    def start(self, batch: list[str]) -> Vectors:
        """Send a batch of `HostedTokens.batch`; see `BatchRequests.start`.

        Returns:
            A function that waits and returns the vectors, float32, shape (texts, dims). It also raises
            ModelChangedError if their dimensions are not those of the model.
        """
        collect, dims = self._requests.start(batch), self._engine.dims

        def vectors() -> np.ndarray:
            collected = collect()
            if collected.shape[1] != dims:
                raise self._engine.changed(
                    f": its vectors now have {collected.shape[1]} dimensions, not {dims}"
                )
            self.notes = self._current_notes()
            return collected

        return vectors

    def _current_notes(self) -> tuple[str, ...]:
        """The notes on the run so far."""
        return notes_of(self._sent_to, self._engine.info, self._requests.cut, self._varies)
