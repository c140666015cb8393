import streamlit as st

from explorer.data.images.image_rows import has_only_images
from explorer.ui.overview.images import show_images
from explorer.ui.overview.sentences import sentences
from explorer.ui.overview.start import (
    begin,
    go_to_an_older_search,
    offer_other_rows,
    say_that_all_rows_are_meant,
)
from explorer.ui.overview.texts import show_texts
from explorer.ui.shell.frame import page
from explorer.ui.shell.spaces import space_or_progress

go_to_an_older_search()
with page("Overview") as session:
    begin()
    offer_other_rows()
    say_that_all_rows_are_meant(session)
    found = st.container(key="found")
    profile = None
    if has_only_images(session.corpus):
        show_images(session)
    else:
        profile = show_texts(session)
    space = space_or_progress(session)
    if space is None:
        found.markdown(sentences(session.corpus, profile))
    else:
        # Brings torch, which the first page must not wait for.
        from explorer.ui.overview.contents import show_contents

        show_contents(session, space, profile, found)
