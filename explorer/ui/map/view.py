"""The map page: a space in two or three dimensions, the rows selected on it, and how far to trust it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.analysis.space import Hit, Space
from explorer.data.corpus import Corpus
from explorer.numbers import percent
from explorer.session.session import Session
from explorer.share.export import rows_table
from explorer.share.map.page import MapPage
from explorer.ui.map.actions import asked, search_among
from explorer.ui.map.choice import choose_map
from explorer.ui.map.elsewhere import offer_elsewhere
from explorer.ui.map.flat_map import draw_flat
from explorer.ui.map.page import map_offer
from explorer.ui.map.shown_map import ShownMap, map_or_progress
from explorer.ui.map.solid_map import draw_solid
from explorer.ui.map.trust import show_trust
from explorer.ui.widgets.downloads import download_file, download_table
from explorer.ui.widgets.items import item_html
from explorer.ui.widgets.offer_page import offer_page
from explorer.ui.widgets.selected_rows import show_selected_table
from explorer.ui.widgets.shown_rows import choose_focus, focused_rows_of

if TYPE_CHECKING:
    import pyarrow as pa

_HTML_HELP = "One file that works offline."


def show_map(session: Session, space: Space) -> None:
    """Draw the map with rows beside it, and below it the table of those that are selected."""
    doing = asked(session)
    if doing == "search" and session.selection is not None:
        search_among(session.selection)
    choose_focus(session, narrow=False)
    shown_rows = focused_rows_of(session, space)
    spec, look = choose_map(space.corpus)
    shown = map_or_progress(session, space, shown_rows, spec, look)
    if shown is None:
        return
    projection, flat = shown.projection, shown.projection.dims == 2
    page = draw_flat(session, shown, look, doing) if flat else draw_solid(session, shown)
    if not shown.ready:
        st.caption("A PCA map, shown until UMAP is ready.")
    elif projection.fallback == "few":
        st.caption("A PCA map: there are too few rows for UMAP.")
    elif projection.fallback == "equal":
        st.caption("All rows have the same vector, so all points coincide.")
    if projection.recall is not None and projection.recall < 1:
        st.caption(f"Approximate neighbours, {percent(projection.recall)} recall (sampled).")
    if projection.supervised:
        st.caption("Supervised: the labels separate the groups, so the gaps between them say little.")
    if projection.densmap and look.query:
        st.caption("densMAP has no transform: the text is placed among its nearest rows.")
    _picked(session, space.corpus, shown.near, flat=flat)
    downloads = st.container(horizontal=True)
    offer_elsewhere(session, shown)
    trust = show_trust(session, shown_rows, spec, projection) if shown.ready else None
    with downloads:
        _download_coordinates(session, shown)
        if isinstance(page, MapPage):
            offer_page(session, map_offer(session, shown, page, trust))
        else:
            download_file("Interactive map (HTML)", page, f"{session.corpus.name}-map.html", about=_HTML_HELP)


def _picked(session: Session, corpus: Corpus, near: list[Hit], *, flat: bool) -> None:
    selection = session.selection
    if selection is None and not flat and corpus.images is not None:
        st.caption(
            "Point at an image to read its caption, and click it to see it and what is near it in the full "
            "space, below the map: in three dimensions, no images can be drawn beside points."
        )
    elif selection is None:
        st.caption(
            "Draw around points to select them; click one to see what is near it in the full space. "
            "The wheel zooms, a double-click shows the whole map."
        )
    elif len(selection) > 1:
        show_selected_table(corpus, selection, key="map-selection")
    elif not flat:
        row = int(selection.rows[0])
        with st.container(border=True):
            st.html(f"<b>row {row + 1:,}</b>{item_html(corpus, row)}")
            st.caption("Nearest in the full space")
            for hit in near:
                st.html(f"<b>{hit.score:.3f}</b> row {hit.row + 1:,}{item_html(corpus, hit.row)}")


def _download_coordinates(session: Session, shown: ShownMap) -> None:
    corpus = session.corpus

    def table() -> pa.Table:
        projection, drawn = shown.projection, shown.drawn
        names = ("x", "y", "z")[: projection.dims]
        columns = {name: projection.coordinates[drawn, place] for place, name in enumerate(names)}
        return rows_table(corpus, shown.rows.rows[drawn], columns)

    download_table("Coordinates", table, f"{corpus.name}-map")
