"""Moving from one contender to another: what changes, and what gets worse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import streamlit as st

from explorer.session.session import Session
from explorer.ui.compare.digest import digest
from explorer.ui.compare.row_lists import show_lists
from explorer.ui.shell.job_progress import session_result_or_progress
from explorer.ui.shell.text import as_html, markdown, shortened
from explorer.ui.widgets.downloads import download_file, download_table
from explorer.ui.widgets.figures import BLUE, ORANGE
from explorer.ui.widgets.linked_choice import linked_choice

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from streamlit.elements.lib.column_types import ColumnConfig

    from explorer.comparison.comparison import Comparison
    from explorer.comparison.migration.list_changes import ListChanges
    from explorer.comparison.migration.migration import Migration
    from explorer.jobs.progress import OnProgress

_FROM, _TO, _OF = "compare-from", "compare-to", "compare-migration-of"
_QUERIES, _ROWS = "queries", "rows"
_TEXT_CHARS = 200
_TABLE_PIXELS = 282  # seven lines


def show_migration(session: Session, comparison: Comparison) -> None:
    """Draw what changes from one contender to another, and the queries or rows behind it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = list(comparison.names)
        first = _choose("From", names, _FROM, "The contender in use.")
        others = [name for name in names if name != first]
        second = _choose("To", others, _TO, "The one that is to take its place.")
        st.button("Swap", icon=":material/swap_horiz:", on_click=_swap, args=(first, second))
    found = _migration_or_progress(session, comparison, first, second)
    if found is None:
        return
    st.markdown(f"**{markdown(found.text)}**")
    if found.quality is not None:
        st.caption(
            "A query gets worse if its nDCG@10 falls. The interval and the test are those of the comparison: "
            "paired by query, and adjusted by Holm."
        )
    if not found.near.depth:
        return
    st.plotly_chart(
        distribution_figure(found),
        key="compare-migration-figure",
        config={"displayModeBar": False},
        alt="How many lists keep how many of their first hits",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        of = _ROWS
        if found.asked is not None:
            choices = {_QUERIES: "Judged queries", _ROWS: "Rows as queries"}
            of = linked_choice("Lists of", choices, key=_OF, width=220)
        _show_downloads(session, found)
    if of == _QUERIES and found.asked is not None:
        _show_queries(session, comparison, found, found.asked)
    else:
        _show_rows(session, comparison, found)


def distribution_figure(found: Migration) -> go.Figure:
    """Draw the share of lists that keep 0, 1, … of their first hits."""
    import plotly.graph_objects as go

    figure = go.Figure()
    lists = [("judged queries", found.asked, ORANGE), ("rows", found.near, BLUE)]
    for name, own, colour in lists:
        if own is None or not len(own.units):
            continue
        counts = own.distribution()
        figure.add_trace(
            go.Bar(
                x=list(range(len(counts))),
                y=counts / counts.sum(),
                customdata=counts,
                name=name,
                marker_color=colour,
                hovertemplate="%{x} stay: %{customdata:,} " + name + ", %{y:.0%}<extra></extra>",
            )
        )
    figure.update_layout(
        height=260,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        dragmode=False,
        showlegend=len(figure.data) > 1,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02},
        xaxis={
            "title": f"hits of the first {found.near.depth} that stay",
            "dtick": 1,
            "fixedrange": True,
        },
        yaxis={"title": "share", "tickformat": ".0%", "fixedrange": True},
    )
    return figure


def _choose(label: str, names: list[str], key: str, about: str) -> str:
    if st.session_state.get(key) not in names:
        st.session_state.pop(key, None)  # of other contenders
    return linked_choice(label, {name: name for name in names}, key=key, width=300, help=about)


def _swap(first: str, second: str) -> None:
    st.session_state[_FROM], st.session_state[_TO] = second, first


def _migration_or_progress(
    session: Session, comparison: Comparison, first: str, second: str
) -> Migration | None:
    def work(_report: OnProgress) -> Migration:
        return comparison.migration(first, second)

    contenders = tuple((each.name, each.fingerprint) for each in comparison.contenders)
    made_from = (comparison.k, comparison.seed, comparison.grouped_by, digest(comparison.judgements))
    key = ("migration", contenders, made_from, first, second, session.visitor)
    return session_result_or_progress(session, key, "Looking at what changes", work, here=True)


