"""The interface of services that run hosted models, and the secrets sent to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

from explorer.errors import ModelError

ANSWER_SECONDS = 60.0  # for one request; a server that is loading its model answers sooner, with an error


class Secret:
    """A token or key that appears in no log, error or repr; `reveal` returns it.

    Raises:
        ModelError: It is empty or has characters that cannot be sent.
    """

    def __init__(self, value: str) -> None:
        value = value.strip()
        # The error of httpx2 quotes a header that it cannot send.
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
        """A text with the token replaced by an ellipsis wherever it occurs."""
        return text.replace(self._value, "…")


@dataclass(frozen=True)
class ServiceInfo:
    """The limits and the model that a service reports; None or empty for all that it does not report.

    Attributes:
        max_batch_texts: Texts that it accepts in one request.
        max_concurrent_texts: Texts that it accepts in all concurrent requests together.
        max_tokens: Tokens that it reads of a text.
        truncates: Whether it truncates longer texts by default; if not, requests have to ask for it.
        served_model: The model it serves, if that differs from the one requested.
        revision: The revision of that model.
    """

    max_batch_texts: int | None = None
    max_concurrent_texts: int | None = None
    max_tokens: int | None = None
    truncates: bool = True
    served_model: str = ""
    revision: str = ""


class Service(Protocol):
    """A service that returns vectors. It sends each request once; `BatchRequests` retries.

    Attributes:
        name: Its name on the screen.
        model: The name of the model there.
    """

    name: str
    model: str

    def request(self, texts: list[str]) -> Any:  # noqa: ANN401 - unchecked, from outside
        """Send texts; the vectors as the server returns them, a `Refusal`, or None for any other response."""
        ...

    def info(self) -> ServiceInfo:
        """Request its limits and its model; nothing is cached."""
        ...

    def identity(self) -> dict[str, str]:
        """Everything the vectors depend on, without secrets; it becomes part of fingerprints."""
        ...


def title(service: Service) -> str:
    """The model and the service that runs it, for the screen."""
    return f"{service.model} by {service.name}"
