"""The choice of prompts on the data page: the model's own for a task, or custom ones."""

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
    "search": "Questions are close to the rows that answer them.",
    "clustering": "Rows on the same subject are close to one another. Questions find answers less well.",
}


class ChosenPrompts(NamedTuple):
    """The prompts for a `LocalModel` or `HostedModel`.

    Attributes:
        task: The task that rows are encoded for.
        document: The prompt before each row; None for the model's usual one.
        query: The prompt before each query; None for the model's usual one.
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
    """Draw the choice, the prompts that result from it, and their source.

    Args:
        model: The model's Hub id, its folder's name, or its name on a server.
        before: The open encoder, if it uses this model; otherwise None.
        defined: The prompts in the model's own files, by name; None if the files are not read yet.
        later: When they will be read, as the end of a sentence.
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
        help="Text put before each row and each query, as in the model's training. Some models have "
        "different prompts for search and for clusters and maps. Each choice is a separate encoder, and both "
        "can be open.",
    )
    task: Task = "clustering" if way == "clustering" else "search"
    usual = text_prompts(model, defined or {}, task)
    if way == "custom":
        return ChosenPrompts(
            task,
            _typed("Before each row", "rows", model, before.prompt if before else None, usual.document),
            _typed(
                "Before each query", "queries", model, before.query_prompt if before else None, usual.query
            ),
        )
    _show(usual, model, known=defined is not None, later=later)
    if both:
        st.caption(_EFFECTS[way])
        return ChosenPrompts(task)
    # A link's task is kept: both tasks have the same prompts, or the files that tell are not read yet.
    return ChosenPrompts("search" if before is None else before.task)


def _way(before: LocalModel | HostedModel | None, ways: list[Way]) -> Way:
    if before is None:
        return "search"
    if before.prompt is not None or before.query_prompt is not None:
        return "custom"
    return before.task if before.task in ways else "search"


def _typed(label: str, of: str, model: str, before: str | None, usual: str) -> str | None:
    """Draw the field for one prompt; None while it is unchanged from the usual one."""
    # A single-line field would lose the line breaks that some prompts have.
    typed = st.text_area(
        label,
        usual if before is None else before,
        key=f"prompt-{of}-{model}",
        max_chars=MAX_PROMPT_CHARS,
        placeholder="nothing",
        height=68,
        persist_state="session",
    )
    # The area truncates its initial value too: a longer prompt that nobody changed is used in full.
    return None if before is None and typed == usual[:MAX_PROMPT_CHARS] else typed or ""


def _show(prompts: TextPrompts, model: str, *, known: bool, later: str) -> None:
    if prompts.note:
        st.warning(markdown(prompts.note), icon=":material/format_quote:")
        return
    family = family_of(model)
    if prompts.document or prompts.query:
        source = "its own files" if prompts.origin == "own files" else "its model card"
        caption = (
            f"{quoted(prompts.document)} before each row, {quoted(prompts.query)} before each query, "
            f"from {source}."
        )
    elif family is not None:
        caption = family.prompts.why
    elif known:
        caption = (
            "No prompts are known for this model, so nothing is put before texts. The model card may name "
            "some."
        )
    else:
        caption = ""
    if not known:
        caption += f" Its own files are read {later}; prompts in them take precedence."
    st.caption(markdown(caption))
