"""The encoders of a comparison whose rows are encoded, for views that need no comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.comparison.contenders.spec import ContenderSpec
from explorer.session.contenders import contenders_of, session_reading
from explorer.session.session import Session

if TYPE_CHECKING:
    from explorer.analysis.space import Space


def encoded_spaces(session: Session) -> dict[ContenderSpec, Space]:
    """The active encoder and the contenders whose rows are encoded, each with the space it is made from."""
    active = ContenderSpec(session.encoder)
    found = {}
    for spec in dict.fromkeys((active, *contenders_of(session))):
        if spec.encoder is None or spec.csls:
            continue
        space = session_reading(session, spec.text).spaces.get(spec.encoder)
        if space is not None:
            found[spec] = space
    return found
