"""The choice of contenders: those chosen, each removable, and what can be added."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from explorer.comparison.contenders.spec import MOST, ContenderSpec
from explorer.encode.model_names import choose_model, encoder_name, model_name
from explorer.encode.spec import LocalModel, Tfidf
from explorer.session.contenders import (
    add_contender,
    keep_possible,
    link_of,
    name_of,
    read_link,
    remove_contender,
    usual_contenders,
)
from explorer.session.session import Session
from explorer.session.variants import variants_of
from explorer.ui.compare.entries import Entry
from explorer.ui.compare.options import show_options
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.models_here import models_here

_PARAMETER = "with"
_READ = "explorer-compare-link-read"
_VARIANT_OF = "compare-variant-of"


def begin(session: Session) -> None:
    """Take the contenders from the link once, drop those that the rows cannot have, and say so."""
    if _READ not in st.session_state:
        st.session_state[_READ] = True
        linked = st.query_params.get_all(_PARAMETER)
        if linked:
            read_link(session, linked)
    keep_possible(session)
    wanted = link_of(session)
    if st.query_params.get_all(_PARAMETER) != wanted:
        if wanted:
            st.query_params[_PARAMETER] = wanted
        else:
            st.query_params.pop(_PARAMETER, None)
    if session.comparison.notice:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(markdown(session.comparison.notice), icon=":material/link_off:")
            st.button(
                "Dismiss the message",
                icon=":material/close:",
                type="tertiary",
                on_click=_dismiss,
                args=(session,),
            )


def show_contenders(session: Session, entries: Sequence[Entry]) -> None:
    """Draw the contenders, with a button to remove each."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="contenders"):
        for place, entry in enumerate(entries):
            st.button(
                markdown(entry.name),
                key=f"contender-{place}",
                icon=":material/close:",
                icon_position="right",
                help=markdown(f"Remove {entry.name} from the comparison."),
                on_click=remove_contender,
                args=(session, entry.spec),
                wrap=True,
            )


def show_building(session: Session, entries: Sequence[Entry]) -> None:
    """Draw what changes a comparison: contenders to add, options, and the usual contenders again."""
    with st.popover(
        "Add a contender", icon=":material/add:", type="primary", key="add-contender", width="content"
    ):
        _show_choices(session, entries)
    with st.popover("Options", icon=":material/tune:", key="compare-options", width="content"):
        show_options(session)
    if session.comparison.contenders not in (None, usual_contenders(session)):
        st.button(
            "Back to the usual contenders",
            type="tertiary",
            icon=":material/restart_alt:",
            help="This session's encoders, TF-IDF and BM25.",
            on_click=_use_usual,
            args=(session,),
        )


def _show_choices(session: Session, entries: Sequence[Entry]) -> None:
    if len(entries) >= MOST:
        st.caption(f"A comparison has at most {MOST} contenders. Remove one to add another.")
        return
    chosen = {entry.spec for entry in entries}
    st.markdown("**Another encoder**")
    others = _others(session)
    _buttons(
        session, [(name_of(session, spec), spec, about) for spec, about in others.items()], chosen, "other"
    )
    st.page_link("pages/models.py", label="Find another model", icon=":material/travel_explore:")
    bases = [entry for entry in entries if entry.spec.encoder is not None]
    if not bases:
        return
    st.markdown("**A variant of a contender**")
    place = st.selectbox(
        "Variant of",
        range(len(bases)),
        format_func=lambda at: bases[at].name,
        key=f"{_VARIANT_OF}-{hash(tuple(entry.spec for entry in bases))}",
        label_visibility="collapsed",
    )
    base = bases[place]
    found = variants_of(base.spec, session.corpus, base.space)
    for group in dict.fromkeys(variant.group for variant in found):
        st.caption(group)
        own = [variant for variant in found if variant.group == group]
        _buttons(session, [(variant.label, variant.spec, variant.about) for variant in own], chosen, group)


def _others(session: Session) -> dict[ContenderSpec, str]:
    """Encoders that can be added as they are, each with where it is from."""
    found = {ContenderSpec(spec): f"Open in this session: {encoder_name(spec)}" for spec in session.encoders}
    open_models = {spec.model for spec in session.encoders if isinstance(spec, LocalModel)}
    for name, about in models_here().items():
        model = choose_model(name)
        if model not in open_models:
            found[ContenderSpec(LocalModel(model))] = f"On this machine: {model_name(model)}, {about}"
    found[ContenderSpec(Tfidf())] = "Counts words and pairs of words: a baseline for models."
    found[ContenderSpec(None)] = "The usual ranking by words: a baseline for search."
    return found


def _buttons(
    session: Session,
    choices: Sequence[tuple[str, ContenderSpec, str]],
    chosen: Collection[ContenderSpec],
    key: str,
) -> None:
    """Draw a button for each contender that can be added; those chosen already are shown as such."""
    with st.container(horizontal=True, gap="small"):
        for label, spec, about in choices:
            there = spec in chosen
            st.button(
                markdown(label),
                key=f"add-{key}-{hash(spec)}",
                icon=":material/check:" if there else ":material/add:",
                help="It is in the comparison." if there else markdown(about),
                on_click=_add,
                args=(session, spec),
                disabled=there,
                wrap=True,
            )


def _add(session: Session, spec: ContenderSpec) -> None:
    _dismiss(session)
    refused = add_contender(session, spec)
    if refused:
        st.toast(markdown(refused), icon=":material/info:")


def _dismiss(session: Session) -> None:
    session.comparison.notice = ""


def _use_usual(session: Session) -> None:
    _dismiss(session)
    session.comparison.contenders = None