def _show_downloads(session: Session, found: Migration) -> None:
    name = f"{session.corpus.name}-migration"

    def report(ending: str) -> bytes:
        from explorer.comparison.report.migration_report import migration_text

        return migration_text(found, f"{name}.{ending}").encode()

    download_file(
        "Migration report (HTML)",
        lambda: report("html"),
        f"{name}.html",
        about="What changes, the queries that get worse and better, and both lists of each, in one file that "
        "opens without a network. It quotes texts of your rows.",
    )
    download_file(
        "Migration report (Markdown)", lambda: report("md"), f"{name}.md", about="The same as Markdown."
    )
    table = found.rows if found.asked is None else found.queries
    download_table("Changes", lambda: pa.Table.from_pandas(table, preserve_index=False), f"{name}-changes")


def _show_queries(session: Session, comparison: Comparison, found: Migration, asked: ListChanges) -> None:
    """Draw the judged queries, those that get worse by most first, and the lists of one of them."""
    st.caption("The queries that get worse by most come first. Tick one to see its lists.")
    table = found.queries
    at = _choose_line(
        pa.table(
            {
                "query": [shortened(text, _TEXT_CHARS) for text in table["query"]],
                "change": pa.array(table["change"], from_pandas=True),
                "before": pa.array(table["before"], from_pandas=True),
                "after": pa.array(table["after"], from_pandas=True),
                "stay": pa.array(table["overlap"]),
                "first changes": pa.array(table["first_changed"]),
            }
        ),
        (found.first, found.second, _QUERIES),
        "Judged queries by how they change",
    )
    place = int(found.query_order()[at])
    st.header("A query and its hits", anchor=False)
    with st.container(border=True):
        st.html(as_html(found.texts[asked.units[place]]))
    _show_place(session, comparison, found, asked, place)


def _show_rows(session: Session, comparison: Comparison, found: Migration) -> None:
    """Draw the rows whose nearest rows change most, and the lists of one of them."""
    near, order = found.near, found.row_order()
    if not len(order):
        st.info("No rows were measured.", icon=":material/info:")
        return
    st.caption(
        "Each measured row is a query for its nearest rows. Those that change most come first, which does "
        "not say that they get worse. Tick one to see its lists."
    )
    captions, rows = comparison.corpus.captions, near.units[order]
    at = _choose_line(
        pa.table(
            {
                "row": rows + 1,
                "stay": pa.array(near.kept[order]),
                "first changes": pa.array(near.first_changed[order]),
                "text": [shortened(captions[row], _TEXT_CHARS) for row in rows.tolist()],
            }
        ),
        (found.first, found.second, _ROWS),
        "Rows by how their nearest rows change",
    )
    place = int(order[at])
    row = int(near.units[place])
    st.header(f"Row {row + 1:,} and its nearest rows", anchor=False)
    with st.container(border=True):
        st.html(as_html(comparison.corpus.items[row]))
    _show_place(session, comparison, found, near, place)


def _choose_line(table: pa.Table, key: tuple[str, ...], alt: str) -> int:
    """Draw a table and return the ticked line: the first unless a person ticked another."""
    picked = st.dataframe(
        table,
        key=f"compare-migration-{hash((key, digest(table.to_pydict())))}",
        height=_TABLE_PIXELS if table.num_rows > 6 else "content",
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        column_config=_columns(),
        alt=alt,
    )
    line = next(iter(picked.selection.rows), 0)
    return line if line < table.num_rows else 0


def _show_place(
    session: Session, comparison: Comparison, found: Migration, own: ListChanges, place: int
) -> None:
    from explorer.comparison.agreement.disagreement import side_by_side

    pair = (comparison.names.index(found.first), comparison.names.index(found.second))
    lists = side_by_side(int(own.units[place]), own.before[place], own.after[place])
    show_lists(session, comparison, pair, lists, of_query=own is found.asked)


def _columns() -> dict[str, ColumnConfig]:
    number = st.column_config.NumberColumn
    return {
        "row": number(width="small", format="%d", help="Its number."),
        "change": number(width="small", format="%+.3f", help="Of nDCG@10; empty without a relevant row."),
        "before": number(width="small", format="%.3f", help="nDCG@10 in the contender in use."),
        "after": number(width="small", format="%.3f", help="nDCG@10 in the other one."),
        "stay": st.column_config.ProgressColumn(
            width="small",
            format="percent",
            min_value=0,
            max_value=1,
            help="The share of the first hits that are still there.",
        ),
        "first changes": st.column_config.CheckboxColumn(
            width="small", help="Whether the first hit is another."
        ),
    }
