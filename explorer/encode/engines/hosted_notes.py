"""What a person should know of vectors that a server made, one sentence each."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.encode.engines.batch_requests import CutText
from explorer.encode.engines.services import Terms

_SHOWN_CHARS = 40  # of a text that is named


def notes_of(sent_to: str, terms: Terms, cut: Sequence[CutText], agreed: float | None) -> tuple[str, ...]:
    """The notes on one run.

    Args:
        sent_to: Who runs the model, for people.
        terms: What the server says of the model and of the texts it takes.
        cut: The texts that it refused and took the beginning of.
        agreed: The cosine of two answers to the same text, where that is less than rounding leaves.
    """
    notes = [f"The texts were sent to {sent_to}, which may change its model without saying so."]
    if terms.runs:
        notes.append(
            f"The server runs {terms.runs}, whichever model it is asked for. Ask for it by that name: "
            "texts then get its own prompts."
        )
    notes.append(_of_long_texts(terms.max_tokens))
    if cut:
        notes.append(_of_cut_texts(cut))
    if agreed is not None:
        notes.append(
            f"This server's answers vary (cosine {agreed:.4f} between two answers to the same text)."
        )
    return tuple(notes)


def _of_long_texts(tokens: int | None) -> str:
    if tokens is None:
        return "Texts that are too long for the model may have been cut: the server does not report it."
    return f"Only the first {tokens:,} tokens of a text were read: the server does not report which it cut."


def _of_cut_texts(cut: Sequence[CutText]) -> str:
    longest = max(cut, key=lambda one: len(one.text))
    shown = " ".join(longest.text[:_SHOWN_CHARS].split())
    many = "1 text was" if len(cut) == 1 else f"{len(cut):,} texts were"
    which = "" if len(cut) == 1 else "of the longest, "
    return (
        f"{many} too long for the server and cut to the beginning it took: {which}“{shown}…”, "
        f"the first {longest.kept:,} of {len(longest.text):,} characters."
    )
