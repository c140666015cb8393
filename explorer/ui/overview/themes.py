"""The themes of the rows: their clusters, the largest first, each with a bar and a typical row."""

from __future__ import annotations

import html

import streamlit as st

from explorer.analysis.cluster_structure import FEWEST_ROWS
from explorer.analysis.cluster_words import ClusterSummary
from explorer.data.corpus import Corpus
from explorer.data.images.image_rows import has_images
from explorer.data.tables.values import shortened
from explorer.numbers import percent
from explorer.session.session import Session
from explorer.share.map.palette import GREY, HUES
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.cluster_gaps import known_structure, structure_words
from explorer.ui.widgets.clustering import Clusters
from explorer.ui.widgets.image_strip import strip_html
from explorer.ui.widgets.shown_rows import ShownRows
from explorer.ui.widgets.to_map import show_on_map

_SHOWN = 8
_CHARS = 160
_IMAGES = 5


def show_themes(session: Session, rows: ShownRows, clusters: Clusters | None) -> None:
    """Draw the largest clusters, each a way to its rows on the map.

    Args:
        session: The visitor's session.
        rows: The open rows, all of them.
        clusters: Their clusters; None while they are made.
    """
    st.header("Themes", anchor=False)
    if clusters is None:
        return
    themes, space = clusters.summaries, rows.space  # the largest first
    if clusters.clustering.method == "k-means" and len(themes) > 1:
        st.caption(f"{_how_real(session, rows, clusters)} {markdown(clusters.guess)}")
    widest = themes[0].share if themes else 1.0
    with st.container(key="themes", gap=None):
        for rank, one in enumerate(themes[:_SHOWN]):
            name = clusters.names[one.label]
            with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
                if st.button(
                    markdown(name),
                    key=f"theme-{one.label}",
                    type="tertiary",
                    width=240,
                    help="Select its rows and show them on the map.",
                ):
                    show_on_map(
                        session, clusters.clustering.rows(one.label), f"cluster “{name}”", colour="cluster"
                    )
                hue = HUES[rank] if rank < len(HUES) else GREY
                width = 100 * one.share / widest
                st.html(
                    f'<div class="theme"><span class="bar"><span style="width: {width:.1f}%;'
                    f' background: {hue}"></span></span><span class="rows">{one.size:,} · '
                    f"{percent(one.share)}</span>{_typical(space.corpus, one)}</div>"
                )
    rest = f"All {len(themes):,} clusters" if len(themes) > _SHOWN else "The clusters"
    st.page_link("pages/clusters.py", label=f"{rest}, and how real they are", icon=":material/workspaces:")


def _typical(corpus: Corpus, one: ClusterSummary) -> str:
    """The most central row of a cluster as HTML; of images, the most central ones."""
    if has_images(corpus):
        return strip_html(corpus, one.central[:_IMAGES])
    caption = corpus.captions[one.central[0]] if one.central else ""
    return f'<span class="row" dir="auto">{html.escape(shortened(caption, _CHARS))}</span>'


def _how_real(session: Session, rows: ShownRows, clusters: Clusters) -> str:
    """What themes are where no gaps separate them, and whether gaps do, once the Clusters page has found out.

    That takes long for the front page.
    """
    known = known_structure(session, rows, clusters.spec.metric)
    told = "k-means puts every row in a theme, whether or not gaps separate them"
    corpus = rows.space.corpus
    if len(corpus) - corpus.repeated < FEWEST_ROWS or (known is not None and known.structure == "unknown"):
        return f"{told}; these rows are too few to tell."
    if known is None:
        return f"{told}. The Clusters page tells which it is."
    if known.structure == "none":
        return f"{told}: here none were found, so themes say what the rows are about, but not where one ends."
    return f"{told}. {structure_words(known, clusters.clustering.k)}"
