import streamlit as st

from explorer.data.corpus import Corpus
from explorer.data.images.image_rows import has_images
from explorer.encode.spec import LocalModel
from explorer.session.files.contents import SessionContents
from explorer.ui.data import overview
from explorer.ui.data.controls import choose_rows, offer_way_back, rows_origin_of
from explorer.ui.data.encoder_choice import choose_encoder
from explorer.ui.data.passage_choice import are_passages_offered, choose_passages, is_split
from explorer.ui.data.process_choice import choose_processes
from explorer.ui.data.session_file import offer_session, show_session_file
from explorer.ui.shell.frame import page
from explorer.ui.shell.looked_at import look_at
from explorer.ui.shell.spaces import encode, space_or_progress
from explorer.ui.widgets.encoding_report import show_report
from explorer.ui.widgets.token_audit import audit_or_progress

with page("Data") as session:
    choice, contents = st.columns([1, 2], gap="large")
    bar = st.container(key="main-action")  # it stays in view: see style.css
    with choice:
        chosen = choose_rows(session, contents)
        whole = chosen if isinstance(chosen, Corpus) else None
        spec = choose_encoder(session, whole) if whole is not None else None
        if isinstance(spec, LocalModel):
            choose_processes(session)
        passages, report = st.container(), st.container()
    corpus, audit = whole, None
    with contents:
        # Tokens are counted below all else, so that what comes of it in a while moves nothing.
        rows, tokens = st.container(), st.container()
    # Images have no tokens and no passages.
    if whole is not None and spec is not None and not has_images(whole):
        split = is_split(session, whole)
        if not split:
            with tokens:
                audit = audit_or_progress(session, whole, spec)
        if split or are_passages_offered(whole, spec, audit):
            with passages:
                corpus = choose_passages(session, whole, spec)
        if split and corpus is not None:
            with tokens:
                audit = audit_or_progress(session, corpus, spec)
    if isinstance(chosen, SessionContents):
        with choice:
            show_session_file(chosen, contents)
    is_open = corpus is not None and session.is_open(corpus)
    looked_at = chosen.corpus if isinstance(chosen, SessionContents) else None if is_open else corpus
    look_at(session, "" if looked_at is None else looked_at.name)
    with bar:
        if is_open and spec == session.encoder:
            space = space_or_progress(session, here=True)
            if space is not None:
                with report:
                    show_report(space)
                overview.offer_pages(session, space)
        else:
            with st.container(horizontal=True, vertical_alignment="center"):
                if (
                    corpus is not None
                    and spec is not None
                    and st.button(
                        overview.open_label(session, corpus, spec), type="primary", icon=":material/bolt:"
                    )
                ):
                    session.open(corpus, spec, rows_origin_of(session, corpus))
                    encode(session, spec)
                    st.rerun()
                if isinstance(chosen, SessionContents):
                    offer_session(session, chosen)
                if not is_open:
                    offer_way_back(session)
    if corpus is not None:
        with rows:
            overview.show_name(corpus, is_open)
            overview.show_counts(corpus, audit)
            overview.show_preview(corpus)
            overview.show_source(corpus)
        if audit is not None:
            with tokens:
                overview.show_audit(session, corpus, audit)
