"""The requests of one run to a service: several in flight, each with retries."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from explorer.encode.engines.engine import OnWait, Vectors
from explorer.encode.engines.generations import CANARY
from explorer.encode.engines.refusals import LONGEST_WAIT, Refusal
from explorer.encode.engines.services import Service, title
from explorer.errors import EncodeError, JobCancelledError

_TRIES = 8
_RETRY_SECONDS = 300.0  # for all tries of one request together
_FIRST_WAIT = 0.5  # seconds; doubled with every try
_DEADLINE_SECONDS = 600.0  # for one batch, whatever the client is doing
_TICK = 0.5  # seconds between two calls of on_wait
_PRECISION = 8  # at most 1/8 of what the server would accept of a truncated text is lost


@dataclass(frozen=True)
class CutText:
    """A text that was too long for a server and was truncated.

    Attributes:
        text: The text.
        kept: Characters of its beginning that were encoded.
    """

    text: str
    kept: int


class BatchRequests:
    """Requests for batches of texts. On exit, retries stop.

    Transient failures (429, 503, a model that is being loaded, a broken connection) are retried up to 8 times
    within 5 minutes, after the wait that the server requests or with exponential backoff. A batch that is too
    long is halved until the text that is too long is found. That text is truncated to what the server
    accepts, since models on this machine truncate such texts too.

    Args:
        service: The service.
        on_wait: Called every half second while waiting for a response, in the thread that waits, with a
            sentence that says why; exceptions it raises are passed on.

    Attributes:
        cut: The texts truncated so far.
    """

    def __init__(self, service: Service, on_wait: OnWait | None = None) -> None:
        self._service = service
        self._on_wait = on_wait
        self._stop = threading.Event()
        self.cut: list[CutText] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()

    def start(self, texts: list[str]) -> Vectors:
        """Send texts, without waiting for the response.

        Returns:
            A function that waits and returns the vectors, shape (texts, dims). It raises EncodeError if the
            server returns no vectors, ModelError if it denies access or does not serve the model, and
            JobCancelledError after `BatchRequests` has exited.
        """
        batch = _Batch(self._service, self._stop, self.cut)
        # A thread for each request: no idle threads while the model is not in use.
        executor = ThreadPoolExecutor(1, thread_name_prefix="hosted")
        response = executor.submit(batch.encode, texts)
        executor.shutdown(wait=False)

        def collect() -> np.ndarray:
            began = time.monotonic()
            while not wait([response], _TICK).done:
                # huggingface_hub looks the model up first, without a timeout.
                if time.monotonic() - began > _DEADLINE_SECONDS:
                    raise Refusal(None).error(title(self._service), texts, _TRIES)
                if self._on_wait is not None:
                    self._on_wait(batch.status())
            return response.result()

        return collect


class _Batch:
    """One batch, requested in a thread of its own.

    Args:
        service: The service.
        stop: Set when the batch is no longer needed.
        cut: Truncated texts are appended to it.
    """

    def __init__(self, service: Service, stop: threading.Event, cut: list[CutText]) -> None:
        self._service = service
        self._stop = stop
        self._cut = cut
        self._pause: tuple[str, float] | None = None  # why the last try failed, and when the next one starts

    def status(self) -> str:
        """A sentence that says why it waits; safe to call from another thread."""
        pause = self._pause
        if pause is None:
            return f"Waiting for {self._service.name}"
        problem, until = pause
        return f"{problem}; trying again in {max(1, round(until - time.monotonic()))} s"

    def encode(self, texts: list[str]) -> np.ndarray:
        """Vectors of texts, float32, shape (texts, dims); see `BatchRequests.start`."""
        response = self._request_with_retries(texts)
        if not isinstance(response, Refusal):
            return self._checked(response, len(texts))
        if response.too_long and len(texts) > 1:
            half = len(texts) // 2
            parts = [self.encode(texts[:half]), self.encode(texts[half:])]
            if parts[0].shape[1] != parts[1].shape[1]:
                raise self._no_vectors("vectors of different lengths")
            return np.concatenate(parts)
        if response.too_long:
            return self._beginning(texts[0], response)
        raise response.error(title(self._service), texts, _TRIES)

    def _beginning(self, text: str, refused: Refusal) -> np.ndarray:
        """The vector, shape (1, dims), of a text truncated to nearly as much as the server accepts.

        The server has accepted the canary, so it rejects a text as short as that for another reason.
        """
        kept, too_many, taken = 0, len(text), None
        while too_many > len(CANARY) and (too_many - kept) * _PRECISION > too_many:
            length = (kept + too_many) // 2
            response = self._request_with_retries([text[:length]])
            if not isinstance(response, Refusal):
                kept, taken = length, self._checked(response, 1)
            elif response.too_long:
                too_many = length
            else:
                raise response.error(title(self._service), [text], _TRIES)
        if taken is None:
            raise refused.error(title(self._service), [text], _TRIES)
        self._cut.append(CutText(text, kept))
        return taken

    def _request_with_retries(self, texts: list[str]) -> Any:  # noqa: ANN401 - unchecked
        """The response to texts: as `Service.request` returns it after the last try."""
        began = time.monotonic()
        pause = _FIRST_WAIT
        for attempt in range(1, _TRIES + 1):
            if self._stop.is_set():
                raise JobCancelledError("Encoding was stopped.")
            response = self._service.request(texts)
            if not isinstance(response, Refusal) or not response.is_transient:
                return response
            # Jitter: batches that were rejected together should not return together.
            delay = (pause if response.wait is None else response.wait) + random.uniform(0, pause / 2)  # noqa: S311
            pause = min(2 * pause, LONGEST_WAIT)
            if attempt == _TRIES or time.monotonic() - began + delay > _RETRY_SECONDS:
                return response
            self._pause = (response.problem, time.monotonic() + delay)
            self._stop.wait(delay)
            self._pause = None
        raise AssertionError("the last try returns")

    def _checked(self, response: Any, texts: int) -> np.ndarray:  # noqa: ANN401 - unchecked
        if response is None:
            raise self._no_vectors("something other than vectors, or vectors of different lengths")
        vectors = np.asarray(response)
        if vectors.ndim == 3:
            # Only the model knows which of them are padding or special tokens: we cannot pool them.
            raise self._no_vectors("a vector for each token instead of one for each text")
        if vectors.ndim != 2 or len(vectors) != texts or vectors.shape[1] == 0:
            raise self._no_vectors(f"an array of shape {vectors.shape} for {texts} texts")
        if not np.isfinite(vectors).all():
            raise self._no_vectors("values that are not numbers")
        return vectors

    def _no_vectors(self, what: str) -> EncodeError:
        return EncodeError(
            f"The server returned {what}.",
            where=title(self._service),
            fix="Choose a model that is served for sentence embeddings.",
        )
