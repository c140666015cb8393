"""The interface of engines, which run models. An engine is shared; each caller has a run of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

import numpy as np

from explorer.data.images.images import ImageItem
from explorer.encode.tokens import Tokens
from explorer.errors import EncodeError
from explorer.jobs.progress import OnProgress

Vectors = Callable[[], np.ndarray]
OnWait = Callable[[str], None]


@dataclass(frozen=True)
class Prompt:
    """The prompt and the role of texts.

    Attributes:
        text: Put before each text.
        role: Whether they are rows (documents) or queries. Some models have separate modules for the two.
    """

    text: str = ""
    role: Literal["document", "query"] = "document"

    def before(self, texts: Sequence[str]) -> Sequence[str]:
        """The texts with the prompt before each."""
        return [self.text + text for text in texts] if self.text else texts


NO_PROMPT = Prompt()


class OutOfMemoryError(EncodeError):
    """A batch does not fit in the device's memory; a smaller one may."""


class Engine(Protocol):
    """A model that is ready to encode. Several threads may use it, each in a run of its own.

    Attributes:
        kind: torch, openvino, tfidf or remote.
        name: The same for the screen, with the dtype and the device.
        token_budget: Tokens a batch may have, padding included.
        in_flight: Number of batches to start before waiting for the first.
        image_scale: What the model was trained to multiply cosines of images and texts by before their
            softmax; None if it learned no such factor.
    """

    kind: str
    name: str
    token_budget: int
    in_flight: int
    image_scale: float | None

    @property
    def dims(self) -> int:
        """Dimensions of its vectors."""
        ...

    def tokenize(
        self, texts: Sequence[str], on_progress: OnProgress | None = None, *, prompt: Prompt = NO_PROMPT
    ) -> Tokens:
        """Prepare texts for the model, with their prompt, truncated to its maximum length.

        Args:
            texts: The texts, without the prompt.
            on_progress: Called with the number of finished texts; an exception it raises stops the work.
            prompt: Their prompt and role.
        """
        ...

    def prepare_images(self, images: Sequence[ImageItem]) -> Tokens:
        """Prepare images for the model; they are decoded batch by batch.

        Raises:
            EncodeError: The model does not take images.
        """
        ...

    def run(self, on_wait: OnWait | None = None) -> AbstractContextManager[EngineRun]:
        """Begin a run. On exit, batches that were started but not collected are abandoned.

        Args:
            on_wait: Called repeatedly while waiting for a batch, with a sentence that says why; exceptions it
                raises are passed on.
        """
        ...


class EngineRun(Protocol):
    """The batches of one caller, rows or queries.

    Attributes:
        notes: Notes on the vectors, for the screen; complete after the last batch.
    """

    notes: tuple[str, ...]

    def confirm(self, *, again: bool = False) -> None:
        """Check that the model is still the one that the encoder's fingerprint names.

        Call it before the first batch and, if the vectors are kept, with `again` after the last.

        Args:
            again: Check even if the model was confirmed a moment ago.

        Raises:
            ModelChangedError: The model has been replaced.
        """
        ...

    def start(self, batch: Any) -> Vectors:  # noqa: ANN401 - what `Tokens.batch` returns
        """Start encoding a batch of `Engine.tokenize` or `prepare_images`.

        Returns:
            A function that waits and returns the vectors, float32, shape (texts, dims).

        Raises:
            OutOfMemoryError: The batch does not fit in memory; the function may raise it too.
        """
        ...


class LocalEngine(ABC):
    """An `Engine` on this machine. It has no state for each run, so it is its own `EngineRun`.

    Attributes:
        kind: See `Engine`, also for `name`, `token_budget`, `in_flight` and `image_scale`.
        notes: See `EngineRun`.
        dims: Dimensions of its vectors.
    """

    kind: str
    name: str
    notes: tuple[str, ...] = ()
    token_budget: int
    in_flight: int
    image_scale: float | None = None
    dims: int

    @abstractmethod
    def tokenize(
        self, texts: Sequence[str], on_progress: OnProgress | None = None, *, prompt: Prompt = NO_PROMPT
    ) -> Tokens:
        """See `Engine.tokenize`."""

    def prepare_images(self, images: Sequence[ImageItem]) -> Tokens:  # noqa: ARG002
        """See `Engine.prepare_images`."""
        raise EncodeError("The model does not take images.", where=self.name)

    @abstractmethod
    def start(self, batch: Any) -> Vectors:  # noqa: ANN401 - what `Tokens.batch` returns
        """See `EngineRun.start`."""

    @contextmanager
    def run(self, on_wait: OnWait | None = None) -> Iterator[Self]:  # noqa: ARG002
        """Yield itself: there is no server to wait for, and a started batch ends within milliseconds."""
        try:
            yield self
        finally:
            self._release()

    def _release(self) -> None:  # noqa: B027 - most need none
        """Release memory that is needed only while encoding."""

    def confirm(self, *, again: bool = False) -> None:  # noqa: B027 - the same for all
        """Do nothing: loaded weights do not change."""
