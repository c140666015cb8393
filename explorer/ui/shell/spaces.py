"""The spaces that a page shows, or their progress."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from explorer.encode.spec import EncoderSpec
from explorer.errors import ModelChangedError
from explorer.jobs.outcome import Done, Failed, Outcome, Pending, Unfinished
from explorer.session.session import Session
from explorer.session.spaces import ask_for_space, space_outcome
from explorer.ui.shell.job_progress import show_outcome, wait_briefly
from explorer.ui.shell.token import point_to_token, token_for
from explorer.warm_up import is_warm

if TYPE_CHECKING:
    from explorer.analysis.space import Space


def space_or_progress(session: Session, *, here: bool = False) -> Space | None:
    """The active space; if it is not ready, its job is started or followed and None is returned.

    Args:
        session: The session with the rows and the encoder.
        here: Whether progress is shown here instead of at the top of the page.
    """
    spaces = spaces_or_progress(session, [session.encoder], here=here)
    return None if spaces is None else spaces[0]


def spaces_or_progress(
    session: Session, specs: Sequence[EncoderSpec], *, here: bool = False
) -> list[Space] | None:
    """The spaces of several encoders over the session's rows, in their order; None unless all are ready.

    Those not ready are started or followed, each with its own progress and cancel. One that fails or is
    stopped shows that and does not affect the others, which continue and are kept.

    Args:
        session: The session with the rows.
        specs: The encoders, without repeats.
        here: Whether progress is shown here instead of at the top of the page.
    """
    outcomes = space_outcomes([(session, spec) for spec in specs])
    spaces: list[Space] = []
    for spec, outcome in zip(specs, outcomes, strict=True):
        if isinstance(outcome, Done):
            spaces.append(outcome.result)
        else:
            show_space_outcome(session, spec, outcome, here=here)
    return spaces if len(spaces) == len(specs) else None


def space_outcomes(asked: Sequence[tuple[Session, EncoderSpec]]) -> list[Outcome[Space]]:
    """The outcomes of spaces, each of an encoder over the rows of a session; they are asked for if needed."""
    outcomes = [_outcome(*one) for one in asked]
    if is_warm():  # until then, no space is ready soon enough to wait for
        wait_briefly(outcome.job for outcome in outcomes if isinstance(outcome, Pending))
    return [_outcome(*one) for one in asked]


def show_space_outcome(
    session: Session, spec: EncoderSpec, outcome: Unfinished, *, here: bool = False
) -> None:
    """Draw the outcome of a space that is not ready: its progress, its error, or that it was stopped."""
    again = functools.partial(encode, session, spec)
    key = f"space-{session.corpus.text}-{hash(spec)}"
    show_outcome(session, outcome, key=key, again=again, here=here)
    if isinstance(outcome, Failed):
        point_to_token(spec)


def encode(session: Session, spec: EncoderSpec) -> None:
    """Start encoding the session's rows with an encoder, unless they are encoded or being encoded."""
    if not isinstance(space_outcome(session, spec), Done | Pending):
        ask_for_space(session, spec, token_for(spec))


def encode_again(session: Session, spec: EncoderSpec, change: ModelChangedError) -> None:
    """Drop a space whose encoder's model has changed, and start encoding its rows with the new one."""
    session.close_space(spec)
    session.notice = f"{change.what} The rows are being encoded again."
    ask_for_space(session, spec, token_for(spec))


def _outcome(session: Session, spec: EncoderSpec) -> Outcome[Space]:
    """The current outcome of a space, which is asked for if it was not yet."""
    return space_outcome(session, spec) or Pending(ask_for_space(session, spec, token_for(spec)))
