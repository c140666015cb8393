"""What an uploaded file of judgements holds, and in which columns: the guess, which can be changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from explorer.comparison.judging.judgement_columns import JudgementColumns, PairColumns
from explorer.data.corpus import Corpus

if TYPE_CHECKING:
    from explorer.comparison.judging.file_guess import FileGuess

KINDS = {"judgements": "Judged queries", "pairs": "Scored pairs", "queries": "Queries"}
_NUMBERED = {"1": "their number, from 1", "0": "their number, from 0"}
_WIDTH = 220


def choose_kind(guess: FileGuess, key: str) -> str:
    """Draw the choice of what the file holds."""
    chosen: str = st.segmented_control(
        "It holds",
        list(KINDS),
        default=guess.kind,
        required=True,
        format_func=KINDS.__getitem__,
        key=f"{key}-kind",
    )
    return chosen


def choose_judgement_columns(guess: FileGuess, corpus: Corpus, key: str) -> JudgementColumns:
    """Draw the choice of the columns of judged queries."""
    names = guess.table.table.column_names
    usual = guess.judgements or JudgementColumns(row=names[0])
    with st.container(horizontal=True, gap="small"):
        query = _column("Text of the query", names, usual.query, f"{key}-query", none="in another file")
        query_id = _column("Id of the query", names, usual.query_id, f"{key}-id", none="none")
        row = _column("Row", names, usual.row, f"{key}-row") or usual.row
        keys = {**_NUMBERED, **{f"={name}": f"their value of {name}" for name in corpus.table.column_names}}
        named = f"={usual.key}" if usual.key is not None else str(usual.first_row)
        by = st.selectbox(
            "Rows are named by",
            list(keys),
            index=list(keys).index(named),
            format_func=keys.__getitem__,
            key=f"{key}-by",
            width=_WIDTH,
        )
        grade = _column("Grade", names, usual.grade, f"{key}-grade", none="every line is relevant")
    return replace(
        usual,
        row=row,
        query=query,
        query_id=query_id,
        grade=grade,
        key=by[1:] if by.startswith("=") else None,
        first_row=0 if by == "0" else 1,
    )


def choose_pair_columns(guess: FileGuess, key: str) -> PairColumns:
    """Draw the choice of the columns of scored pairs."""
    names = guess.table.table.column_names
    usual = guess.pairs or PairColumns(*(names[min(at, len(names) - 1)] for at in range(3)))
    with st.container(horizontal=True, gap="small"):
        first = _column("One text", names, usual.first, f"{key}-first") or usual.first
        second = _column("Other text", names, usual.second, f"{key}-second") or usual.second
        score = _column("Score", names, usual.score, f"{key}-score") or usual.score
    return PairColumns(first, second, score)


def choose_query_column(guess: FileGuess, key: str) -> str:
    """Draw the choice of the column of queries."""
    names = guess.table.table.column_names
    usual = guess.query or names[0]
    return _column("Query", names, usual, f"{key}-text") or usual


def _column(label: str, names: Sequence[str], usual: str | None, key: str, *, none: str = "") -> str | None:
    """Draw the choice of a column, or of none if that has a wording."""
    choices = [*([None] if none else []), *names]
    chosen: str | None = st.selectbox(
        label,
        choices,
        index=choices.index(usual) if usual in choices else 0,
        format_func=lambda name: none if name is None else name,
        key=key,
        width=_WIDTH,
    )
    return chosen
