"""The link of the page: merges and splits of clusters, and numbers that are lost with their inputs."""

from __future__ import annotations

import streamlit as st

from explorer.analysis.cluster_edits import format_edits, labels_digest, parse_edits
from explorer.analysis.specs import ClusterSpec
from explorer.session.clusters import ClusteringKey
from explorer.session.link import corpus_parameter
from explorer.session.session import Session
from explorer.ui.shell.arrival import forget_arrival, has_arrived
from explorer.ui.shell.session import LINKED_EDITS, has_session
from explorer.ui.widgets.clustering import Clusters
from explorer.ui.widgets.linked_value import put_in_link

USUAL_SIZE = 5
"""The minimum size of HDBSCAN's clusters that is shown without a link."""
_EDITS = "cluster-edits"
_OF = ";of:"  # before the digest of the clusters that the steps are about
_ROWS = "cluster-edits-rows"


def remember_linked_edits() -> None:
    """Keep what the link says where it opened this page: from then on the session decides.

    A link without edits shows clusters as they were found, also in a browser that had merged some. On the way
    from another page the address says nothing.
    """
    if not has_session():
        st.session_state[LINKED_EDITS] = st.query_params.get(_EDITS, "")
        st.session_state.pop(_ROWS, None)


def bind_linked_edits(session: Session) -> None:
    """Leave out the edits of the link if other rows than its own were opened since."""
    rows = corpus_parameter(session.corpus)
    if st.session_state.setdefault(_ROWS, rows) != rows:
        st.session_state.pop(LINKED_EDITS, None)


def forget_linked_edits() -> None:
    """Leave out the edits of the link, and what was chosen before: other clusters are asked for."""
    forget_arrival()
    st.session_state.pop(LINKED_EDITS, None)


def return_to_choice(chosen: ClusterSpec | None, usual_k: int) -> None:
    """Have controls show what was chosen before, where a person comes back from another page or view.

    What is bound to a number input is lost with it. In a tab that the link has just opened, the link decides.

    Args:
        chosen: What was chosen before; None if nothing was.
        usual_k: The number of clusters that is shown without a link.
    """
    if chosen is None or LINKED_EDITS in st.session_state:
        forget_arrival()
        return
    for name, word, usual_word in (
        ("method", chosen.method, "k-means"),
        ("distance", chosen.metric, "cosine"),
    ):
        if name not in st.session_state and name not in st.query_params:
            put_in_link(name, word, usual_word)
    by_density = chosen.method == "hdbscan"
    numbers = (
        [("min-size", chosen.min_size, USUAL_SIZE)]
        if by_density
        else [("clusters", chosen.k, usual_k), ("cluster-seed", chosen.seed, 0)]
    )
    lost = [
        (name, value)
        for name, value, usual in numbers
        if value != usual and name not in st.query_params and (has_arrived() or name not in st.session_state)
    ]
    for name, value in lost:
        # Both: an input that is made anew follows its state, and one that is still known the address.
        st.session_state[name] = value
        st.query_params[name] = f"{value}"
    forget_arrival()
    if lost:
        st.rerun()


def follow_linked_edits(session: Session, clustering_key: ClusteringKey) -> None:
    """Merge and split the clusters as the link asks, once; see `ClusterState.linked` for what it asks of.

    While only some rows are shown the link says nothing of their clusters, so these stay as they are.
    """
    asked = st.session_state.pop(LINKED_EDITS, None)
    if asked is None:
        return
    steps, _, of = asked.partition(_OF)
    if session.focus is None:
        edits, left_out = parse_edits(steps)
        session.clusters.edit(clustering_key, edits)
        if edits and of:
            session.clusters.linked[clustering_key] = of
    else:
        left_out = (
            "This link merges and splits clusters of other rows than the ones shown. It is left out."
            if steps
            else ""
        )
    session.clusters.notice = (clustering_key, left_out)


def put_edits_in_link(session: Session, clustering_key: ClusteringKey, clusters: Clusters) -> None:
    """Have the link say what was done with the clusters, unless only rows are shown that do not travel."""
    edits = () if session.focus is not None else session.clusters.edits.get(clustering_key, ())
    of = f"{_OF}{labels_digest(clusters.found.clustering.labels)}"
    put_in_link(_EDITS, f"{format_edits(edits)}{of}" if edits else "", "")
