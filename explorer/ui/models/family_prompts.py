"""The prompts of a model that is about to be used, if its own files define none."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from explorer.encode.prompt_families import family_of
from explorer.encode.prompts import text_prompts
from explorer.encode.spec import LocalModel
from explorer.hub.model_details import ModelDetails
from explorer.ui.shell.text import markdown, quoted


def offer_family_prompts(spec: LocalModel, details: ModelDetails) -> LocalModel:
    """Draw whether the prompts of a model's family are used, if its own files define none.

    Returns:
        The encoder; with empty prompts if they are turned down.
    """
    expected, family = text_prompts(details.listing.id, details.prompts), family_of(details.listing.id)
    if family is None or expected.origin != "family" or not (expected.query or expected.document):
        return spec
    wanted = st.checkbox(
        markdown(f"Put {quoted(expected.query)} before queries and {quoted(expected.document)} before rows"),
        value=True,
        key=f"model-prompts-{spec.model}",
        help=f"{family.prompts.why} Its files define no prompts.",
    )
    return spec if wanted else replace(spec, prompt="", query_prompt="")
