"""The token for Inference Providers: a visitor's own, or one provided by the host."""

from __future__ import annotations

from typing import cast

import streamlit as st

from explorer.encode.engines.services import Secret
from explorer.encode.spec import EncoderSpec, needs_token
from explorer.errors import ExplorerError
from explorer.settings import INFERENCE_TOKEN, secret
from explorer.ui.shell.session import current_session
from explorer.ui.shell.text import show_error

_KEPT = "explorer-token"
_FIELD = "hf-token"


def ask_for_token() -> None:
    """Draw the password field. The token is kept only in this tab's session and is dropped with it."""
    lent = secret(INFERENCE_TOKEN)
    typed = st.text_input(
        "Hugging Face token",
        type="password",
        key=_FIELD,
        placeholder="The host provides one; enter your own to use it instead" if lent else "hf_…",
        help="Kept only in this browser tab's session, never in the link, the cache or a log. Requests "
        "are charged to its owner. A fine-grained token that can call Inference Providers is enough.",
        autocomplete="off",
        on_change=_close_spaces,
    )
    if typed:
        try:
            st.session_state[_KEPT] = Secret(typed)
        except ExplorerError as error:
            show_error(error)
    elif _KEPT in st.session_state:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("This tab has a token.", width="content")
            st.button("Forget the token", type="tertiary", on_click=_forget)


def token_for(spec: EncoderSpec) -> Secret | None:
    """The token an encoder needs, if this visitor has one."""
    if not needs_token(spec):
        return None
    kept = cast("Secret | None", st.session_state.get(_KEPT))
    lent = secret(INFERENCE_TOKEN)
    return kept or (Secret(lent) if lent else None)


def point_to_token(spec: EncoderSpec) -> None:
    """Draw a link to the token field where an encoder needs a token and has none."""
    if needs_token(spec) and token_for(spec) is None:
        st.page_link("pages/data.py", label="Enter a token on the Data page", icon=":material/key:")


def _forget() -> None:
    st.session_state.pop(_KEPT, None)
    st.session_state[_FIELD] = ""
    _close_spaces()


def _close_spaces() -> None:
    """Close the spaces whose encoders hold the previous token; their vectors stay in the cache."""
    session = current_session()
    for one in (session, *session.other_columns.values()):
        for spec in filter(needs_token, {*one.spaces, *one.jobs}):
            one.close_space(spec)
    session.forget_comparisons()
    session.stop_asking()
