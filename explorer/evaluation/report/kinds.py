"""The kinds of evaluations, and how their worst cases are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.evaluation.duplicates import DuplicateEvaluation
from explorer.evaluation.evaluation import Evaluation
from explorer.evaluation.labels import LabelEvaluation
from explorer.evaluation.pairs import PairEvaluation
from explorer.evaluation.retrieval import RetrievalEvaluation

if TYPE_CHECKING:
    import pandas as pd

Evaluated = PairEvaluation | DuplicateEvaluation | RetrievalEvaluation | LabelEvaluation
_FROM_ZERO = ("pair", "row", "first_hit", "relevant")  # numbers that are from 1 wherever people read them


@dataclass(frozen=True)
class Kind:
    """A kind of evaluation.

    Attributes:
        name: What an encoder is evaluated on.
        units: What is counted.
        order: In which order the worst cases come.
        columns: Their columns, those that matter first: long texts would hide the others on a narrow screen.
    """

    name: str
    units: str
    order: str
    columns: tuple[str, ...]


KINDS: dict[type[Evaluation], Kind] = {
    PairEvaluation: Kind(
        "scored pairs",
        "pairs",
        "The pairs whose rank by similarity is furthest from that by score. A rank is the share of "
        "pairs that have less; off is that by similarity minus that by score.",
        ("pair", "score", "similarity", "off", "first", "second", "score_rank", "similarity_rank"),
    ),
    DuplicateEvaluation: Kind(
        "duplicates",
        "pairs",
        "The pairs that are furthest on the wrong side. Misplaced is the share of the pairs with "
        "the other label that score higher than a duplicate, or lower than another pair.",
        ("pair", "duplicate", "similarity", "misplaced", "first", "second"),
    ),
    RetrievalEvaluation: Kind(
        "judged queries",
        "queries",
        "The queries with the lowest nDCG@10. Relevant is a row with the highest grade, with its "
        "rank among the hits, or – if it is not among them.",
        (
            "nDCG@10",
            "relevant_rank",
            "query",
            "relevant_text",
            "first_hit_text",
            "relevant",
            "first_hit",
            "MRR@10",
            "recall@10",
        ),
    ),
    LabelEvaluation: Kind(
        "labels",
        "rows",
        "The rows whose nearest rows have another label, those with the fewest votes for their own first.",
        ("row", "label", "predicted", "own_votes", "predicted_votes", "text"),
    ),
}


def worst_cases(found: Evaluated, most: int) -> pd.DataFrame:
    """The worst cases, worst first, with numbers of pairs and rows from 1; see `worst` of each kind."""
    cases = found.worst(most)
    return cases.assign(**{name: cases[name] + 1 for name in _FROM_ZERO if name in cases})
