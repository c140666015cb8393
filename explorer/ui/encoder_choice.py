"""The choice of encoder on the data page."""

from __future__ import annotations

import streamlit as st

from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.spec import EncoderSpec
from explorer.errors import ExplorerError
from explorer.ui.model_names import choose_model, model_folders, model_name
from explorer.ui.session import MAX_PROMPT_CHARS
from explorer.ui.text import show_error

_OTHER_MODEL = "Another model…"


def choose_encoder(current: EncoderSpec) -> EncoderSpec | None:
    """Draw the choice of encoder, from the current one on; None while it names no model."""
    active = model_name(current.model)
    options = list(dict.fromkeys([BUNDLED_MODEL, *model_folders(), active, _OTHER_MODEL]))
    chosen = st.selectbox(
        "Model",
        options,
        index=options.index(active),
        format_func=lambda name: (
            f"{name.removeprefix('sentence-transformers/')} (bundled)" if name == BUNDLED_MODEL else name
        ),
        key="model-choice",
        persist_state="session",
    )
    if chosen == _OTHER_MODEL:
        chosen = st.text_input(
            "Hub id or folder",
            key="model-name",
            placeholder="owner/name",
            help="A model on the Hugging Face Hub, or a folder below the server's model folder.",
            persist_state="session",
        )
        if not (chosen or "").strip():
            return None
    precision = st.segmented_control(
        "Precision",
        ["auto", "float32"],
        format_func={"auto": "Fast", "float32": "Exact"}.__getitem__,
        default=current.precision,
        required=True,
        key="precision-choice",
        help="Fast computes in a short number type where a check on your own rows shows that it keeps the "
        "vectors (cosine of at least 0.9999 to the exact ones). Exact is float32.",
        persist_state="session",
    )
    with st.expander("Prompts"):
        st.caption(
            "Text put before each row or query. Some models expect one; leave empty for the model's own."
        )
        prompt = st.text_input(
            "Before each row", key="prompt-rows", max_chars=MAX_PROMPT_CHARS, persist_state="session"
        )
        query_prompt = st.text_input(
            "Before each query", key="prompt-queries", max_chars=MAX_PROMPT_CHARS, persist_state="session"
        )
    try:
        model = choose_model(str(chosen)) if chosen != BUNDLED_MODEL else BUNDLED_MODEL
    except ExplorerError as error:
        show_error(error)
        return None
    return EncoderSpec(
        model,
        "float32" if precision == "float32" else "auto",
        prompt=prompt or None,
        query_prompt=query_prompt or None,
    )
