"""What a model expects before texts, as the page of one model says it."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import replace

import streamlit as st

from explorer.encode.prompt_families import family_of
from explorer.encode.prompts import text_prompts
from explorer.encode.spec import LocalModel
from explorer.hub.model_details import ModelDetails
from explorer.ui.shell.text import markdown, quoted


def with_prompts(spec: LocalModel, details: ModelDetails) -> LocalModel:
    """The encoder; without prompts where its own files name none and somebody objects to its family's."""
    expected, family = text_prompts(details.listing.id, details.prompts), family_of(details.listing.id)
    if family is None or expected.origin != "family" or not (expected.query or expected.document):
        return spec
    wanted = st.checkbox(
        markdown(f"Put {quoted(expected.query)} before queries and {quoted(expected.document)} before rows"),
        value=True,
        key=f"model-prompts-{spec.model}",
        help=f"{family.prompts.why} Its files do not say so.",
    )
    return spec if wanted else replace(spec, prompt="", query_prompt="")


def show_prompts(details: ModelDetails) -> None:
    """Draw the prompts of a model's own files, or of its family."""
    family, note = family_of(details.listing.id), text_prompts(details.listing.id, details.prompts).note
    st.markdown("**Prompts it expects**")
    if details.prompts:
        st.caption("As its own files define them:")
        st.html(definitions((html.escape(name), prompt) for name, prompt in details.prompts.items()))
        if note:
            st.caption(markdown(note))
    elif family is None:
        st.caption("Its files define none, and its family is not known here. The model card may name some.")
    else:
        st.caption(markdown(family.prompts.why))
        asked = family.prompts
        st.html(
            definitions(
                [("query", asked.query), ("row", asked.document), ("row, for clusters", asked.clustering)]
            )
        )


def definitions(rows: Iterable[tuple[str, str | None]]) -> str:
    """Names and what they stand for as HTML; names are HTML, the rest is text and shown as it is."""
    cells = "".join(
        f'<dt style="margin: 0; opacity: 0.7">{name}</dt>'
        f'<dd style="margin: 0; overflow-wrap: anywhere" dir="auto">{html.escape(value)}</dd>'
        for name, value in rows
        if value
    )
    columns = "display: grid; grid-template-columns: minmax(5rem, max-content) 1fr; gap: 0.3rem 1rem"
    return f'<dl style="{columns}; margin: 0; padding: 0">{cells}</dl>'
