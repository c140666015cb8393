"""The controls of the search page: the query, the rows to search, and the similarity metric."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import streamlit as st

from explorer.data.corpus import Corpus
from explorer.errors import QueryError
from explorer.jobs.outcome import Pending
from explorer.numbers import number_from
from explorer.session.session import Session
from explorer.session.spaces import space_outcome
from explorer.ui.shell.queries import query_vectors_or_progress
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.downloads import download_table
from explorer.ui.widgets.items import item_html
from explorer.ui.widgets.linked_choice import linked_choice
from explorer.ui.widgets.linked_number import linked_number

if TYPE_CHECKING:
    import pyarrow as pa

    from explorer.analysis.space import Hit, Space
    from explorer.tensor import Metric

_MAX_QUERIES = 50
_MAX_QUERY_CHARS = 2_000
_MAX_HITS = 100
_ORIGIN_CHARS = 40
_LIKE = "like"  # URL parameter: search for rows similar to this one (from 1)
_DEFAULT = "default"
_METRICS: dict[str, str] = {"cosine": "Cosine", "dot": "Dot product", "euclidean": "Euclidean"}
_TRAINED_FOR = {"dot": "dot product", "euclidean": "Euclidean distance"}  # cosine goes without saying
_OLDER_METRICS = {label: metric for metric, label in _METRICS.items()}  # earlier links have the label


@dataclass(frozen=True)
class Asked:
    """A request to the search page.

    Attributes:
        queries: Texts to search for.
        like: Search for rows similar to this one (from 0) instead; None otherwise.
        k: Hits for each query.
        metric: The similarity metric; None for the one the model was trained for.
        labels: Only rows with one of these labels; empty: all rows.
        within: Only these rows (from 0); None: all rows.
    """

    queries: tuple[str, ...]
    like: int | None
    k: int
    metric: Metric | None
    labels: tuple[str, ...]
    within: np.ndarray | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been asked yet."""
        return not self.queries and self.like is None


