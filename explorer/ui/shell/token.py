"""A visitor's Hugging Face token; Inference Providers can be called with one of the host's as well."""

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
_FIELD, _OWN_FIELD = "hf-token", "hf-own-token"
READING_FIELD = "hf-reading-token"  # a page may have it while a dialog has the other


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
        _show_kept()


def ask_for_own_token(label: str, about: str, *, key: str = _OWN_FIELD) -> Secret | None:
    """The token that this visitor entered, never the host's; while there is none, draw the password field.

    Args:
        label: The label of the field.
        about: What the token has to be able to do, for its help.
        key: The key of the field.
    """
    token = own_token()
    if token is not None:
        _show_kept()
        return token
    typed = st.text_input(
        label,
        type="password",
        key=key,
        placeholder="hf_…",
        help=f"{about} It is kept only in this browser tab's session, never in the link, the cache or a log.",
        autocomplete="off",
        on_change=_close_spaces,
    )
    if typed:
        try:
            st.session_state[_KEPT] = Secret(typed)
        except ExplorerError as error:
            show_error(error)
        else:
            st.rerun()
    return None


def own_token() -> Secret | None:
    """The token that this visitor entered in this tab."""
    return cast("Secret | None", st.session_state.get(_KEPT))


def token_for(spec: EncoderSpec) -> Secret | None:
    """The token an encoder needs, if this visitor has one."""
    if not needs_token(spec):
        return None
    lent = secret(INFERENCE_TOKEN)
    return own_token() or (Secret(lent) if lent else None)


def point_to_token(spec: EncoderSpec) -> None:
    """Draw a link to the token field where an encoder needs a token and has none."""
    if needs_token(spec) and token_for(spec) is None:
        st.page_link("pages/data.py", label="Enter a token on the Data page", icon=":material/key:")


def _show_kept() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("This tab has a token.", width="content")
        st.button("Forget the token", type="tertiary", on_click=_forget)


def _forget() -> None:
    st.session_state.pop(_KEPT, None)
    for field in (_FIELD, _OWN_FIELD, READING_FIELD):
        st.session_state[field] = ""
    _close_spaces()


def _close_spaces() -> None:
    """Close the spaces whose encoders hold the previous token; their vectors stay in the cache."""
    session = current_session()
    for one in (session, *session.other_columns.values()):
        for spec in filter(needs_token, {*one.spaces, *one.jobs}):
            one.close_space(spec)
    session.forget_comparisons()
    session.stop_asking()
