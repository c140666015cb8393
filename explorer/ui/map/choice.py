"""The controls of the map page: how the map is made, and how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from explorer.analysis.specs import MapSpec
from explorer.data.corpus import Corpus
from explorer.ui.widgets.distance import choose_distance
from explorer.ui.widgets.linked_number import linked_number

_MAX_QUERY_CHARS = 500


@dataclass(frozen=True)
class ColourBy:
    """What the colours of a map are taken from.

    Attributes:
        kind: The kind of source.
        column: The metadata column, for the kind "column"; it may be named like one of the other kinds.
    """

    kind: Literal["label", "cluster", "column", "similarity", "trust", "nothing"]
    column: str = ""


@dataclass(frozen=True)
class MapLook:
    """How a map looks; none of it moves a point.

    Attributes:
        colour: What the points are coloured by.
        query: Text whose closest rows are marked; "" for none.
        names: Whether groups have their names at their centres.
        contours: Whether lines show where points are dense.
    """

    colour: ColourBy
    query: str
    names: bool
    contours: bool


def choose_map(corpus: Corpus) -> tuple[MapSpec, MapLook]:
    """Draw the controls and give what they choose."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        colour = st.selectbox(
            "Colour",
            _colours(corpus),
            format_func=lambda colour: _colour_name(colour, corpus),
            key="colour",
            width=220,
            bind="query-params",
        )
        query = st.text_input(
            "Find on the map",
            key="map-query",
            width=320,
            max_chars=_MAX_QUERY_CHARS,
            type="search",
            placeholder="Marks the closest rows",
            bind="query-params",
        )
        names = st.toggle("Names", value=True, key="map-names", persist_state="session")
        contours = st.toggle("Contours", key="map-contours", persist_state="session")
    look = MapLook(colour, (query or "").strip()[:_MAX_QUERY_CHARS], names, contours)
    return _choose_making(), look


def _colours(corpus: Corpus) -> list[ColourBy]:
    return [
        *([ColourBy("label")] if corpus.label else []),
        ColourBy("cluster"),
        *(ColourBy("column", name) for name in corpus.metadata),
        ColourBy("similarity"),
        ColourBy("trust"),
        ColourBy("nothing"),
    ]


def _colour_name(colour: ColourBy, corpus: Corpus) -> str:
    """A colouring as the page and the link name it: no two share a name, whatever columns are called."""
    names = {
        "label": f"Label ({corpus.label})",
        "cluster": "Cluster",
        "column": f"Column: {colour.column}",
        "similarity": "Similarity to a text",
        "trust": "Trust in the map",
        "nothing": "One colour",
    }
    return names[colour.kind]


def _choose_making() -> MapSpec:
    with st.expander("How the map is made"), st.container(horizontal=True, vertical_alignment="bottom"):
        method = st.selectbox("Method", ["UMAP", "PCA"], key="map-method", width=120, bind="query-params")
        pca = method == "PCA"
        dims = st.selectbox("Dimensions", [2, 3], key="map-dims", width=120, bind="query-params")
        metric = choose_distance("map-metric")
        neighbors = linked_number("Neighbours", 2, 200, 15, key="map-neighbours", width=140, disabled=pca)
        distance = linked_number(
            "Minimum distance", 0.0, 1.0, 0.1, 0.05, key="map-distance", width=160, disabled=pca
        )
        seed = linked_number(
            "Seed", 0, 9999, 0, key="map-seed", width=110, disabled=pca, about="Same seed, same map."
        )
    return MapSpec("pca" if pca else "umap", 3 if dims == 3 else 2, metric, neighbors, distance, seed)
