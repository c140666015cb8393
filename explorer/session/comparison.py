"""The comparison that a visitor builds: contenders, and what is known about the rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explorer.comparison.contender_spec import ContenderSpec
    from explorer.comparison.judgements import Judgements, Pairs
    from explorer.comparison.queue import Answers


@dataclass
class ComparisonState:
    """What a visitor chose for comparing encoders over the open rows.

    Attributes:
        name: What the comparison is called; empty for its default name.
        contenders: The contenders, in the order they were added; None until the page has chosen its defaults.
        judgements: Which rows are relevant to which queries, if a file was opened.
        pairs: Pairs of texts with scores, if a file was opened.
        groups: The column that names the group of a row; None for near-copies.
        views: Two columns that should find each other; None for the two halves of a text.
        queries: Queries to be judged.
        answers: The visitor's own judgements of them.
    """

    name: str = ""
    contenders: tuple[ContenderSpec, ...] | None = None
    judgements: Judgements | None = None
    pairs: Pairs | None = None
    groups: str | None = None
    views: tuple[str, str] | None = None
    queries: tuple[str, ...] = ()
    answers: Answers = field(default_factory=dict)
