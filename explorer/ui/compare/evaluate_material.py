"""What an encoder is evaluated on: a file, a dataset on the Hub, or a label column of the open rows."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import streamlit as st

from explorer.comparison.judging.judgement_columns import guess_judgement_columns, guess_pair_columns
from explorer.data.tables.source_table import SourceTable
from explorer.data.tables.values import count
from explorer.errors import DataError
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Lane
from explorer.session.session import Session
from explorer.ui.compare.digest import digest
from explorer.ui.compare.judgement_choice import choose_judgement_columns, choose_pair_columns
from explorer.ui.shell.tab_jobs import answer_or_progress, ask_alone, ask_hub
from explorer.ui.shell.text import show_error
from explorer.ui.widgets.upload import upload

if TYPE_CHECKING:
    from explorer.comparison.judging.file_guess import FileGuess
    from explorer.comparison.judging.judgement_columns import JudgementColumns, PairColumns
    from explorer.comparison.judging.judgement_files import FromFile

KINDS = {
    "pairs": "Scored pairs",
    "duplicates": "Duplicates",
    "queries": "Judged queries",
    "labels": "Labels of the rows",
}
_FILES = {
    "pairs": (
        "Pairs with scores",
        "Two texts and how alike they are, such as sentence1, sentence2 and score. Larger scores are more "
        "alike.",
    ),
    "duplicates": (
        "Pairs with labels",
        "Two texts and a label: 1 or true for a pair of duplicates, 0 or false for another pair.",
    ),
    "queries": (
        "Judged queries",
        "A query, a row (its number, or the value of a column such as id) and a grade, 0 for not relevant; "
        "TREC qrels as .txt or .tsv too.",
    ),
}
_SOURCES = {"used": "The comparison", "file": "A file", "hub": "A dataset on the Hub"}
_HUB_ASKED = "explorer-evaluation-dataset"
_MAX_CHARS = 200
_WIDTH = 300


@dataclass(frozen=True, eq=False)
class Material:
    """What an encoder is evaluated on.

    Attributes:
        kind: One of `KINDS`.
        content: The pairs or judgements; the name of the label column.
        digest: The same for the same content.
        words: What it is, as a sentence.
    """

    kind: str
    content: Any
    digest: str
    words: str


def choose_material(session: Session, kind: str) -> Material | None:
    """Draw the choice of what an encoder is evaluated on; None until there is something."""
    if kind == "labels":
        return _choose_label(session)
    used = {"pairs": session.comparison.pairs, "queries": session.comparison.judgements}.get(kind)
    source = _choose_source(kind, used=used is not None)
    if source == "used":
        return Material(kind, used, digest(used), f"{_count(kind, used)}, which the comparison uses.")
    key = f"evaluate-{source}-{kind}"
    label, about = _FILES[kind]
    table = _choose_dataset(session) if source == "hub" else upload(session, label, key, help=about)
    if not isinstance(table, SourceTable):
        return None
    corpus = session.corpus

    def work(on_progress: OnProgress) -> FileGuess:  # noqa: ARG001 - it takes a moment
        from explorer.comparison.judging.file_guess import guess_file

        return guess_file(table, corpus)

    guess = _answer(session, f"{key}-guess", (table, corpus.fingerprint), f"Looking at {table.name}", work)
    return None if guess is None else _choose_content(session, guess, kind, f"{key}-{id(table)}")


def _choose_source(kind: str, *, used: bool) -> str:
    sources = [*(["used"] if used else []), "file", *(["hub"] if kind != "queries" else [])]
    if len(sources) == 1:
        return sources[0]
    chosen: str = st.segmented_control(
        "From",
        sources,
        default=sources[0],
        required=True,
        format_func=_SOURCES.__getitem__,
        key=f"evaluate-from-{'-'.join(sources)}",
        persist_state="session",
    )
    return chosen


def _count(kind: str, content: Any) -> str:  # noqa: ANN401 - pairs or judgements
    if kind == "queries":
        queries = "query" if len(content.queries) == 1 else "queries"
        return f"{count(content.count, 'judgement')} of {len(content.queries):,} {queries}"
    return count(len(content.scores), "pair")


def _choose_label(session: Session) -> Material | None:
    corpus = session.corpus
    names = [name for name in corpus.table.column_names if name != corpus.text]
    if not names:
        st.info("The rows have no column besides their text. Open rows with labels.", icon=":material/info:")
        return None
    name: str = st.selectbox(
        "Label column",
        names,
        index=names.index(corpus.label) if corpus.label in names else 0,
        key=f"evaluate-label-{corpus.fingerprint}",
        width=_WIDTH,
        persist_state="session",
    )
    words = f"{len(corpus):,} rows, by their value of {name}."
    return Material("labels", name, digest((corpus.fingerprint, name)), words)


def _choose_dataset(session: Session) -> SourceTable | None:
    """Draw the choice of a dataset on the Hub, and read it once that is asked for."""
    with st.form("evaluate-dataset"), st.container(horizontal=True, vertical_alignment="bottom"):
        name, config, split = (
            st.text_input(
                label,
                key=f"evaluate-hub-{label}",
                placeholder=usual,
                max_chars=_MAX_CHARS,
                width=_WIDTH,
                persist_state="session",
            ).strip()
            for label, usual in (
                ("Dataset", "owner/name"),
                ("Configuration", "default, or the first"),
                ("Split", "test"),
            )
        )
        if st.form_submit_button("Read the dataset", icon=":material/download:"):
            st.session_state[_HUB_ASKED] = (name, config, split)
    asked = st.session_state.get(_HUB_ASKED)
    if asked is None:
        return None
    title = f"Reading {asked[0]}"
    read = ask_hub(
        session, "evaluation-dataset", asked, title, functools.partial(_read_dataset, *asked), lane=Lane.ROWS
    )
    return read if isinstance(read, SourceTable) else None


def _read_dataset(name: str, config: str, split: str, on_progress: OnProgress) -> SourceTable:
    from explorer.evaluation.pair_sources import table_on_hub

    return table_on_hub(name, config or None, split or None, on_progress)


def _choose_content(session: Session, guess: FileGuess, kind: str, key: str) -> Material | None:
    """Draw the choice of columns, and what was read from them."""
    from explorer.comparison.judging import judgement_files

    corpus, table = session.corpus, guess.table
    texts: SourceTable | None = None
    columns: JudgementColumns | PairColumns
    read: Callable[[], FromFile[Any, Any]]
    if kind == "queries":
        if guess.judgements is None and not _say_columns(
            lambda: guess_judgement_columns(table, corpus, texts=False), table, 2
        ):
            return None
        columns = choose_judgement_columns(guess, corpus, key)
        if columns.query is None:
            st.info(
                "The file has ids of queries and not their texts. Add the file of the texts.",
                icon=":material/info:",
            )
            added = upload(
                session, "Texts of the queries: an id and a text per line", "evaluate-file-queries-texts"
            )
            if not isinstance(added, SourceTable):
                return None
            texts = added
        read = functools.partial(
            judgement_files.read_judgements, table, corpus, queries=texts, columns=columns
        )
    else:
        if guess.pairs is None and not _say_columns(lambda: guess_pair_columns(table), table, 3):
            return None
        columns = choose_pair_columns(guess, key)
        read = functools.partial(
            judgement_files.read_pairs, table, columns=columns, labelled=kind == "duplicates"
        )
    return _read_content(session, kind, (table, texts, columns), read)


def _read_content(
    session: Session, kind: str, made_of: tuple[Any, ...], read: Callable[[], FromFile[Any, Any]]
) -> Material | None:
    def work(on_progress: OnProgress) -> tuple[FromFile[Any, Any], str]:  # noqa: ARG001
        found = read()
        return found, digest(found.content)

    name = made_of[0].name
    key = (*made_of, session.corpus.fingerprint)
    answer = _answer(session, f"evaluate-{kind}-read", key, f"Reading {name}", work)
    if answer is None:
        return None
    found, same = answer
    if found.bad:
        label = f"{found.bad:,} of {found.lines:,} lines cannot be used"
        with st.expander(label, icon=":material/warning:", expanded=True):
            lines = {
                "line": [line.number for line in found.examples],
                "reason": [line.reason for line in found.examples],
            }
            st.dataframe(pa.table(lines), hide_index=True, alt="Lines that cannot be used, with the reason")
    return Material(kind, found.content, same, f"{_count(kind, found.content)} from {name}.")


def _say_columns(guess: Callable[[], object], table: SourceTable, fewest: int) -> bool:
    """Say why no columns were found; whether there are enough to choose from."""
    try:
        guess()
    except DataError as error:
        show_error(error)
    return len(table.table.column_names) >= fewest


def _answer(session: Session, kind: str, key: Any, title: str, work: Callable[[OnProgress], Any]) -> Any:  # noqa: ANN401
    """The answer of work for this tab; None while it is pending or if it failed, which the page shows."""
    ask_alone(session, kind, key, title, work, lane=Lane.QUICK)
    found = answer_or_progress(session, kind, here=True)
    return None if isinstance(found, Exception) else found
