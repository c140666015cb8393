"""Who runs hosted models, and the secrets they are asked with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

from explorer.errors import ModelError

ANSWER_SECONDS = 60.0  # one request; a model that is being loaded says so before


class Secret:
    """A token or key that no log, error or repr shows; `reveal` gives it.

    Raises:
        ModelError: It has characters that cannot be sent.
    """

    def __init__(self, value: str) -> None:
        value = value.strip()
        # httpx2 would quote a header it cannot send in its error.
        if not value or not re.fullmatch(r"[!-~]{1,4096}", value):
            raise ModelError("The token is empty or has characters that no token has.", fix="Copy it again.")
        self._value = value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not stored")

    def reveal(self) -> str:
        """The token itself, for the header of a request."""
        return self._value

    def hide(self, text: str) -> str:
        """A text without the token, should it be in there."""
        return text.replace(self._value, "…")


@dataclass(frozen=True)
class Terms:
    """What a service says of the texts it takes and of the model it runs; None or empty where it does not.

    Attributes:
        batch_texts: Texts it takes in one request.
        waiting_texts: Texts it takes in all requests under way.
        max_tokens: Tokens it reads of a text.
        cuts: Whether it cuts longer texts by itself; else it has to be asked to.
        runs: The model it runs, where that is another one than it is asked for.
        revision: The revision of that model.
    """

    batch_texts: int | None = None
    waiting_texts: int | None = None
    max_tokens: int | None = None
    cuts: bool = True
    runs: str = ""
    revision: str = ""


class Service(Protocol):
    """Who is asked for vectors. Each request is made once; `BatchRequests` makes them again.

    Attributes:
        name: Who it is, for people.
        model: The model it runs.
    """

    name: str
    model: str

    def ask(self, texts: list[str]) -> Any:  # noqa: ANN401 - unchecked, from outside
        """Vectors of some texts as the server gives them, a `Refusal`, or None for what is neither."""
        ...

    def terms(self) -> Terms:
        """What it says of the texts it takes and of the model it runs; it is asked each time."""
        ...

    def identity(self) -> dict[str, str]:
        """What the vectors depend on, without any secret."""
        ...


def title(service: Service) -> str:
    """The model and who runs it, for people."""
    return f"{service.model} by {service.name}"
