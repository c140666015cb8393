import streamlit as st

from explorer.data.corpus import Corpus
from explorer.ui.data import overview
from explorer.ui.data.controls import choose_rows, offer_way_back
from explorer.ui.data.draft import draft
from explorer.ui.data.encoder_choice import choose_encoder
from explorer.ui.data.token_audit import audit_or_progress
from explorer.ui.shell.frame import page
from explorer.ui.shell.spaces import encode, space_or_progress
from explorer.ui.widgets.encoding_report import show_report

with page("Data", "What is in my rows, and what encodes them?") as session:
    choice, contents = st.columns([1, 2], gap="large")
    with choice:
        chosen = choose_rows(session, contents)
        corpus = chosen if isinstance(chosen, Corpus) else None
        spec = choose_encoder(session.encoder, corpus) if corpus is not None else None
        if corpus is not None and spec is not None:
            if session.is_open(corpus) and spec == session.encoder:
                space = space_or_progress(session)
                if space is not None:
                    show_report(space)
                    st.page_link("pages/search.py", label="Search these rows", icon=":material/search:")
            elif st.button(
                overview.open_label(session, corpus, spec),
                type="primary",
                icon=":material/bolt:",
                width="stretch",
            ):
                session.open(corpus, spec, draft().rows_origin(corpus))
                encode(session, spec)
                st.rerun()
    with contents:
        if corpus is not None:
            rows, tokens = st.container(), st.container()
            # Tokens are counted below all else, so that what comes of it in a while moves nothing.
            with tokens:
                audit = audit_or_progress(session, corpus, spec) if spec is not None else None
                if audit is not None:
                    overview.show_audit(corpus, audit)
            with rows:
                with st.container(horizontal=True, vertical_alignment="center"):
                    overview.show_name(corpus, session.is_open(corpus))
                    if not session.is_open(corpus):
                        offer_way_back(session)
                overview.show_counts(corpus, audit)
                overview.show_preview(corpus)
                overview.show_source(corpus)
