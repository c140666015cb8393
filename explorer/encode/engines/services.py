"""Who runs hosted models, and the secrets they are asked with."""

from __future__ import annotations

import re
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

    def identity(self) -> dict[str, str]:
        """What the vectors depend on, without any secret."""
        ...


def title(service: Service) -> str:
    """The model and who runs it, for people."""
    return f"{service.model} by {service.name}"
