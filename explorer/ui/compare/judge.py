"""Judging: a blind queue of hits, what the answers say so far, and using them."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from typing import TYPE_CHECKING

import streamlit as st

from explorer.comparison.numbers import NO_INTERVAL, has_interval
from explorer.jobs.progress import OnProgress
from explorer.session.judging import answer, take_back
from explorer.session.session import Session
from explorer.ui.compare.figures_in_words import signed
from explorer.ui.compare.judge_queries import show_queries
from explorer.ui.compare.judgements import show_judgements
from explorer.ui.compare.left_out import show_left_out
from explorer.ui.compare.vectors import say_without_vectors, vectors_known
from explorer.ui.shell.job_progress import analysis_lane, session_result_or_progress
from explorer.ui.shell.session import remember
from explorer.ui.shell.text import markdown, whole_html
from explorer.ui.widgets.downloads import download_table
from explorer.ui.widgets.items import with_image

if TYPE_CHECKING:
    import pyarrow as pa

    from explorer.comparison.comparison import Comparison
    from explorer.comparison.judging.queue import Queue, Standing
    from explorer.errors import ExplorerError

_STANDING = "judging-standing"


def show_judge(session: Session, comparison: Comparison) -> None:
    """Draw the next row to judge, what is known so far, and files of judgements."""
    if not vectors_known(comparison.contenders):
        say_without_vectors("Judging")
    elif session.comparison.queries:
        key = _queue_key(session, comparison)
        found = _queue_or_progress(session, comparison, key)
        if found is not None:
            queue, failed = found
            show_left_out(session, comparison.names, failed, key)
            _judge(session, comparison.names, queue, (key, tuple(failed)))
        with st.expander("Change the queries", icon=":material/edit:"):
            show_queries(session)
    else:
        st.markdown(
            "Judge some hits to learn which contender finds more. The first ten hits of all contenders are "
            "shown one at a time, shuffled, and without saying who found them. The most informative "
            "queries come first."
        )
        show_queries(session)
    show_judgements(session)


def _queue_key(session: Session, comparison: Comparison) -> Hashable:
    contenders = tuple(contender.fingerprint for contender in comparison.contenders)
    rows, queries = session.corpus.fingerprint, session.comparison.queries
    # A server may fail for one visitor only, such as for want of a token.
    return ("judging-queue", rows, contenders, queries, session.visitor)


def _queue_or_progress(
    session: Session, comparison: Comparison, key: Hashable
) -> tuple[Queue, dict[int, ExplorerError]] | None:
    """The queue of the contenders that answer, and the errors of the others."""
    contenders, queries = comparison.contenders, session.comparison.queries

    def work(on_progress: OnProgress) -> tuple[Queue, dict[int, ExplorerError]]:
        from explorer.comparison.judging.queue import make_queue
        from explorer.comparison.judging.retrieval import search_all_that_answer

        hits, failed = search_all_that_answer(
            contenders, queries, query_vectors=session.queries, on_progress=on_progress
        )
        return make_queue(queries, hits), failed

    lane = analysis_lane(len(queries) * len(contenders))
    return session_result_or_progress(session, key, "Searching for hits to judge", work, lane=lane, here=True)


@st.fragment
def _judge(session: Session, names: tuple[str, ...], queue: Queue, key: Hashable) -> None:
    """Draw one row and the standing; a fragment, so that an answer redraws nothing else."""
    _show_item(session, queue)
    _show_standing(session, names, queue, key)


def _show_item(session: Session, queue: Queue) -> None:
    from explorer.comparison.judging.queue import missing, next_item

    answers = session.comparison.answers
    item = next_item(queue, answers)
    begun = {left.query for left in missing(queue, answers)}
    with st.container(border=True, key="judge-item"):
        if item is None:
            st.markdown(":material/check: Every hit of every query is judged.")
        else:
            query, pool = queue.queries[item.query], queue.pools[item.query]
            place = pool.index(item.row)
            known = sum(row in answers.get(query, {}) for row in pool)
            done = sum(all(row in answers.get(text, {}) for row in rows) for text, rows in _pools(queue))
            st.caption("Is this row relevant to the query?")
            st.html(f'<div role="heading" aria-level="3" style="{_QUERY}">{whole_html(query)}</div>')
            with st.container(horizontal=True, gap="small"):
                # The keys name the row: a press that comes twice, or late, is for the row that was shown.
                for label, letter, grade in (
                    ("Relevant", "y", 1),
                    ("Not relevant", "n", 0),
                    ("Skip", "s", None),
                ):
                    st.button(
                        label,
                        key=f"judge-{letter}-{item.query}-{place}",
                        shortcut=letter,
                        on_click=_answer,
                        args=(session, query, item.row, grade),
                        help=_SKIP if grade is None else None,
                    )
            row = with_image(session.corpus, item.row, whole_html(session.corpus.texts[item.row]))
            st.html(f'<div tabindex="0" role="group" aria-label="Row" style="{_ROW}">{row}</div>')
            st.caption(
                f"Row {known + 1} of {len(pool)} for this query · {done:,} of {len(queue.queries):,} queries "
                f"done · {sum(map(len, answers.values())):,} rows judged"
            )
            if len(begun) > 1:
                st.caption("Contenders or queries have changed: hits that nobody has judged are asked first.")
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.button(
                "Undo the last answer",
                key="judge-undo",
                icon=":material/undo:",
                type="tertiary",
                shortcut="u",
                disabled=not answers,
                on_click=_take_back,
                args=(session,),
            )
            if answers:
                download_table(
                    "My answers",
                    lambda: _answers(session),
                    f"{session.corpus.name}-answers",
                    about="All queries and answers, also of queries that are not done. "
                    "Open the file below to go on.",
                )


def _show_standing(session: Session, names: tuple[str, ...], queue: Queue, key: Hashable) -> None:
    from explorer.comparison.judging.queue import judged

    answers = session.comparison.answers
    found = judged(queue, answers)
    digest = hashlib.blake2b(
        repr([(text, answers[text]) for text in found.queries]).encode("utf-8", "surrogatepass")
    ).hexdigest()
    whole = (_STANDING, key, digest)
    for other in [one for one in session.results if isinstance(one, tuple) and one[0] == _STANDING]:
        if other != whole:
            session.leave([session.results.pop(other)])  # every query done makes another

    def work(on_progress: OnProgress) -> tuple[Standing | None]:  # noqa: ARG001 - it takes a moment
        from explorer.comparison.judging.queue import standing

        return (standing(queue, answers),)

    result = session_result_or_progress(session, whole, "What the answers say", work, here=True)
    if result is None:
        return
    state = result[0]
    used = session.comparison.judgements == found
    with st.container(border=True, key="judge-standing"):
        if state is None:
            st.markdown("**Nothing can be said yet.** A query counts once all of its hits are judged.")
        else:
            _say(names, state, len(queue.queries) - state.queries)
        if st.button(
            "Use my judgements",
            key="judge-use",
            type="primary",
            icon=":material/done_all:",
            disabled=state is None or used,
            help="Compares the contenders again, with nDCG@10, MRR@10 and recall by your judgements.",
        ):
            session.comparison.judgements = found
            st.rerun()
        if used:
            st.caption("The comparison uses them.")


def _say(names: tuple[str, ...], state: Standing, left: int) -> None:
    from explorer.comparison.judging.queue import leading_difference
    from explorer.comparison.judging.stopping import queries_needed

    leading = leading_difference(state.values, state.differences)
    ahead, behind = leading.first, leading.second
    low, high = leading.low, leading.high
    if leading.difference < 0:
        ahead, behind, low, high = behind, ahead, -high, -low
    too_few = not has_interval(low, high)
    interval = f"95 % interval {'–' if too_few else f'{signed(low, 3)} to {signed(high, 3)}'}, "
    count = f"{state.queries:,} {'query' if state.queries == 1 else 'queries'}"
    st.markdown(
        f"**{markdown(names[ahead])}** is {abs(leading.difference):.3f} nDCG@10 ahead of "
        f"**{markdown(names[behind])}** ({interval}{count}).",
        help=f"{NO_INTERVAL} {_MEANING}" if too_few else _MEANING,
    )
    if state.enough and abs(leading.difference) > state.margin:
        st.markdown(":material/check: **Enough.** The judgements tell these two apart.")
    elif state.enough:
        st.markdown(":material/check: **Enough.** These two differ by so little that it hardly matters.")
    else:
        more = queries_needed(state, left)
        advice = (
            "The queries that are left will probably not settle it: add queries."
            if more is None
            else f"Judge about {more:,} more {'query' if more == 1 else 'queries'}."
        )
        st.markdown(f"**Not enough yet.** {advice}", help=_RULE)


def _pools(queue: Queue) -> zip[tuple[str, tuple[int, ...]]]:
    return zip(queue.queries, queue.pools, strict=True)


def _answers(session: Session) -> pa.Table:
    from explorer.comparison.judging.answers import answers_table

    return answers_table(session.comparison.queries, session.comparison.answers)


def _answer(session: Session, query: str, row: int, grade: int | None) -> None:
    answer(session, query, row, grade)
    remember(session)  # a fragment does not draw the frame, which does it otherwise


def _take_back(session: Session) -> None:
    take_back(session)
    remember(session)


_SKIP = "Leaves the row out for every contender, as when you cannot tell."
_MEANING = (
    "The two contenders with the highest nDCG@10. Queries are weighted by 1 / the probability with which "
    "they were chosen, so choosing those that tell most does not bias the difference. The interval is a "
    "bootstrap over queries."
)
_RULE = (
    "It is enough when a confidence sequence (Waudby-Smith et al., 2103.06476) excludes zero, or is narrower "
    "than ±0.02, after at least 30 queries. One can look at it after every answer."
)
_QUERY = "font-size: 1.25rem; font-weight: 600"
_ROW = "max-height: 50vh; overflow-y: auto; padding: .3rem 0"
