"""Downloads of the rows on the map that other programs open."""

from __future__ import annotations

import streamlit as st

from explorer.analysis.space import Space
from explorer.data.tables.values import count
from explorer.errors import ExplorerError
from explorer.numbers import percent
from explorer.session.session import Session
from explorer.share.atlas import (
    DIMS,
    atlas_bytes,
    atlas_command,
    atlas_neighbors,
    atlas_size,
    check_atlas,
)
from explorer.share.export import plain_name
from explorer.share.projector import (
    TENSORBOARD_ROWS,
    TSNE_ROWS,
    UMAP_ROWS,
    check_projector,
    projector_bytes,
    projector_commands,
    projector_size,
)
from explorer.ui.map.shown_map import ShownMap
from explorer.ui.shell.job_progress import analysis_lane, result_or_progress
from explorer.ui.shell.quantities import readable_size
from explorer.ui.shell.text import show_error
from explorer.ui.widgets.downloads import download_file, download_name

_TOOLS = {"atlas": "Embedding Atlas", "projector": "TensorBoard Projector"}


def offer_elsewhere(session: Session, shown: ShownMap) -> None:
    """Draw the part, closed at first, in which the rows on the map are files for other programs."""
    with st.expander("Open elsewhere", key="open-elsewhere", on_change="rerun") as part:
        if not part.open:
            return
        tool = st.segmented_control(
            "Program",
            list(_TOOLS),
            default="atlas",
            required=True,
            format_func=_TOOLS.__getitem__,
            key="elsewhere-tool",
            persist_state="session",
        )
        try:
            if tool == "atlas":
                _offer_atlas(session, shown)
            else:
                _offer_projector(session, shown)
        except ExplorerError as error:
            show_error(error)


def _offer_atlas(session: Session, shown: ShownMap) -> None:
    corpus, projection = shown.rows.space.corpus, shown.projection
    if projection.dims != DIMS:
        st.caption(
            "Embedding Atlas shows maps in two dimensions. Choose 2 dimensions under *How the map is made*."
        )
        return
    check_atlas(corpus)
    drawn = shown.drawn
    near = result_or_progress(
        session,
        ("atlas-neighbors", shown.rows.key, () if shown.visible is None else session.filters),
        f"Neighbours of {count(len(drawn), 'row')}",
        lambda report: atlas_neighbors(_drawn_space(shown), report),
        lane=analysis_lane(len(drawn)),
        here=True,
    )
    if near is None:
        return
    st.markdown(
        f"The rows on the map with their columns, coordinates and {near.indices.shape[1]} nearest rows. "
        "Embedding Atlas opens them without computing anything."
    )
    name = _file_name(session, "atlas.parquet")
    download_file(
        "Save for Embedding Atlas (Parquet)",
        lambda: atlas_bytes(_drawn_space(shown).corpus, projection.coordinates[drawn], near),
        name,
    )
    recall = "" if near.recall == 1 else f" Approximate neighbours, {percent(near.recall)} recall (sampled)."
    st.caption(f"{_most(atlas_size(corpus))}{recall}")
    st.code(f"pip install embedding-atlas\n{atlas_command(corpus, name)}", language="sh", wrap_lines=True)


def _offer_projector(session: Session, shown: ShownMap) -> None:
    space = shown.rows.space
    check_projector(space)
    st.markdown(
        "The vectors and columns of the rows on the map; the Projector computes maps of its own. Unpack the "
        "file for TensorBoard, or load `tensors.tsv` and `metadata.tsv` from it at projector.tensorflow.org."
    )
    name = _file_name(session, "projector.zip")
    download_file("Save for TensorBoard Projector (ZIP)", lambda: projector_bytes(_drawn_space(shown)), name)
    st.caption(
        f"{_most(projector_size(space))} In texts, tabs and line breaks become spaces. A text that a "
        "spreadsheet could run as a formula, or that begins with a quotation mark, has an apostrophe before "
        "it."
    )
    if len(shown.drawn) > UMAP_ROWS:
        st.caption(
            f"The Projector computes UMAP from {UMAP_ROWS:,} rows and t-SNE from {TSNE_ROWS:,} at most; "
            f"TensorBoard loads the first {TENSORBOARD_ROWS:,}."
        )
    st.code(f"pip install tensorboard\n{projector_commands(name)}", language="sh", wrap_lines=True)


def _drawn_space(shown: ShownMap) -> Space:
    space = shown.rows.space
    return space if shown.visible is None else space.subspace(shown.drawn)


def _file_name(session: Session, ending: str) -> str:
    return download_name(f"{plain_name(session.corpus.name)}-{ending}")


def _most(size: int) -> str:
    return f"Up to about {readable_size(size)}."
