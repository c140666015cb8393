"""What runs models: an engine for each way to run them, shared by all, and a run of it for each caller."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

import numpy as np

from explorer.encode.tokens import Tokens
from explorer.errors import EncodeError
from explorer.jobs.progress import OnProgress

Vectors = Callable[[], np.ndarray]
OnWait = Callable[[str], None]


@dataclass(frozen=True)
class Prompt:
    """What a model is told of texts.

    Attributes:
        text: Put before each of them.
        role: What they are: rows are documents. Some models read queries with another part than documents.
    """

    text: str = ""
    role: Literal["document", "query"] = "document"

    def before(self, texts: Sequence[str]) -> Sequence[str]:
        """The texts with the prompt before each."""
        return [self.text + text for text in texts] if self.text else texts


NO_PROMPT = Prompt()


class OutOfMemoryError(EncodeError):
    """A batch does not fit the device's memory; a smaller one may."""


class Engine(Protocol):
    """A model that is ready to encode. Several threads may use it, each in a run of its own.

    Attributes:
        kind: What it is run by: torch, openvino, tfidf or remote.
        name: The same for people, with the type it computes in and the device.
        token_budget: Tokens a batch may have, padding included.
        in_flight: Batches that are worth having begun before the first of them is waited for.
    """

    kind: str
    name: str
    token_budget: int
    in_flight: int

    @property
    def dims(self) -> int:
        """Dimensions of its vectors."""
        ...

    def tokenize(
        self, texts: Sequence[str], on_progress: OnProgress | None = None, *, prompt: Prompt = NO_PROMPT
    ) -> Tokens:
        """Read texts as the model takes them, with their prompt, cut to its maximum length.

        Args:
            texts: The texts, without the prompt.
            on_progress: Told the texts that are done; what it raises stops the work.
            prompt: What the model is told of them.
        """
        ...

    def run(self, on_wait: OnWait | None = None) -> AbstractContextManager[EngineRun]:
        """Begin a run. Leaving it gives up the batches that were begun and not waited for.

        Args:
            on_wait: Told, in a plain sentence, what a batch is waited for, again and again while it is; what
                it raises is passed on by the batch that is waited for.
        """
        ...


class EngineRun(Protocol):
    """The batches of one caller, rows or queries, and what was learned on the way.

    Attributes:
        notes: What the person should know of the vectors; complete once the last batch is there.
    """

    notes: tuple[str, ...]

    def confirm(self, *, again: bool = False) -> None:
        """Make sure that the model is still the one that the encoder's fingerprint names.

        To be called before the first batch, and with `again` after the last one of vectors that are kept.

        Args:
            again: Ask even if somebody made sure a moment ago.

        Raises:
            ModelChangedError: It is another one.
        """
        ...

    def start(self, batch: Any) -> Vectors:  # noqa: ANN401 - what `Tokens.batch` makes
        """Begin to encode a batch of `Engine.tokenize`.

        Returns:
            What waits for its vectors and gives them: float32, shape (texts, dims).

        Raises:
            OutOfMemoryError: The batch does not fit; what is returned may raise it too.
        """
        ...


class LocalEngine(ABC):
    """An `Engine` on this machine. It keeps nothing of a run, and so is the `EngineRun` of each itself.

    Attributes:
        kind: As of an `Engine`, like `name`, `token_budget` and `in_flight`.
        notes: As of an `EngineRun`.
        dims: Dimensions of its vectors.
    """

    kind: str
    name: str
    notes: tuple[str, ...] = ()
    token_budget: int
    in_flight: int
    dims: int

    @abstractmethod
    def tokenize(
        self, texts: Sequence[str], on_progress: OnProgress | None = None, *, prompt: Prompt = NO_PROMPT
    ) -> Tokens:
        """See `Engine.tokenize`."""

    @abstractmethod
    def start(self, batch: Any) -> Vectors:  # noqa: ANN401 - what `Tokens.batch` makes
        """See `EngineRun.start`."""

    def run(self, on_wait: OnWait | None = None) -> AbstractContextManager[Self]:  # noqa: ARG002
        """Itself: nobody else is waited for, and what was begun ends by itself within milliseconds."""
        return nullcontext(self)

    def confirm(self, *, again: bool = False) -> None:  # noqa: B027 - true of all of them
        """Nothing: the weights are those that were opened."""
