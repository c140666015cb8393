"""The controls of the map page: how the map is made and how it looks."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Literal, cast

import streamlit as st

from explorer.analysis.specs import MapMethod, MapSpec
from explorer.data.corpus import Corpus
from explorer.jobs.lanes import Lane
from explorer.ui.shell.job_progress import analysis_lane
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.distance import choose_distance, choose_map_metric
from explorer.ui.widgets.linked_choice import linked_choice
from explorer.ui.widgets.linked_number import linked_number
from explorer.ui.widgets.linked_toggle import linked_toggle

_MAX_QUERY_CHARS = 500
_MORPH = "morph"
_COLUMN = "column:"  # prefix in links for a metadata column
_METHODS = {"umap": "UMAP (Fast)", "umap-learn": "umap-learn", "pca": "PCA"}
_OLDER_METHODS = {"UMAP": "umap", "PCA": "pca"}
_DIMS = {"2": "2", "3": "3"}
_COSTS = {
    "umap": "Fast: UMAP on all cores. The same seed gives the same map. It stops as soon as you cancel.",
    "umap-learn": (
        "umap-learn: the library itself, slower than Fast because a seed limits it to one core. The same "
        "seed gives the same map. It runs in its own process, which takes about 450 MB, more with many rows, "
        "and compiles for half a minute or more before its first map. It stops as soon as you cancel."
    ),
    "pca": "PCA: a linear projection that needs no neighbours or seed. Always the same, ready in moments.",
}

ColourKind = Literal["label", "cluster", "column", "similarity", "trust", "none"]


@dataclass(frozen=True)
class ColourBy:
    """What the colours of a map show.

    Attributes:
        kind: The kind of source.
        column: The metadata column, for the kind "column"; its name can equal one of the other kinds.
    """

    kind: ColourKind
    column: str = ""


@dataclass(frozen=True)
class MapLook:
    """How a map looks; nothing here moves a point.

    Attributes:
        colour: What the colours show.
        query: Text whose closest rows are marked; "" for none.
        morph: The map that it turns into: `none`, `pca`, `umap`, `seed`, or `row` for the map with the text
            as a row.
    """

    colour: ColourBy
    query: str
    morph: str


def choose_map(corpus: Corpus) -> tuple[MapSpec, MapLook]:
    """Draw the controls and return what they choose."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        colour = _choose_colour(corpus)
        query = st.text_input(
            "Find on the map",
            key="map-query",
            width="stretch",
            max_chars=_MAX_QUERY_CHARS,
            type="search",
            placeholder="Marks the closest rows",
            bind="query-params",
        )
        with st.popover(
            "How the map is made",
            icon=":material/tune:",
            width="content",
            key="map-making",
            on_change="rerun",
        ) as making:
            spec = _choose_making(corpus, drawn=bool(making.open))
        asked = (query or "").strip()[:_MAX_QUERY_CHARS]
        morph = _choose_morph(spec, asked) if spec.dims == 2 else "none"
    return spec, MapLook(colour, asked, morph)


def map_lane(spec: MapSpec, rows: int) -> Lane:
    """The lane of a map. umap-learn has its own, with one map at a time: each takes a large process."""
    return Lane.UMAP_LEARN if spec.method == "umap-learn" else analysis_lane(rows)


def _choose_colour(corpus: Corpus) -> ColourBy:
    shown = {
        **({"label": f"Label ({corpus.label})"} if corpus.label else {}),
        "cluster": "Cluster",
        **{_COLUMN + name: f"Column: {name}" for name in corpus.metadata},
        "similarity": "Similarity to a text",
        "trust": "Trust in the map",
        "none": "One colour",
    }
    older = {
        **{name: _COLUMN + name for name in corpus.metadata},
        **{text: word for word, text in shown.items()},
        "one colour": "none",
    }
    chosen = linked_choice("Colour", shown, key="colour", width=170, older=older)
    if chosen.startswith(_COLUMN):
        return ColourBy("column", chosen.removeprefix(_COLUMN))
    return ColourBy(cast("ColourKind", chosen))


def _choose_morph(spec: MapSpec, query: str) -> str:
    if spec.method == "pca":
        choices = {"none": "Nothing", "umap": "UMAP"}
    else:
        choices = {"none": "Nothing", "pca": "PCA", "seed": f"Seed {spec.seed + 1}"}
    if spec.method != "umap-learn" and query:
        choices["row"] = "With the text as a row"
    if st.session_state.get(_MORPH) not in choices:
        st.session_state.pop(_MORPH, None)  # of another method or text
    return linked_choice(
        "Morph to",
        choices,
        key=_MORPH,
        width=200,
        help="A slider turns the map into another map of the same rows. Rows that stay together on both do "
        "so because their vectors are close, not because of how one map was made.",
    )


def _choose_making(corpus: Corpus, *, drawn: bool) -> MapSpec:
    with st.container(horizontal=True, vertical_alignment="bottom") if drawn else nullcontext():
        method = linked_choice(
            "Method", _METHODS, key="map-method", width=150, drawn=drawn, older=_OLDER_METHODS
        )
        pca, library = method == "pca", method == "umap-learn"
        dims = linked_choice("Dimensions", _DIMS, key="map-dims", width=120, drawn=drawn)
        metric = (
            choose_map_metric("map-metric", drawn=drawn)
            if library
            else choose_distance("map-metric", drawn=drawn)
        )
        neighbors = linked_number(
            "Neighbours", 2, 200, 15, key="map-neighbours", width=140, drawn=drawn, disabled=pca
        )
        distance = linked_number(
            "Minimum distance", 0.0, 1.0, 0.1, 0.05, key="map-distance", width=160, drawn=drawn, disabled=pca
        )
        about = "Same seed, same map."
        seed = linked_number(
            "Seed", 0, 9999, 0, key="map-seed", width=110, drawn=drawn, disabled=pca, about=about
        )
    supervised, densmap = _choose_extras(corpus, drawn=drawn) if library else (False, False)
    if drawn:
        st.caption(_COSTS[method])
    return MapSpec(
        cast("MapMethod", method),
        3 if dims == "3" else 2,
        metric,
        neighbors,
        distance,
        seed,
        densmap=densmap,
        supervised=supervised,
    )


def _choose_extras(corpus: Corpus, *, drawn: bool) -> tuple[bool, bool]:
    """What only umap-learn offers: whether the map is supervised, and whether it is a densMAP."""
    with st.container(horizontal=True) if drawn else nullcontext():
        supervised = linked_toggle(
            f"Supervised by {markdown(corpus.label)}" if corpus.label else "Supervised by the labels",
            key="map-supervised",
            drawn=drawn,
            disabled=not corpus.label,
            about="Places rows with the same label close together, and rows without one by their vectors."
            if corpus.label
            else "These rows have no label column; choose one on the Data page.",
        )
        densmap = linked_toggle(
            "densMAP",
            key="map-densmap",
            drawn=drawn,
            about="Dense regions stay dense on the map, sparse ones sparse. Takes longer.",
        )
    return supervised and bool(corpus.label), densmap
