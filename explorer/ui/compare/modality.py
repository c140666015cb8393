"""How far images and their captions are apart in one encoder's space, and after their means are aligned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from explorer.comparison.contenders.names import names_of
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.data.corpus import Corpus
from explorer.data.images.captions import has_captions
from explorer.data.images.image_rows import has_images
from explorer.numbers import percent
from explorer.session.contenders import add_contender, contenders_of
from explorer.session.session import Session
from explorer.ui.compare.digest import digest
from explorer.ui.compare.encoded_spaces import encoded_spaces
from explorer.ui.compare.gap_figure import gap_figure
from explorer.ui.compare.gap_table import STATES, gap_table
from explorer.ui.compare.window_width import is_narrow, watch_width
from explorer.ui.shell.job_progress import analysis_lane, session_result_or_progress
from explorer.ui.shell.text import markdown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from explorer.analysis.modality_gap import ModalityGap
    from explorer.analysis.space import Space
    from explorer.comparison.comparison import Comparison
    from explorer.jobs.progress import OnProgress

_WIDTH = 300


@dataclass(frozen=True)
class _State:
    """Images and captions in one space: as they are, or with their means aligned.

    Attributes:
        gap: How far they are apart.
        coordinates: Images, then captions, on two principal axes of all of them, shape (2 × rows, 2).
    """

    gap: ModalityGap
    coordinates: NDArray[np.float32]


def show_modality_gap(session: Session, comparison: Comparison | None) -> None:  # noqa: ARG001 - it needs none
    """Draw the choice of an encoder, the figures of its gap, and where images and captions lie."""
    corpus = session.corpus
    missing = _missing(corpus)
    if missing:
        st.info(missing, icon=":material/image:")
        return
    spaces = _spaces_by_encoder(session)
    if not spaces:
        st.info("The gap can be measured once an encoder has encoded the images.", icon=":material/info:")
        return
    st.caption(
        "Models for images and texts often keep the two apart: any caption is closer to most captions than "
        "to its own image. That hardly harms a search for images by words, and misleads wherever both are "
        "compared together."
    )
    spec = _choose_encoder(corpus, spaces)
    space = spaces[spec]
    states = session_result_or_progress(
        session,
        ("modality gap", space.fingerprint, space.query_prompt),
        "Measuring the gap between images and captions",
        lambda told: _measured(space, told),
        lane=analysis_lane(len(corpus)),
        here=True,
    )
    if states is not None:
        as_is, aligned = states
        _show_figures(as_is.gap, aligned.gap, len(corpus))
        _offer_aligned(session, spec)
        _show_points(as_is, aligned)


def _missing(corpus: Corpus) -> str:
    """What rows lack for this view; empty if nothing."""
    if not has_images(corpus):
        return "This view is for rows that are images with captions."
    if not has_captions(corpus):
        return (
            "The images have no captions here, only the names of their files. Choose a column of captions on "
            "the Data page."
        )
    return ""


def _spaces_by_encoder(session: Session) -> dict[ContenderSpec, Space]:
    """The spaces of encoded images, each by its encoder without changes."""
    return {
        ContenderSpec(spec.encoder): space
        for spec, space in encoded_spaces(session).items()
        if spec.text is None
    }


def _choose_encoder(corpus: Corpus, spaces: Mapping[ContenderSpec, Space]) -> ContenderSpec:
    specs = list(spaces)
    names = names_of(specs, corpus.text)
    name = st.selectbox(
        "Encoder", names, key=f"gap-encoder-{digest(specs)}", width=_WIDTH, persist_state="session"
    )
    return specs[names.index(name)] if name in names else specs[0]


def _measured(space: Space, on_progress: OnProgress) -> tuple[_State, _State]:
    """Images and captions as they are, then with their means aligned."""
    from explorer.analysis.modality_gap import align_means, gap_coordinates, modality_gap

    captions = space.caption_space(on_progress)
    as_is, aligned = (
        _State(modality_gap(*pair, on_progress=on_progress), gap_coordinates(*pair))
        for pair in ((space, captions), align_means(space, captions))
    )
    return as_is, aligned


def _show_figures(as_is: ModalityGap, aligned: ModalityGap, rows: int) -> None:
    """Draw how large the gap is: in a sentence, then all figures."""
    st.markdown(
        f"The mean image and the mean caption are **{as_is.distance:.2f}** apart "
        f"({percent(as_is.variance_share)} of all variance). Of the {as_is.k} nearest of each, "
        f"**{percent(as_is.other_share)}** are of the other kind; without a gap it would be "
        f"{percent(as_is.chance_other_share)}. With the means aligned it is {percent(aligned.other_share)}."
    )
    st.dataframe(gap_table(as_is, aligned), hide_index=True, alt="The gap, as it is and with means aligned")
    sampled = f" Neighbours are those of {as_is.rows:,} rows drawn at random." if as_is.rows < rows else ""
    st.caption(
        "Overlap: how many of the nearest images belong to the nearest captions. Recall@k: how many captions "
        "have their image, or one with the same caption, among the first k; and images their caption. "
        "Aligned: the mean of the images is taken from images, and that of the captions from texts (Liang et "
        f"al., arXiv 2203.02053).{sampled}"
    )


def _offer_aligned(session: Session, spec: ContenderSpec) -> None:
    aligned = ContenderSpec(spec.encoder, aligned=True)
    st.button(
        "Compare with the means aligned",
        icon=":material/add:",
        disabled=aligned in contenders_of(session),
        on_click=_add,
        args=(session, aligned),
        help="Adds the encoder with its means aligned as a contender.",
    )


def _add(session: Session, spec: ContenderSpec) -> None:
    refused = add_contender(session, spec)
    if refused:
        st.toast(markdown(refused), icon=":material/info:")


def _show_points(as_is: _State, aligned: _State) -> None:
    """Draw images and captions as points in both states, side by side where there is room."""
    st.header("Images and captions as points", anchor=False)
    narrow = is_narrow()
    watch_width(narrow=narrow)
    columns = st.columns(1) * 2 if narrow else st.columns(2)
    for column, title, state in zip(columns, STATES, (as_is, aligned), strict=True):
        with column:
            st.plotly_chart(
                gap_figure(title, state.coordinates),
                key=f"gap-figure-{title}",
                config={"displayModeBar": False},
                alt=f"{title}: images and captions on the two axes along which they differ most",
            )
    st.caption("On the two axes along which all of them together differ most (PCA); at most 2,000 of each.")
