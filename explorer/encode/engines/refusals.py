"""Responses without vectors: their status and message, and whether a retry may help."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.encode.engines.services import Secret
from explorer.errors import (
    EncodeError,
    ExplorerError,
    ModelError,
    ModelNotFoundError,
    UnusableModelError,
)

if TYPE_CHECKING:
    import httpx2

LONGEST_WAIT = 30.0  # seconds between two tries, unless the server asks for more

_MESSAGE_CHARS = 200
_NESTED = 3  # levels of a JSON body that are searched for the error message

_TRANSIENT = {408, 424, 429, 500, 502, 503, 504}  # 424: text-embeddings-inference, when its model fails
_TOO_LONG = {400, 413, 422}  # servers differ in the status for a text, or a batch, that is too long


@dataclass(frozen=True)
class Refusal:
    """A request that got no vectors.

    Attributes:
        status: HTTP status of the response; None if there was no response.
        message: The server's error message, without the token.
        wait: Seconds to wait before the next try, as the server requests; None if it does not.
        loading: Whether the server is still loading the model.
    """

    status: int | None
    message: str = ""
    wait: float | None = None
    loading: bool = False

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status is None or self.status in _TRANSIENT

    @property
    def too_long(self) -> bool:
        """Whether a request with fewer or shorter texts may succeed."""
        return self.status in _TOO_LONG

    @property
    def problem(self) -> str:
        """The problem as a sentence for the screen, without a full stop."""
        if self.loading:
            return "The server is loading the model"
        if self.status is None:
            return "The server did not answer"
        if self.status == 429:
            return "The server is rate-limiting requests"
        return f"The server answered with status {self.status}"

    def error(self, where: str, texts: Sequence[str], tries: int) -> ExplorerError:
        """The error to raise.

        Args:
            where: The model and the service, for the screen.
            texts: The texts that were sent, at least one.
            tries: The most tries that are made.
        """
        message = f": {self.message}" if self.message else ""
        status = self.status
        if status in (401, 403):
            return ModelError(
                f"The server denied access (status {status}){message}.",
                where=where,
                fix="Check the token and its permissions.",
            )
        if status == 402:
            return ModelError(f"The account has no credit left{message}.", where=where)
        if status == 404:
            return ModelNotFoundError(
                f"The model is not served there for embeddings{message}.",
                where=where,
                fix="Check the model's name and the server's address." if not message else "",
            )
        if self.too_long:
            start = f"{texts[0][:40]}…" if len(texts[0]) > 40 else texts[0]
            return EncodeError(
                f"The server rejected the text “{start}” of {len(texts[0]):,} characters"
                f" (status {status}){message}.",
                where=where,
                fix="Shorten the text or leave it out.",
            )
        if status is not None and 300 <= status < 400:
            return UnusableModelError(
                "The server redirects to another address, and redirects are not followed.", where=where
            )
        if self.is_transient:
            waited = "" if self.wait is None else f" It asks for a wait of {self.wait:,.0f} s."
            return EncodeError(
                f"{self.problem}; up to {tries} tries failed{message}.{waited}",
                where=where,
                fix="Try again later; rows that were encoded are kept.",
            )
        return EncodeError(f"{self.problem}{message}.", where=where)


def refusal_of(response: httpx2.Response, secret: Secret | None) -> Refusal:
    """The refusal in an HTTP response whose body was read, without the secret sent with the request."""
    from huggingface_hub.utils import parse_ratelimit_headers  # type: ignore[attr-defined]  # exported late

    retry_after = response.headers.get("Retry-After", "").strip()
    pause = float(retry_after) if re.fullmatch(r"\d{1,9}", retry_after) else None
    limit = parse_ratelimit_headers(response.headers)  # the Hub's rate-limit headers
    if pause is None and limit is not None and limit.remaining == 0:
        pause = float(limit.reset_in_seconds)
    message, loading = "", False
    try:
        body = response.json()
    except (ValueError, RecursionError):
        body = None
        # HTML pages, as proxies send them, are not readable messages.
        if response.headers.get("Content-Type", "").startswith("text/plain"):
            message = response.text
    if isinstance(body, dict):
        message = _reason(body)
        estimated = body.get("estimated_time")
        loading = response.status_code == 503 and ("loading" in message.lower() or estimated is not None)
        if pause is None and isinstance(estimated, int | float) and 0 <= estimated < 1e9:
            pause = min(float(estimated), LONGEST_WAIT)  # only an estimate: the model may be ready earlier
    # Truncate last: a secret cut in half would not be found.
    message = " ".join((secret.hide(message) if secret else message).split()).rstrip(".")
    return Refusal(response.status_code, message[:_MESSAGE_CHARS], pause, loading)


def _reason(body: dict[str, object]) -> str:
    """The error message in a JSON body: in OpenAI's format, in FastAPI's `detail`, or as plain text."""
    reason: object = next((body[key] for key in ("error", "message", "detail") if body.get(key)), "")
    for _ in range(_NESTED):
        if isinstance(reason, list):  # FastAPI: one entry for each invalid field
            reason = _wrong_field(reason[0]) if reason else ""
        elif isinstance(reason, dict):
            reason = next((reason[key] for key in ("message", "msg", "error") if reason.get(key)), "")
    return reason if isinstance(reason, str) else ""


def _wrong_field(wrong: object) -> object:
    """The message of FastAPI about an invalid field, with its path: `loc` is `["body", "input", 0]`."""
    if not isinstance(wrong, dict) or not isinstance(wrong.get("msg"), str):
        return wrong
    place = wrong.get("loc")
    field = ".".join(map(str, place[1:])) if isinstance(place, list) else ""
    return f"{field}: {wrong['msg']}" if field else wrong["msg"]
