"""What is in the rows, by their meaning: clusters, a small map, near-duplicates, odd rows, labels."""

from __future__ import annotations

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.analysis.space import Space
from explorer.analysis.text_profile import TextProfile
from explorer.data.images.image_rows import has_only_images
from explorer.session.session import Session
from explorer.ui.overview.duplicates import show_duplicates
from explorer.ui.overview.labels import show_labels
from explorer.ui.overview.odd_rows import isolation_or_progress, show_far_rows
from explorer.ui.overview.sentences import NEAR, sentences
from explorer.ui.overview.small_map import show_small_map
from explorer.ui.overview.themes import show_themes
from explorer.ui.widgets.clustering import Clusters, clusters_or_progress
from explorer.ui.widgets.shown_rows import ShownRows


def show_contents(session: Session, space: Space, profile: TextProfile | None, found: DeltaGenerator) -> None:
    """Draw the contents of a space, each part as soon as it is ready.

    Args:
        session: The visitor's session.
        space: The open rows.
        profile: What their texts are like; None while that is measured, and for images.
        found: Where the sentences about all of it stand.
    """
    rows = ShownRows(space, np.arange(len(space)), "")
    themes, small_map = st.columns([3, 2], gap="large")
    with themes:
        clusters = clusters_or_progress(session, rows)
        show_themes(session, rows, clusters)
    with small_map:
        show_small_map(session, rows, clusters)
    near, far, labels = st.columns(3, gap="large")
    with far:
        st.header("Odd rows", anchor=False)
        measured = profile is not None or has_only_images(space.corpus)
        isolated = isolation_or_progress(session, space, profile) if measured else None
        if isolated is not None:
            show_far_rows(session, space, profile, isolated)
    with near:
        stand_out = show_duplicates(session, rows, isolated)
    with labels:
        show_labels(session.corpus)
    named = None if clusters is None else [(clusters.names[one.label], one) for one in clusters.summaries]
    divided = "" if clusters is None else _divided(clusters)
    close = "a near-duplicate" if stand_out else f"another row at a similarity of {NEAR:.2f} or above"
    found.markdown(sentences(space.corpus, profile, named, isolated, divided=divided, close=close))


def _divided(clusters: Clusters) -> str:
    by_kmeans = clusters.clustering.method == "k-means"
    found = "that k-means divides them into" if by_kmeans else "that HDBSCAN finds in them"
    return f"{found}, edited by hand" if clusters.clustering.edits else found
