"""Moving from one contender to another: what changes, and what gets worse."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
import streamlit as st

from explorer.data.tables.values import shortened
from explorer.numbers import percent
from explorer.session.session import Session
from explorer.ui.compare.digest import digest
from explorer.ui.compare.row_lists import show_lists
from explorer.ui.compare.table_sizes import BAR_WIDTH, NUMBER_WIDTH, table_height
from explorer.ui.shell.job_progress import session_result_or_progress
from explorer.ui.shell.text import as_html, markdown
from explorer.ui.widgets.downloads import download_file, download_table
from explorer.ui.widgets.figure_table import figure_table
from explorer.ui.widgets.figures import BLUE, ORANGE
from explorer.ui.widgets.item_words import text_word
from explorer.ui.widgets.items import item_html
from explorer.ui.widgets.linked_choice import linked_choice
from explorer.ui.widgets.percentages import PERCENT, in_percent

if TYPE_CHECKING:
    from collections.abc import Iterable

    import plotly.graph_objects as go
    from streamlit.elements.lib.column_types import ColumnConfig

    from explorer.comparison.comparison import Comparison
    from explorer.comparison.migration.list_changes import ListChanges
    from explorer.comparison.migration.migration import Migration
    from explorer.jobs.progress import OnProgress

_FROM, _TO, _OF = "compare-from", "compare-to", "compare-migration-of"
_QUERIES, _ROWS = "queries", "rows"
_TEXT_CHARS = 200
_WORD_WIDTH = 100  # pixels


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
        alt=_distribution_words(found),
    )
    figure_table(
        "compare-migration-figure-table",
        "Lists by how many of their first hits stay",
        lambda: _distribution_table(found),
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


def _drawn_lists(found: Migration) -> list[tuple[str, ListChanges]]:
    lists = (("judged queries", found.asked), ("rows", found.near))
    return [(name, own) for name, own in lists if own is not None and len(own.units)]


def _distribution_words(found: Migration) -> str:
    """What the figure shows: for each kind of list, how many keep all and how many keep none."""
    parts = []
    for name, own in _drawn_lists(found):
        counts = own.distribution()
        parts.append(
            f"of {counts.sum():,} {name}, {percent(counts[-1] / counts.sum())} keep all of their first "
            f"{own.depth} hits and {percent(counts[0] / counts.sum())} keep none"
        )
    return f"How many of the first hits stay: {'; '.join(parts)}."


def _distribution_table(found: Migration) -> pa.Table:
    counts = {name: own.distribution() for name, own in _drawn_lists(found)}
    return pa.table({"hits that stay": range(found.near.depth + 1), **counts})


def distribution_figure(found: Migration) -> go.Figure:
    """Draw the share of lists that keep 0, 1, … of their first hits."""
    import plotly.graph_objects as go

    figure = go.Figure()
    colours = {"judged queries": ORANGE, "rows": BLUE}
    for name, own in _drawn_lists(found):
        counts = own.distribution()
        figure.add_trace(
            go.Bar(
                x=list(range(len(counts))),
                y=100 * counts / counts.sum(),
                customdata=counts,
                name=name,
                marker_color=colours[name],
                hovertemplate="%{x} stay: %{customdata:,} " + name + ", %{y:.1f} %<extra></extra>",
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
        yaxis={"title": "share", "ticksuffix": " %", "fixedrange": True},
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
                "change": pa.array(table["change"], from_pandas=True),
                "before": pa.array(table["before"], from_pandas=True),
                "after": pa.array(table["after"], from_pandas=True),
                "stay": pa.array(table["overlap"]),
                "first changes": _yes_or_no(table["first_changed"]),
                "query": [shortened(text, _TEXT_CHARS) for text in table["query"]],
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
    texts = [shortened(captions[row], _TEXT_CHARS) for row in rows.tolist()]
    at = _choose_line(
        pa.table(
            {
                "row": rows + 1,
                "stay": pa.array(near.kept[order]),
                "first changes": _yes_or_no(near.first_changed[order]),
                text_word(comparison.corpus): texts,
            }
        ),
        (found.first, found.second, _ROWS),
        "Rows by how their nearest rows change",
    )
    place = int(order[at])
    row = int(near.units[place])
    st.header(f"Row {row + 1:,} and its nearest rows", anchor=False)
    with st.container(border=True):
        st.html(item_html(comparison.corpus, row))
    _show_place(session, comparison, found, near, place)


def _yes_or_no(values: Iterable[bool]) -> list[str]:
    return ["yes" if value else "no" for value in values]


def _choose_line(table: pa.Table, key: tuple[str, ...], alt: str) -> int:
    """Draw a table and return the ticked line: the first unless a person ticked another."""
    picked = st.dataframe(
        in_percent(table, ("stay",)),
        key=f"compare-migration-{hash((key, digest(table.to_pydict())))}",
        height=table_height(table.num_rows),
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
    number = partial(st.column_config.NumberColumn, width=NUMBER_WIDTH, pinned=True)
    return {
        "row": number(format="%d", help="Its number."),
        "change": number(format="%+.3f", help="Of nDCG@10; empty without a relevant row."),
        "before": number(format="%.3f", help="nDCG@10 in the contender in use."),
        "after": number(format="%.3f", help="nDCG@10 in the other one."),
        "stay": st.column_config.ProgressColumn(
            width=BAR_WIDTH,
            pinned=True,
            format=PERCENT,
            min_value=0,
            max_value=100,
            help="The share of the first hits that are still there.",
        ),
        "first changes": st.column_config.TextColumn(
            width=_WORD_WIDTH, pinned=True, help="Whether the first hit is another."
        ),
        **dict.fromkeys(("query", "text", "caption", "file"), st.column_config.TextColumn(width="large")),
    }
