"""The requests of one run to a service: several in flight, each retried."""

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
_RETRY_SECONDS = 300.0  # all tries of one batch together
_FIRST_WAIT = 0.5  # seconds; doubled with every try
_HANGING = 600.0  # seconds until an answer is no longer waited for, whatever the client is doing
_TICK = 0.5  # seconds between two calls of on_wait
_PRECISION = 8  # a cut text has lost at most so small a part of what the server would take


@dataclass(frozen=True)
class CutText:
    """A text that a server refused for its length, and whose beginning it took.

    Attributes:
        text: The text.
        kept: Characters of its beginning that were encoded.
    """

    text: str
    kept: int


class BatchRequests:
    """Batches of texts asked of a service. Leaving it ends those under way: none is tried again.

    Requests that fail for a while (429, 503, a model that is being loaded, a broken connection) are made
    again, up to 8 times and for 5 minutes, after the time the server asks for or twice as long as before.
    A batch that is too long is halved until the text is found. Of that the beginning is encoded, as far as
    the server takes it, as models on this machine read the beginning of a text that is too long for them.

    Args:
        service: Who is asked.
        on_wait: Called every half second while an answer is waited for, in the thread that waits, with a
            plain sentence of what for; what it raises is passed on.

    Attributes:
        cut: The texts that were cut so far.
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
        """Send texts; waiting is left to what this returns.

        Returns:
            A call that waits and gives float32, shape (texts, dims). It raises EncodeError where the server
            gives no vectors, ModelError where it does not let in or does not serve the model, and
            JobCancelledError where `BatchRequests` was left.
        """
        batch = _Batch(self._service, self._stop, self.cut)
        # A thread for each request, so that none is left idle while a model is not used.
        request = ThreadPoolExecutor(1, thread_name_prefix="hosted")
        answer = request.submit(batch.encode, texts)
        request.shutdown(wait=False)

        def collect() -> np.ndarray:
            began = time.monotonic()
            while not wait([answer], _TICK).done:
                # huggingface_hub looks the model up before it asks, and that has no bound of its own.
                if time.monotonic() - began > _HANGING:
                    raise Refusal(None).error(title(self._service), texts, _TRIES)
                if self._on_wait is not None:
                    self._on_wait(batch.awaited())
            return answer.result()

        return collect


class _Batch:
    """One batch, in the thread that asks for it.

    Args:
        service: Who is asked.
        stop: Set when it is no longer wanted.
        cut: Where texts that are cut are noted.
    """

    def __init__(self, service: Service, stop: threading.Event, cut: list[CutText]) -> None:
        self._service = service
        self._stop = stop
        self._cut = cut
        self._pause: tuple[str, float] | None = None  # why the last try failed, and when the next one is

    def awaited(self) -> str:
        """What it waits for; may be called from another thread."""
        pause = self._pause
        if pause is None:
            return f"Waiting for {self._service.name}"
        trouble, until = pause
        return f"{trouble}; trying again in {max(1, round(until - time.monotonic()))} s"

    def encode(self, texts: list[str]) -> np.ndarray:
        """Vectors of texts, float32, shape (texts, dims); see `BatchRequests.start`."""
        answer = self._ask_patiently(texts)
        if not isinstance(answer, Refusal):
            return self._checked(answer, len(texts))
        if answer.too_long and len(texts) > 1:
            half = len(texts) // 2
            parts = [self.encode(texts[:half]), self.encode(texts[half:])]
            if parts[0].shape[1] != parts[1].shape[1]:
                raise self._no_vectors("vectors of different lengths")
            return np.concatenate(parts)
        if answer.too_long:
            return self._beginning(texts[0], answer)
        raise answer.error(title(self._service), texts, _TRIES)

    def _beginning(self, text: str, refused: Refusal) -> np.ndarray:
        """The vector of the longest beginning of a text that the server takes, or nearly, float32, (1, dims).

        The server took the canary: a beginning as short as that is refused for something else.
        """
        kept, too_many, taken = 0, len(text), None
        while too_many > len(CANARY) and (too_many - kept) * _PRECISION > too_many:
            length = (kept + too_many) // 2
            answer = self._ask_patiently([text[:length]])
            if not isinstance(answer, Refusal):
                kept, taken = length, self._checked(answer, 1)
            elif answer.too_long:
                too_many = length
            else:
                raise answer.error(title(self._service), [text], _TRIES)
        if taken is None:
            raise refused.error(title(self._service), [text], _TRIES)
        self._cut.append(CutText(text, kept))
        return taken

    def _ask_patiently(self, texts: list[str]) -> Any:  # noqa: ANN401 - unchecked
        """The answer to texts, be it a `Refusal`, after as many tries as it takes."""
        began = time.monotonic()
        pause = _FIRST_WAIT
        for attempt in range(1, _TRIES + 1):
            if self._stop.is_set():
                raise JobCancelledError("Encoding was stopped.")
            answer = self._service.ask(texts)
            if not isinstance(answer, Refusal) or not answer.passes:
                return answer
            # Batches that were refused together do not come back together.
            delay = (pause if answer.wait is None else answer.wait) + random.uniform(0, pause / 2)  # noqa: S311
            pause = min(2 * pause, LONGEST_WAIT)
            if attempt == _TRIES or time.monotonic() - began + delay > _RETRY_SECONDS:
                return answer
            self._pause = (answer.trouble, time.monotonic() + delay)
            self._stop.wait(delay)
            self._pause = None
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
        return vectors

    def _no_vectors(self, what: str) -> EncodeError:
        return EncodeError(
            f"The server gave {what}.",
            where=title(self._service),
            fix="Choose a model that is served for sentence embeddings.",
        )
