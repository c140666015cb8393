"""Judgements from files: which are used, and opening others."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import streamlit as st

from explorer.data.tables.source_table import SourceTable
from explorer.errors import ExplorerError
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Lane
from explorer.session.judging import MOST_QUERIES, go_on_judging
from explorer.session.session import Session
from explorer.ui.compare.judgement_choice import (
    choose_judgement_columns,
    choose_kind,
    choose_pair_columns,
    choose_query_column,
)
from explorer.ui.shell.tab_jobs import answer_or_progress, ask_alone
from explorer.ui.widgets.downloads import download_file, download_table
from explorer.ui.widgets.upload import drop_upload, upload

if TYPE_CHECKING:
    from explorer.comparison.judging.file_guess import FileGuess
    from explorer.comparison.judging.judgement_columns import JudgementColumns, PairColumns
    from explorer.comparison.judging.judgement_files import FromFile
    from explorer.comparison.judging.judgements import Judgements

_COUNT = "explorer-judgement-files"  # a used file leaves its uploader
_GUESS, _READ = "judgement-guess", "judgement-read"
_PREVIEW = 5
_HELP = (
    "Judged queries: a query, a row (its number, or the value of a column such as id) and a grade, 0 for not "
    "relevant; TREC qrels as .txt or .tsv too. Scored pairs: two texts and how alike they are. Queries: one "
    "text per line; Judge asks for their rows, and One query for what the contenders find. Answers that were "
    "downloaded here."
)


def show_used(session: Session) -> None:
    """Draw which judgements and pairs the comparison uses, with a button to remove each."""
    state = session.comparison
    if state.judgements is not None:
        count, queries = state.judgements.count, len(state.judgements.queries)
        skipped = _skipped(state.judgements)
        _used(f"Uses {count:,} judgements of {queries:,} queries{skipped}.", "judgements", session)
    if state.pairs is not None:
        _used(f"Uses {len(state.pairs.scores):,} scored pairs.", "pairs", session)


def show_judgements(session: Session) -> None:
    """Draw the downloads of the judgements in use, and the control that opens a file of others."""
    st.subheader("Judgements as files", anchor=False)
    _show_downloads(session)
    show_file(session)


def show_file(session: Session) -> None:
    """Draw the control that opens a file of queries or judgements, and what the file holds."""
    key = f"judgement-file-{st.session_state.get(_COUNT, 0)}"
    table = upload(session, "Judged queries, scored pairs, queries or answers", key, help=_HELP)
    if not isinstance(table, SourceTable):
        return
    corpus = session.corpus

    def work(on_progress: OnProgress) -> FileGuess:  # noqa: ARG001 - it takes a moment
        from explorer.comparison.judging.file_guess import guess_file

        return guess_file(table, corpus)

    guess = _answer(session, _GUESS, (table, corpus.fingerprint), f"Looking at {table.name}", work)
    if guess is not None:
        _show_file(session, guess, f"{key}-{id(table)}", key)


def _show_file(session: Session, guess: FileGuess, key: str, uploader: str) -> None:
    from explorer.comparison.judging import answers, judgement_files

    corpus = session.corpus
    read: Callable[[], FromFile[Any, Any]]
    texts: SourceTable | None = None
    kind: str = guess.kind
    columns: JudgementColumns | PairColumns | str | None = None
    if kind == "answers":
        read = functools.partial(answers.read_answers, guess.table, corpus)
    else:
        kind = choose_kind(guess, key)
        if kind == "judgements":
            columns = choose_judgement_columns(guess, corpus, key)
            if columns.query is None:
                st.info(
                    "The file has ids of queries and not their texts. Add the file of the texts.",
                    icon=":material/info:",
                )
                added = upload(
                    session, "Texts of the queries: an id and a text per line", f"{uploader}-texts"
                )
                if not isinstance(added, SourceTable):
                    return
                texts = added
            read = functools.partial(
                judgement_files.read_judgements, guess.table, corpus, queries=texts, columns=columns
            )
        elif kind == "pairs":
            columns = choose_pair_columns(guess, key)
            read = functools.partial(judgement_files.read_pairs, guess.table, columns=columns)
        else:
            columns = choose_query_column(guess, key)
            read = functools.partial(judgement_files.read_queries, guess.table, column=columns)
    made_of = (kind, guess.table, texts, columns, corpus.fingerprint)
    found = _answer(session, _READ, made_of, f"Reading {guess.table.name}", lambda _: read())
    if found is not None:
        _show_found(session, kind, found, uploader)


def _show_found(session: Session, kind: str, found: FromFile[Any, Any], uploader: str) -> None:
    """Draw what was read, what could not be, and the buttons that use it."""
    content, usable = found.content, True
    if kind == "judgements":
        relevant = sum(grade > 0 for judged in content.grades for grade in judged.values())
        usable = relevant > 0
        queries = len(content.queries)
        st.markdown(
            f"{content.count:,} judgements of {queries:,} queries; {relevant:,} are of relevant rows"
            f"{_skipped(content)}."
        )
        lines = [
            (query, row + 1, session.corpus.texts[row], grade)
            for query, judged in zip(content.queries[:_PREVIEW], content.grades[:_PREVIEW], strict=True)
            for row, grade in judged.items()
        ]
        _table(("query", "row", "text of the row", "grade"), lines[:_PREVIEW])
        if not usable:
            st.warning("No grade is above 0, so no row counts as relevant.", icon=":material/warning:")
    elif kind == "pairs":
        st.markdown(f"{len(content.scores):,} scored pairs.")
        pairs = zip(content.first, content.second, content.scores, strict=True)
        _table(("one text", "other text", "score"), list(itertools.islice(pairs, _PREVIEW)))
    elif kind == "queries":
        st.markdown(f"{len(content):,} queries.")
        if len(content) > MOST_QUERIES:
            st.caption(f"The first {MOST_QUERIES:,} of them are used.")
        _table(("query",), [(query,) for query in content[:_PREVIEW]])
    else:
        queries, answers = content
        st.markdown(
            f"{sum(map(len, answers.values())):,} answers to {len(answers):,} of {len(queries):,} queries."
        )
    if found.bad:
        label = f"{found.bad:,} of {found.lines:,} lines cannot be used"
        with st.expander(label, icon=":material/warning:", expanded=True):
            _table(("line", "reason"), [(line.number, line.reason) for line in found.examples])
    label, use = _USES[kind]
    if st.button(
        label, key=f"{uploader}-use", type="primary", icon=":material/done_all:", disabled=not usable
    ):
        use(session, content)
        _close(session, uploader)
        st.rerun()


def _skipped(judgements: Judgements) -> str:
    skips = judgements.skips
    return f"; {skips:,} skipped {'row is' if skips == 1 else 'rows are'} left out" if skips else ""


def _use_judgements(session: Session, content: Any) -> None:  # noqa: ANN401 - what a file holds
    session.comparison.judgements = content


def _use_pairs(session: Session, content: Any) -> None:  # noqa: ANN401
    session.comparison.pairs = content


def _use_queries(session: Session, content: Any) -> None:  # noqa: ANN401
    go_on_judging(session, content, {})


def _use_answers(session: Session, content: Any) -> None:  # noqa: ANN401
    go_on_judging(session, *content)


def _used(sentence: str, what: str, session: Session) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"used-{what}"):
        st.caption(sentence, width="content")
        st.button(
            f"Remove the {what}",
            key=f"remove-{what}",
            icon=":material/close:",
            type="tertiary",
            on_click=setattr,
            args=(session.comparison, what, None),
        )


def _show_downloads(session: Session) -> None:
    from explorer.comparison.judging.judgements import judgements_table, qrels_file, queries_file

    judgements, name = session.comparison.judgements, session.corpus.name
    if judgements is None:
        return
    with st.container(horizontal=True, gap="small"):
        download_table(
            "Judgements",
            lambda: judgements_table(judgements),
            f"{name}-judgements",
            about="Those that the comparison uses; they can be opened here again.",
        )
        download_file(
            "Qrels",
            lambda: qrels_file(judgements),
            f"{name}-qrels.txt",
            about="The same for trec_eval: query id, 0, row, grade. The format has no place for the texts of "
            "queries, for the chances of queries, and for skipped rows: trec_eval counts them as not "
            "relevant.",
        )
        download_file(
            "Queries", lambda: queries_file(judgements), f"{name}-queries.tsv", about="Ids and texts."
        )


def _answer(session: Session, kind: str, key: Any, title: str, work: Callable[[OnProgress], Any]) -> Any:  # noqa: ANN401
    """The answer of work for this tab; None while it is pending or if it failed, which the page shows."""
    ask_alone(session, kind, key, title, work, lane=Lane.QUICK)
    found = answer_or_progress(session, kind, here=True)
    return None if isinstance(found, ExplorerError) else found


def _close(session: Session, uploader: str) -> None:
    """Leave the file, whose content is used, for an empty uploader."""
    for key in (uploader, f"{uploader}-texts"):
        drop_upload(session, key)
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1


def _table(names: tuple[str, ...], lines: list[tuple[Any, ...]]) -> None:
    columns = zip(*lines, strict=True) if lines else [()] * len(names)
    table = {name: pa.array(list(column)) for name, column in zip(names, columns, strict=True)}
    st.dataframe(pa.table(table), hide_index=True)


_USES: dict[str, tuple[str, Callable[[Session, Any], None]]] = {
    "judgements": ("Use these judgements", _use_judgements),
    "pairs": ("Use these pairs", _use_pairs),
    "queries": ("Use these queries", _use_queries),
    "answers": ("Go on judging", _use_answers),
}
