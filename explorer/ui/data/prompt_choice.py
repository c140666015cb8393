"""The choice of prompts on the data page: those that a model's authors mean, or one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import streamlit as st

from explorer.encode.prompt_families import family_of
from explorer.encode.prompts import Task, TextPrompts, has_both, text_prompts
from explorer.encode.spec import HostedModel, LocalModel
from explorer.session.encoder_link import MAX_PROMPT_CHARS
from explorer.ui.shell.text import markdown, quoted

Way = Literal["search", "clustering", "custom"]
_EFFECTS: dict[Way, str] = {
    "search": "Questions come close to the rows that answer them.",
    "clustering": "Rows on the same subject come close to one another. Questions find answers less well.",
}


class ChosenPrompts(NamedTuple):
    """Prompts as a `LocalModel` or `HostedModel` has them.

    Attributes:
        task: What rows are encoded for.
        document: Put before each row; None for what the authors mean.
        query: The same for queries.
    """

    task: Task
    document: str | None = None
    query: str | None = None


def choose_prompts(
    model: str,
    before: LocalModel | HostedModel | None,
    defined: Mapping[str, str] | None,
    *,
    later: str,
) -> ChosenPrompts:
    """Draw the choice, what is put before texts by it, and who says so.

    Args:
        model: Hub id, a folder's name, or what a server calls the model.
        before: The encoder of this model that is open; None where another one is.
        defined: The prompts of the model's own files, by name; None where these are read later.
        later: When they are read.
    """
    both = has_both(model, defined or {})
    ways: list[Way] = ["search", "clustering", "custom"] if both else ["search", "custom"]
    way = st.segmented_control(
        "Prompts",
        ways,
        default=_way(before, ways),
        format_func={
            "search": "For search" if both else "Default",
            "clustering": "For clusters and maps",
            "custom": "Custom",
        }.__getitem__,
        required=True,
        key=f"prompts-{model}-{both}",
        persist_state="session",
        wrap=True,
        help="Text put before each row and each query, as in the model's training. Some models are asked in "
        "one way for search and in another for clusters and maps: each is an encoder of its own, and both "
        "can be open.",
    )
    usual = text_prompts(model, defined or {}, "clustering" if way == "clustering" else "search")
    if way == "custom":
        return ChosenPrompts(
            "search",
            _typed("Before each row", "rows", model, before.prompt if before else None, usual.document),
            _typed(
                "Before each query", "queries", model, before.query_prompt if before else None, usual.query
            ),
        )
    _show(usual, model, known=defined is not None, later=later)
    if both:
        st.caption(_EFFECTS[way])
        return ChosenPrompts("clustering" if way == "clustering" else "search")
    # What a link asks for stays: it is the same here, or its prompts are known once the files are read.
    return ChosenPrompts("search" if before is None else before.task)


def _way(before: LocalModel | HostedModel | None, ways: list[Way]) -> Way:
    if before is None:
        return "search"
    if before.prompt is not None or before.query_prompt is not None:
        return "custom"
    return before.task if before.task in ways else "search"


def _typed(label: str, of: str, model: str, before: str | None, usual: str) -> str | None:
    """Draw one prompt; None while nobody has written another one than the usual."""
    # An area: a field of one line would lose the line break that some prompts have.
    typed = st.text_area(
        label,
        usual if before is None else before,
        key=f"prompt-{of}-{model}",
        max_chars=MAX_PROMPT_CHARS,
        placeholder="nothing",
        height=68,
        persist_state="session",
    )
    # The area cuts what it is given too: a longer prompt that nobody changed is used whole.
    return None if before is None and typed == usual[:MAX_PROMPT_CHARS] else typed or ""


def _show(prompts: TextPrompts, model: str, *, known: bool, later: str) -> None:
    if prompts.note:
        st.warning(markdown(prompts.note), icon=":material/format_quote:")
        return
    family = family_of(model)
    if prompts.document or prompts.query:
        said = f"{quoted(prompts.document)} before each row, {quoted(prompts.query)} before each query"
        said += ", as its own files say." if prompts.origin == "own files" else ", as its model card says."
    elif family is not None:
        said = family.prompts.why
    elif known:
        said = "Nothing is put before texts: no prompts of this model are known. Its card may name some."
    else:
        said = ""
    if not known:
        said += f" Its own files are read {later}; what they say comes first."
    st.caption(markdown(said))
