"""Answers of a server that are not vectors: what they say, and whether it pays to ask again."""

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

LONGEST_WAIT = 30.0  # seconds between two tries, where the server does not ask for more

_SAID_CHARS = 200
_NESTED = 3  # levels of an answer that are looked into for its reason

_PASSING = {408, 424, 429, 500, 502, 503, 504}  # 424: text-embeddings-inference, when its model fails
_TOO_LONG = {400, 413, 422}  # servers disagree on what they call a text, or a batch, that is too long


@dataclass(frozen=True)
class Refusal:
    """An answer that is not vectors.

    Attributes:
        status: Its HTTP status; None when no answer came.
        said: What the server said, without the token.
        wait: Seconds the server asks for; None when it names none.
        loading: Whether the model is being loaded.
    """

    status: int | None
    said: str = ""
    wait: float | None = None
    loading: bool = False

    @property
    def passes(self) -> bool:
        """Whether the same request may be answered later."""
        return self.status is None or self.status in _PASSING

    @property
    def too_long(self) -> bool:
        """Whether fewer or shorter texts may be answered."""
        return self.status in _TOO_LONG

    @property
    def trouble(self) -> str:
        """What went wrong, in a plain sentence without a full stop."""
        if self.loading:
            return "The server is loading the model"
        if self.status is None:
            return "The server did not answer"
        if self.status == 429:
            return "The server is rate-limiting requests"
        return f"The server answered with status {self.status}"

    def error(self, where: str, texts: Sequence[str], tries: int) -> ExplorerError:
        """What to raise.

        Args:
            where: Who was asked for which model, for people.
            texts: What was sent, one or more.
            tries: How often, at most.
        """
        said = f": {self.said}" if self.said else ""
        status = self.status
        if status in (401, 403):
            return ModelError(
                f"The server denied access (status {status}){said}.",
                where=where,
                fix="Check the token and its permissions.",
            )
        if status == 402:
            return ModelError(f"The account has no credit left{said}.", where=where)
        if status == 404:
            return ModelNotFoundError(
                f"The model is not served there for embeddings{said}.",
                where=where,
                fix="Check the model's name and the server's address." if not said else "",
            )
        if self.too_long:
            start = f"{texts[0][:40]}…" if len(texts[0]) > 40 else texts[0]
            return EncodeError(
                f"The server rejected the text “{start}” of {len(texts[0]):,} characters"
                f" (status {status}){said}.",
                where=where,
                fix="Shorten the text or leave it out.",
            )
        if status is not None and 300 <= status < 400:
            return UnusableModelError(
                "The server redirects to another address, and redirects are not followed.", where=where
            )
        if self.passes:
            waited = "" if self.wait is None else f" It asked for {self.wait:,.0f} s more."
            return EncodeError(
                f"{self.trouble}, and it was asked up to {tries} times{said}.{waited}",
                where=where,
                fix="Try again later: what was encoded is kept.",
            )
        return EncodeError(f"{self.trouble}{said}.", where=where)


def refusal_of(response: httpx2.Response, secret: Secret | None) -> Refusal:
    """What a response that was read says, without the secret that was sent with the request."""
    from huggingface_hub.utils import parse_ratelimit_headers  # type: ignore[attr-defined]  # exported late

    asked = response.headers.get("Retry-After", "").strip()
    pause = float(asked) if re.fullmatch(r"\d{1,9}", asked) else None
    limit = parse_ratelimit_headers(response.headers)  # the Hub's way to say it
    if pause is None and limit is not None and limit.remaining == 0:
        pause = float(limit.reset_in_seconds)
    said, loading = "", False
    try:
        told = response.json()
    except (ValueError, RecursionError):
        told = None
        # A page of HTML, as proxies send, says nothing to a person.
        if response.headers.get("Content-Type", "").startswith("text/plain"):
            said = response.text
    if isinstance(told, dict):
        said = _reason(told)
        estimated = told.get("estimated_time")
        loading = response.status_code == 503 and ("loading" in said.lower() or estimated is not None)
        if pause is None and isinstance(estimated, int | float) and 0 <= estimated < 1e9:
            pause = min(float(estimated), LONGEST_WAIT)  # an estimate: it may be ready before
    # Cut last, so that no part of the secret is left at the end.
    said = " ".join((secret.hide(said) if secret else said).split()).rstrip(".")
    return Refusal(response.status_code, said[:_SAID_CHARS], pause, loading)


def _reason(told: dict[str, object]) -> str:
    """The reason in an answer of the forms that servers have: OpenAI's, FastAPI's `detail`, a plain text."""
    reason: object = next((told[key] for key in ("error", "message", "detail") if told.get(key)), "")
    for _ in range(_NESTED):
        if isinstance(reason, list):  # FastAPI lists what is wrong with a request, and where
            reason = _wrong_field(reason[0]) if reason else ""
        elif isinstance(reason, dict):
            reason = next((reason[key] for key in ("message", "msg", "error") if reason.get(key)), "")
    return reason if isinstance(reason, str) else ""


def _wrong_field(wrong: object) -> object:
    """What is wrong with a field of a request, named as FastAPI does: `loc` is `["body", "input", 0]`."""
    if not isinstance(wrong, dict) or not isinstance(wrong.get("msg"), str):
        return wrong
    place = wrong.get("loc")
    field = ".".join(map(str, place[1:])) if isinstance(place, list) else ""
    return f"{field}: {wrong['msg']}" if field else wrong["msg"]
