"""Notes on vectors from a server, for the screen."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.encode.engines.batch_requests import CutText
from explorer.encode.engines.services import ServiceInfo

_SHOWN_CHARS = 40  # of a text that a note quotes


def notes_of(
    sent_to: str, info: ServiceInfo, cut: Sequence[CutText], agreed: float | None
) -> tuple[str, ...]:
    """The notes on one run.

    Args:
        sent_to: The service, for the screen.
        info: The limits and the model that the server reported.
        cut: The texts that were truncated because the server rejected them.
        agreed: Cosine between two vectors of the same text, if they differ by more than rounding.
    """
    notes = [f"The texts were sent to {sent_to}, which may change its model without notice."]
    if info.served_model:
        notes.append(
            f"The server runs {info.served_model}, whichever model is requested. Request it by that name, so "
            "that texts get its own prompts."
        )
    notes.append(_of_long_texts(info.max_tokens))
    if cut:
        notes.append(_of_cut_texts(cut))
    if agreed is not None:
        notes.append(
            f"This server's vectors vary (cosine {agreed:.4f} between two vectors of the same text)."
        )
    return tuple(notes)


def _of_long_texts(tokens: int | None) -> str:
    if tokens is None:
        return "Texts that are too long for the model may have been cut; the server does not report it."
    return (
        f"Only the first {tokens:,} tokens of a text were read; "
        "the server does not report which texts it cut."
    )


def _of_cut_texts(cut: Sequence[CutText]) -> str:
    longest = max(cut, key=lambda one: len(one.text))
    shown = " ".join(longest.text[:_SHOWN_CHARS].split())
    many = "1 text was" if len(cut) == 1 else f"{len(cut):,} texts were"
    which = "" if len(cut) == 1 else "the longest, "
    return (
        f"{many} too long for the server and cut: "
        f"the first {longest.kept:,} of {len(longest.text):,} characters were read of {which}“{shown}…”."
    )
