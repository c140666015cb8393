"""A comparison opened from a file: what it was of, and whether it is what the page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.session.comparison import OpenedComparison
from explorer.session.contender_link import contender_from, contender_parameter
from explorer.session.contenders import contenders_of
from explorer.session.session import Session

if TYPE_CHECKING:
    from explorer.comparison.comparison import Comparison
    from explorer.comparison.contenders.contender import Contender
    from explorer.comparison.contenders.spec import ContenderSpec


def open_saved(session: Session, data: bytes) -> None:
    """Open a saved comparison of the session's rows: its contenders, options, judgements and answers.

    Raises:
        UnreadableFileError: It is no such file, or damaged, or from a newer Explorer.
        TooLargeError: It is over the limit on files.
        DataError: It is of other rows.
    """
    from explorer.comparison.files.opening import open_with_choices

    comparison, choices = open_with_choices(data, session.corpus)
    specs = tuple(_openable(each, session) for each in comparison.contenders)
    missing = [name for name, spec in zip(comparison.names, specs, strict=True) if spec is None]
    state = session.comparison
    state.name = choices.name
    state.contenders = tuple(dict.fromkeys(spec for spec in specs if spec is not None)) or None
    state.k, state.groups, state.views = comparison.k, comparison.grouped_by, comparison.views
    state.judgements, state.pairs = comparison.judgements, comparison.pairs
    state.queries, state.answers = choices.queries, choices.answers
    state.notice = ""
    if missing:
        state.notice = f"These contenders cannot be made again here: {', '.join(missing)}."
    show_comparison(session, comparison)


def show_comparison(session: Session, comparison: Comparison) -> None:
    """Show a comparison without vectors as long as contenders and options stay as they are."""
    session.comparison.opened = OpenedComparison(comparison, _chosen(session))


def shown_comparison(session: Session) -> Comparison | None:
    """The comparison of the contenders and options that are chosen, if it was made or opened."""
    from explorer.comparison.files.saved_contender import spec_of

    state = session.comparison
    if state.shown is None:
        return opened_comparison(session)
    comparison = state.shown[1]
    made_of = (
        tuple(spec_of(each, session.corpus) for each in comparison.contenders),
        comparison.k,
        comparison.grouped_by,
        comparison.views,
        comparison.judgements,
        comparison.pairs,
    )
    return comparison if made_of == _chosen(session) else None


def opened_comparison(session: Session) -> Comparison | None:
    """The opened comparison, without vectors, as long as contenders and options are still those of it."""
    opened = session.comparison.opened
    return opened.comparison if opened is not None and opened.chosen == _chosen(session) else None


def opened_with(opened: Comparison | None, contenders: list[Contender]) -> Comparison | None:
    """An opened comparison with the vectors of its contenders; None for others, or if there is none."""
    from explorer.comparison.files.opening import rejoined

    return None if opened is None else rejoined(opened, contenders)


def _openable(contender: Contender, session: Session) -> ContenderSpec | None:
    """How a contender is made, if a visitor may make it: as if a link named it."""
    from explorer.comparison.files.saved_contender import spec_of

    spec = spec_of(contender, session.corpus)
    return None if spec is None else contender_from(contender_parameter(spec))


def _chosen(session: Session) -> tuple[object, ...]:
    """What a comparison depends on besides the rows."""
    state = session.comparison
    return (contenders_of(session), state.k, state.groups, state.views, state.judgements, state.pairs)
