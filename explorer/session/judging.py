"""What a visitor judges: the queries, the answers, and taking the last one back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from explorer.session.session import Session

if TYPE_CHECKING:
    from explorer.comparison.judging.judgements import Judgements
    from explorer.comparison.judging.queue import Answers

MOST_QUERIES = 2_000  # more than anyone judges, and as many as show a difference of 0.02
MOST_CHARS = 2_000  # of a query


def queries_from(texts: Iterable[str]) -> tuple[str, ...]:
    """Texts as queries to judge: on one line each, without repetitions, not too long and not too many."""
    lines = (" ".join(text.split())[:MOST_CHARS] for text in texts)
    return tuple(dict.fromkeys(line for line in lines if line))[:MOST_QUERIES]


def go_on_judging(session: Session, queries: Iterable[str], answers: Answers) -> None:
    """Add queries and answers, such as those of a file, to what is judged; the added answers win."""
    state = session.comparison
    mine = dict(state.answers)
    for query, rows in answers.items():
        for line in queries_from([query]):
            mine[line] = {**mine.get(line, {}), **rows}
    state.answers = mine
    state.queries = queries_from((*mine, *state.queries, *queries))


def answer(session: Session, query: str, row: int, grade: int | None) -> None:
    """Keep the answer to a row that has none, as the last one; None skips the row.

    An answer to a row that has one is not meant for it: on a busy computer a key can reach the buttons of
    the row before too. Only taking back changes an answer.
    """
    before = session.comparison.answers
    own = before.get(query, {})
    if row in own:
        return
    others = {name: rows for name, rows in before.items() if name != query}
    # New mappings: a copy of the session, kept for a reload, holds the old ones.
    session.comparison.answers = {**others, query: {**own, row: grade}}


def take_back(session: Session) -> None:
    """Forget the last answer, if there is one."""
    answers = dict(session.comparison.answers)
    if not answers:
        return
    query, rows = answers.popitem()
    left = dict(list(rows.items())[:-1])
    session.comparison.answers = {**answers, query: left} if left else answers


def judgements_of(session: Session, query: str) -> Judgements | None:
    """What is known of the rows for a query: the judgements in use, else the visitor's own answers.

    Returns:
        The judgements of this query alone; None if no row was judged relevant to it.
    """
    from explorer.comparison.judging.judgements import Judgements

    state, line = session.comparison, " ".join(query.split())
    used = state.judgements
    lines = [] if used is None else [" ".join(text.split()) for text in used.queries]
    if used is not None and line in lines:
        at = lines.index(line)
        grades, skipped = dict(used.grades[at]), used.skipped[at]
    else:
        own = state.answers.get(line, {})
        grades = {row: grade for row, grade in own.items() if grade is not None}
        skipped = tuple(row for row, grade in own.items() if grade is None)
    if max(grades.values(), default=0) <= 0:
        return None
    return Judgements(("query",), (line,), (grades,), skipped=(skipped,))