def ask(session: Session) -> Asked:
    """Draw the controls and return the request. All of it except the selection is in the URL."""
    corpus = session.corpus
    several = st.session_state.get("several", st.query_params.get("several") == "true")
    if several:
        typed = st.text_area(
            "Queries, one per line",
            key="queries",
            height=120,
            max_chars=_MAX_QUERIES * _MAX_QUERY_CHARS,
            bind="query-params",
            on_change=_forget_like,
        )
    else:
        typed = st.text_input(
            "Query",
            key="q",
            type="search",
            max_chars=_MAX_QUERY_CHARS,
            placeholder="Describe what you are looking for, in your own words",
            icon=":material/search:",
            bind="query-params",
            on_change=_forget_like,
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        k = linked_number("Hits", 1, _MAX_HITS, 10, key="k", width=130)
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
        labels: list[str] = []
        if corpus.labels is not None:
            labels = st.multiselect(
                f"Only these ({markdown(corpus.label or '')})",
                sorted({label for label in corpus.labels if label}),
                key="label",
                width=320,
                placeholder="All labels",
                bind="query-params",
            )
        within = None
        if session.selection is not None and st.toggle("Only the selection", value=True, key="within"):
            within = session.selection.rows
        st.toggle(
            "Several queries", key="several", bind="query-params", help="Search for many texts at once."
        )
    lines = (typed or "").splitlines() if several else [typed or ""]
    return Asked(
        queries=tuple(line.strip() for line in lines if line.strip()),
        like=_like(corpus),
        k=k,
        metric=None if metric == _DEFAULT else cast("Metric", metric),
        labels=tuple(labels),
        within=within,
    )


def hits_or_progress(
    session: Session, space: Space, asked: Asked
) -> tuple[list[str], list[list[Hit]]] | None:
    """The queries and their hits; None while the queries are being encoded, which the page shows.

    Raises:
        QueryError: There are too many queries, or one is too long.
    """
    rows = None
    if asked.within is not None:
        rows = np.zeros(len(space), dtype=bool)
        rows[asked.within] = True
    if asked.labels and space.corpus.labels is not None:
        wanted = set(asked.labels)
        labelled = np.array([label in wanted for label in space.corpus.labels], dtype=bool)
        rows = labelled if rows is None else rows & labelled
    if asked.like is not None:
        caption = space.corpus.captions[asked.like]
        return [caption], [space.similar_to(asked.like, asked.k, metric=asked.metric, rows=rows)]
    if len(asked.queries) > _MAX_QUERIES:
        raise QueryError(
            f"There are {len(asked.queries)} queries; the page takes {_MAX_QUERIES} at once.",
            fix="Search in several batches, or use the Python package.",
        )
    # Only the browser enforces the input's own limit; a link can carry more.
    for number, query in enumerate(asked.queries, start=1):
        if len(query) > _MAX_QUERY_CHARS:
            raise QueryError(
                f"It has {len(query):,} characters; the page takes {_MAX_QUERY_CHARS:,}.",
                where=f"query {number}",
                fix="Shorten it.",
            )
    vectors = query_vectors_or_progress(session, [space], asked.queries)
    if vectors is None:
        return None
    k = min(asked.k, _MAX_HITS)
    return list(asked.queries), space.search_vectors(vectors[0], k, metric=asked.metric, rows=rows)


def show_summary(
    session: Session,
    space: Space,
    asked: Asked,
    queries: Sequence[str],
    hits: Sequence[Sequence[Hit]],
    table: Callable[[], pa.Table],
) -> int:
    """Draw what was searched for and the actions on the hits; return the position of the query to show."""
    chosen = 0
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        if asked.like is not None:
            st.html(f"Rows similar to row {asked.like + 1:,}:{item_html(space.corpus, asked.like)}")
            st.button("Back to the query", icon=":material/arrow_back:", on_click=_forget_like)
        elif len(queries) > 1:
            chosen = st.selectbox(
                "Hits for",
                range(len(queries)),
                format_func=lambda position: f"{position + 1}. {queries[position]}",
                width=420,
            )
        else:
            st.caption(f"The closest of {len(space):,} rows")
        st.button(
            "Select these rows",
            icon=":material/select_all:",
            on_click=session.select,
            args=([hit.row for hit in hits[chosen]], f"hits for “{queries[chosen][:_ORIGIN_CHARS]}”"),
            help="The selection follows you to every page.",
        )
        download_table("Download the hits", table, f"{space.corpus.name}-hits")
    if asked.metric is None and space.similarity_metric in _TRAINED_FOR:
        st.caption(f"Compared by {_TRAINED_FOR[space.similarity_metric]}, which this model was trained for.")
    return int(chosen)


def show_start(space: Space) -> None:
    """Draw where to start: suggested queries, or rows to search from."""
    if space.corpus.queries:
        st.caption("For example:")
        with st.container(horizontal=True):
            for query in space.corpus.queries:
                st.button(markdown(query), on_click=_ask_for, args=(query,), key=f"try-{query}")
        return
    st.caption("Ask in your own words, or start from a row:")
    for row in range(min(5, len(space))):
        with st.container(border=True):
            st.html(item_html(space.corpus, row))
            st.button("More like this", key=f"start-{row}", type="tertiary", on_click=more_like, args=(row,))


def show_waiting(session: Session) -> None:
    """Say that the hits will appear by themselves."""
    if isinstance(space_outcome(session, session.encoder), Pending):
        st.caption("The rows are being encoded. Hits will appear here when that is done.")


def more_like(row: int) -> None:
    """Search for rows similar to a row (from 0)."""
    st.query_params[_LIKE] = str(row + 1)


def _like(corpus: Corpus) -> int | None:
    asked = number_from(st.query_params.get(_LIKE, ""), 1, len(corpus))
    return None if asked is None else asked - 1


def _forget_like() -> None:
    if _LIKE in st.query_params:
        del st.query_params[_LIKE]


def _ask_for(query: str) -> None:
    _forget_like()
    st.session_state["several"] = False
    st.session_state["q"] = query
