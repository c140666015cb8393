"""How far images and their captions are apart in one encoder's space, and after their means are aligned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from explorer.comparison.contenders.names import names_of
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.data.images.captions import has_captions
from explorer.data.images.image_rows import has_images
from explorer.numbers import percent
from explorer.session.contenders import add_contender, contenders_of
from explorer.session.session import Session
from explorer.ui.compare.digest import digest
from explorer.ui.compare.encoded_spaces import encoded_spaces
from explorer.ui.compare.window_width import is_narrow, watch_width
from explorer.ui.shell.job_progress import analysis_lane, session_result_or_progress
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.figures import BLUE, ORANGE

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go
    from numpy.typing import NDArray

    from explorer.analysis.modality_gap import ModalityGap
    from explorer.analysis.space import Space
    from explorer.comparison.comparison import Comparison
    from explorer.jobs.progress import OnProgress

_WIDTH = 300
_HEIGHT = 380
_STATES = ("As they are", "Means aligned")


@dataclass(frozen=True)
class _Found:
    """The gap of one encoder: as it is, then with the means aligned.

    Attributes:
        gaps: The figures of both.
        places: Images, then captions, on two principal axes of all of them: of both, shape (2 × rows, 2).
    """

    gaps: tuple[ModalityGap, ModalityGap]
    places: tuple[NDArray[np.float32], NDArray[np.float32]]


def show_modality_gap(session: Session, comparison: Comparison | None) -> None:  # noqa: ARG001 - it needs none
    """Draw the choice of an encoder, the figures of its gap, and where images and captions lie."""
    corpus = session.corpus
    if not has_images(corpus):
        st.info("This view is for rows that are images with captions.", icon=":material/image:")
        return
    if not has_captions(corpus):
        st.info(
            "The images have no captions here, only the names of their files. Choose a column of captions on "
            "the Data page.",
            icon=":material/image:",
        )
        return
    spaces = {spec: space for spec, space in encoded_spaces(session).items() if spec.text is None}
    spaces = {ContenderSpec(spec.encoder): space for spec, space in spaces.items()}
    if not spaces:
        st.info("The gap can be measured once an encoder has encoded the images.", icon=":material/info:")
        return
    st.caption(
        "Models for images and texts often keep the two apart: any caption is closer to most captions than "
        "to its own image. That hardly harms a search for images by words, and misleads wherever both are "
        "compared together."
    )
    specs = list(spaces)
    names = names_of(specs, corpus.text)
    name = st.selectbox(
        "Encoder", names, key=f"gap-encoder-{digest(specs)}", width=_WIDTH, persist_state="session"
    )
    spec = specs[names.index(name)] if name in names else specs[0]
    space = spaces[spec]
    found = session_result_or_progress(
        session,
        ("modality gap", space.fingerprint, space.query_prompt),
        "Measuring the gap between images and captions",
        lambda told: _measured(space, told),
        lane=analysis_lane(len(corpus)),
        here=True,
    )
    if found is not None:
        _show(session, spec, found)


def _measured(space: Space, on_progress: OnProgress) -> _Found:
    from explorer.analysis.modality_gap import align_means, gap_coordinates, modality_gap

    captions = space.caption_space(on_progress)
    aligned = align_means(space, captions)
    return _Found(
        (
            modality_gap(space, captions, on_progress=on_progress),
            modality_gap(*aligned, on_progress=on_progress),
        ),
        (gap_coordinates(space, captions), gap_coordinates(*aligned)),
    )


def _show(session: Session, spec: ContenderSpec, found: _Found) -> None:
    before, after = found.gaps
    st.markdown(
        f"The mean image and the mean caption are **{before.distance:.2f}** apart "
        f"({percent(before.variance_share)} of all variance). Of the {before.k} nearest of each, "
        f"**{percent(before.other_share)}** are of the other kind; without a gap it would be "
        f"{percent(before.chance_other_share)}. With the means aligned it is {percent(after.other_share)}."
    )
    st.dataframe(_table(before, after), hide_index=True, alt="The gap, as it is and with means aligned")
    st.caption(
        "A caption finds its image if that, or one with the same caption, is among the first. Aligned: the "
        "mean of the images is taken from images, and that of the captions from texts (Liang et al., "
        f"arXiv 2203.02053).{_sampled(before, len(session.corpus))}"
    )
    aligned = ContenderSpec(spec.encoder, aligned=True)
    st.button(
        "Compare with the means aligned",
        icon=":material/add:",
        disabled=aligned in contenders_of(session),
        on_click=_add,
        args=(session, aligned),
        help="Adds the encoder with its means aligned as a contender.",
    )
    st.header("Images and captions as points", anchor=False)
    narrow = is_narrow()
    watch_width(narrow=narrow)
    for column, title, places in zip(st.columns(1 if narrow else 2) * 2, _STATES, found.places, strict=False):
        with column:
            st.plotly_chart(
                _figure(title, places),
                key=f"gap-figure-{title}",
                config={"displayModeBar": False},
                alt=f"{title}: images and captions on the two axes along which they differ most",
            )
    st.caption("On the two axes along which all of them together differ most (PCA); at most 2,000 of each.")


def _sampled(gap: ModalityGap, rows: int) -> str:
    return f" Neighbours are those of {gap.rows:,} rows drawn at random." if gap.rows < rows else ""


def _add(session: Session, spec: ContenderSpec) -> None:
    refused = add_contender(session, spec)
    if refused:
        st.toast(markdown(refused), icon=":material/info:")


def _table(before: ModalityGap, after: ModalityGap) -> dict[str, list[str]]:
    near = f"Of the {before.k} nearest"
    shares = [
        (f"{near} images, also among the nearest captions", "overlap", "chance_overlap", "by chance"),
        (f"{near} of both kinds, of the other kind", "other_share", "chance_other_share", "without a gap"),
    ]
    lines = [
        ("Distance of the means", f"{before.distance:.3f}", f"{after.distance:.3f}", "0 without a gap"),
        ("Share of all variance", percent(before.variance_share), percent(after.variance_share), ""),
        *(
            (
                name,
                percent(getattr(before, value)),
                percent(getattr(after, value)),
                f"{percent(getattr(before, chance))} {when}",
            )
            for name, value, chance, when in shares
        ),
        *(
            (
                f"{name} among the first {depth}" if depth > 1 else f"{name} first",
                percent(getattr(before, value)[depth]),
                percent(getattr(after, value)[depth]),
                "",
            )
            for name, value in (
                ("Captions that find their image", "text_to_image"),
                ("Images that find their caption", "image_to_text"),
            )
            for depth in getattr(before, value)
        ),
    ]
    columns = ("Figure", *_STATES, "For reference")
    return {column: [line[place] for line in lines] for place, column in enumerate(columns)}


def _figure(title: str, places: NDArray[np.float32]) -> go.Figure:
    import plotly.graph_objects as go

    half = len(places) // 2
    figure = go.Figure()
    for name, colour, symbol, own in (
        ("images", BLUE, "circle", places[:half]),
        ("captions", ORANGE, "x", places[half:]),
    ):
        marker = {"color": colour, "symbol": symbol, "size": 5, "opacity": 0.7}
        figure.add_trace(
            go.Scattergl(x=own[:, 0], y=own[:, 1], name=name, mode="markers", marker=marker, hoverinfo="skip")
        )
    figure.update_layout(
        title=title,
        height=_HEIGHT,
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        legend={"orientation": "h", "y": -0.02},
        xaxis={"showticklabels": False, "zeroline": False},
        yaxis={"showticklabels": False, "zeroline": False, "scaleanchor": "x"},
    )
    return figure
