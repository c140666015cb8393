"""The controls of the search page: the query, the rows to search, and how hits are ranked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
import streamlit as st

from explorer.data.corpus import Corpus
from explorer.data.images.image_rows import has_images, has_only_images, is_image
from explorer.jobs.outcome import Pending
from explorer.numbers import number_from
from explorer.retrieval.options import RankOptions
from explorer.session.session import Session
from explorer.session.spaces import space_outcome
from explorer.ui.search.image_query import (
    QueryImage,
    choose_difference,
    choose_image,
    forget_difference,
    show_image,
)
from explorer.ui.search.ranking import choose_ranking
from explorer.ui.search.record_switch import offer_record
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.items import card_html, image_cells, item_html
from explorer.ui.widgets.linked_choice import linked_choice
from explorer.ui.widgets.linked_number import linked_number
from explorer.ui.widgets.within import choose_within

if TYPE_CHECKING:
    from explorer.analysis.space import Space
    from explorer.tensor import Metric

MAX_QUERIES = 50
MAX_QUERY_CHARS = 2_000
MAX_HITS = 1_000
_STARTS = 5
_IMAGE_STARTS = 10
_LIKE = "like"  # URL parameter: search for rows similar to this one (from 1)
_DEFAULT = "default"
_METRICS: dict[str, str] = {"cosine": "Cosine", "dot": "Dot product", "euclidean": "Euclidean"}
_OLDER_METRICS = {label: metric for metric, label in _METRICS.items()}  # earlier links have the label


@dataclass(frozen=True)
class Asked:
    """A request to the search page.

    Attributes:
        queries: Texts to search for.
        like: Search for rows similar to this one (from 0) instead; None otherwise.
        k: Hits for each query.
        metric: The similarity metric; None for the one the model was trained for.
        within: Only these rows: one bool for each row of the corpus; None: all rows.
        ranking: What changes the ranking by vectors.
        image: An image to search with, beside the query if there is one; None without it.
        but: In what hits are to differ from the row `like`; empty for nothing.
        share: How much the words count beside an image, from 0 to 1.
    """

    queries: tuple[str, ...]
    like: int | None
    k: int
    metric: Metric | None
    within: np.ndarray | None
    ranking: RankOptions
    image: QueryImage | None = None
    but: str = ""
    share: float = 0.5

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been asked yet."""
        return not self.queries and self.like is None and self.image is None

    @property
    def is_words(self) -> bool:
        """Whether words alone are asked."""
        return bool(self.queries) and self.like is None and self.image is None


def ask(session: Session) -> Asked:
    """Draw the controls and return the request. All of it except the selection is in the URL."""
    corpus = session.corpus
    several = st.session_state.get("several", st.query_params.get("several") == "true")
    if several:
        typed = st.text_area(
            "Queries, one per line",
            key="queries",
            height=120,
            max_chars=MAX_QUERIES * MAX_QUERY_CHARS,
            bind="query-params",
            on_change=forget_like,
        )
    else:
        typed = st.text_input(
            "Query",
            key="q",
            type="search",
            max_chars=MAX_QUERY_CHARS,
            placeholder="Describe the image you are looking for, in your own words"
            if has_only_images(corpus)
            else "Describe what you are looking for, in your own words",
            icon=":material/search:",
            label_visibility="collapsed",
            bind="query-params",
            on_change=forget_like,
        )
    image = None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        k = linked_number("Hits", 1, MAX_HITS, 10, key="k", width=130)
        metric = linked_choice(
            "Similarity",
            {_DEFAULT: "Default", **_METRICS},
            key="metric",
            width=170,
            older=_OLDER_METRICS,
            help="The default is the metric that the model's files name, or cosine where they name "
            "none. Cosine compares directions. Dot product also counts length. Euclidean is a distance: "
            "smaller is closer.",
        )
        within = session.passing
        only = choose_within(session)
        if only is not None:
            selected = np.zeros(len(corpus), dtype=bool)
            selected[only.rows] = True
            within = selected if within is None else selected & within
        st.toggle(
            "Several queries", key="several", bind="query-params", help="Search for many texts at once."
        )
        if has_images(corpus) and not several:
            image = choose_image(session, forget_like)
        ranking = choose_ranking()
        offer_record(session)
    lines = (typed or "").splitlines() if several else [typed or ""]
    queries, like = tuple(line.strip() for line in lines if line.strip()), _like(corpus)
    but, share = "", 0.5
    if like is not None:
        if is_image(corpus, like):
            but, share = choose_difference(corpus, like)
            st.button("Back to the query", icon=":material/arrow_back:", on_click=forget_like)
    elif image is not None:
        share = show_image(session, image, queries[0] if queries else "")
        if not queries:  # neither words nor a cross-encoder read an image
            ranking = replace(ranking, words=False, rerank=0)
    return Asked(
        queries=queries,
        like=like,
        k=k,
        metric=None if metric == _DEFAULT else cast("Metric", metric),
        within=within,
        ranking=ranking,
        image=image if like is None else None,
        but=but,
        share=share,
    )


def searched_rows(space: Space, asked: Asked) -> np.ndarray:
    """The rows that are searched, from 0."""
    rows = np.arange(len(space))
    return rows if asked.within is None else rows[asked.within]


def show_start(space: Space, asked: Asked) -> None:
    """Draw where to start: suggested queries, or some of the rows that are searched."""
    searched = searched_rows(space, asked)
    if space.corpus.queries and len(searched) == len(space):
        st.caption("For example:")
        with st.container(horizontal=True):
            for query in space.corpus.queries:
                st.button(markdown(query), on_click=ask_for, args=(query,), key=f"try-{query}")
        return
    images = has_only_images(space.corpus)
    few = min(_IMAGE_STARTS if images else _STARTS, len(searched))
    # From all over the rows: the first ones are often of one kind.
    rows = searched[np.linspace(0, len(searched) - 1, few).astype(int)].tolist()
    if images:
        st.caption("Ask in your own words or by an image, or start from one of these:")
        cells = image_cells("starts")
        for row in rows:
            with cells.cell(), st.container(gap="xsmall"):
                st.html(card_html(space.corpus, row))
                st.button(
                    "More like this", key=f"start-{row}", type="tertiary", on_click=more_like, args=(row,)
                )
        return
    st.caption("Ask in your own words, or start from a row:")
    for row in rows:
        with st.container(border=True):
            st.html(item_html(space.corpus, row))
            st.button("More like this", key=f"start-{row}", type="tertiary", on_click=more_like, args=(row,))


def show_waiting(session: Session) -> None:
    """Say that the hits will appear by themselves."""
    if isinstance(space_outcome(session, session.encoder), Pending):
        st.caption("The rows are being encoded. Hits will appear here when that is done.")


def more_like(row: int) -> None:
    """Search for rows similar to a row (from 0)."""
    forget_difference()
    st.query_params[_LIKE] = str(row + 1)


def _like(corpus: Corpus) -> int | None:
    asked = number_from(st.query_params.get(_LIKE, ""), 1, len(corpus))
    return None if asked is None else asked - 1


def forget_like() -> None:
    """Search for the query again, not for rows similar to one."""
    forget_difference()
    if _LIKE in st.query_params:
        del st.query_params[_LIKE]


def ask_for(query: str) -> None:
    """Search for a text; for nothing if it is empty."""
    forget_like()
    st.session_state["several"] = False
    st.session_state["q"] = query
