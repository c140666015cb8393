"""The options of a comparison: its name, neighbours, groups of rows, views."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from explorer.data.corpus import Corpus
from explorer.session.session import Session
from explorer.ui.widgets.linked_choice import linked_choice
from explorer.ui.widgets.linked_value import put_in_link

_KS = (5, 10, 20)
_USUAL_K = 10
_K, _GROUPS, _FIRST, _SECOND = "compare-k", "compare-groups", "compare-view", "compare-other-view"
_TIMES_SET = "explorer-compare-options-set"
_NONE = "-"
_WIDTH = 320
_NAME_CHARS = 100


def show_options(session: Session) -> None:
    """Draw the options and keep them in the session."""
    state, corpus = session.comparison, session.corpus
    name = _name_key(session)
    st.session_state.setdefault(name, state.name)
    state.name = st.text_input(
        "Name of the comparison",
        key=name,
        max_chars=_NAME_CHARS,
        placeholder=f"{corpus.name}-comparison",
        width=_WIDTH,
        help="Stands above the verdict and in the report, and names the files.",
    ).strip()
    numbers = sorted({*_KS, state.k})  # an opened comparison may have another
    words = {str(number): number for number in numbers}
    chosen = st.segmented_control(
        "Neighbours of a row (k)",
        numbers,
        default=words.get(st.query_params.get(_K, ""), _USUAL_K),
        required=True,
        key=_control(_K),
        persist_state="session",
        help="How many nearest rows are looked at, and how many hits recall counts.",
    )
    state.k = chosen if chosen in numbers else _USUAL_K
    put_in_link(_K, str(state.k), str(_USUAL_K))
    columns = [name for name in corpus.table.column_names if name != corpus.text]
    groups = _column(
        "Rows that belong together",
        "those whose texts are nearly the same",
        columns,
        _GROUPS,
        "Rows of one group, such as the paragraphs of a document, are not independent. They count as "
        "one unit in intervals and tests, and are left out of each other's neighbours where labels are "
        "predicted.",
    )
    first = _column(
        "Two views of a row",
        "the two halves of its text",
        [name for name in corpus.table.column_names if _is_text(corpus, name)],
        _FIRST,
        "A good encoder finds a row's second view by its first, such as the body by the title.",
    )
    second = None
    if first is not None:
        others = [name for name in corpus.table.column_names if _is_text(corpus, name) and name != first]
        second = _column("Second view", "choose a column", others, _SECOND, "What should be found.")
    state.groups = groups
    state.views = None if first is None or second is None else (first, second)


def set_options(session: Session) -> None:
    """Set the controls to what the session has, as after a comparison was opened; before they are drawn.

    They are new controls, which begin with what the link says: a value set in the session state is sent to
    the browser only once, and contradicts a control's default.
    """
    state = session.comparison
    first, second = state.views or (None, None)
    st.session_state[_TIMES_SET] = st.session_state.get(_TIMES_SET, 0) + 1
    st.session_state[_name_key(session)] = state.name
    put_in_link(_K, str(state.k), str(_USUAL_K))
    for key, name in ((_GROUPS, state.groups), (_FIRST, first), (_SECOND, second)):
        put_in_link(key, _NONE if name is None else f"={name}", _NONE)


def _control(key: str) -> str:
    """The key of the control of an option, which has `key` in the link: another one once it was set."""
    times = st.session_state.get(_TIMES_SET, 0)
    return f"{key}-set-{times}" if times else key


def _name_key(session: Session) -> str:
    """The control of the name: another one for other rows, whose comparison has no name yet."""
    return f"compare-name-{session.corpus.fingerprint}"


def _column(label: str, usual: str, columns: list[str], key: str, about: str) -> str | None:
    choices = {_NONE: usual} | {f"={name}": name for name in columns}
    control = _control(key)
    if st.session_state.get(control) not in choices:
        st.session_state.pop(control, None)  # of other rows
    chosen = linked_choice(label, choices, key=key, control=control, width=_WIDTH, help=about)
    return None if chosen == _NONE else chosen.removeprefix("=")


def _is_text(corpus: Corpus, column: str) -> bool:
    kind = corpus.table[column].type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
