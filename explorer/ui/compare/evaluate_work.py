"""The work of an evaluation: which encoder is measured on what, and the result it leads to."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.comparison.contenders.spec import ContenderSpec, changed
from explorer.jobs.lanes import Lane
from explorer.session.session import Session
from explorer.session.spaces import lanes_for
from explorer.ui.compare.evaluate_material import Material
from explorer.ui.shell.job_progress import analysis_lane

if TYPE_CHECKING:
    from explorer.analysis.space import Space
    from explorer.evaluation.report.kinds import Evaluated
    from explorer.jobs.progress import OnProgress


@dataclass(frozen=True, eq=False)
class Evaluating:
    """An evaluation that can be asked for.

    Attributes:
        spec: The contender.
        space: The rows by its encoder, without the changes of the contender.
        material: What it is evaluated on.
        wanted_precision: The precision wanted of a threshold for duplicates, above 0 and at most 1.
        dataset: What the model's card calls the data; None for no published figures.
        k: Neighbours of a row, and the depth of recall.
        groups: The column of rows that belong together; None for near-copies.
    """

    spec: ContenderSpec
    space: Space
    material: Material
    wanted_precision: float
    dataset: str | None
    k: int
    groups: str | None

    def key(self, session: Session) -> Hashable:
        """Everything the result depends on; visitors share none, since it holds texts of a visitor's file."""
        kind = self.material.kind
        return (
            "evaluation",
            session.visitor,
            self.spec,
            (self.space.fingerprint, self.space.query_prompt),
            (kind, self.material.digest),
            self.wanted_precision if kind == "duplicates" else None,
            self.k if kind in ("queries", "labels") else None,
            self.groups if kind == "labels" else None,
            self.dataset,
        )

    @property
    def lane(self) -> Lane:
        """The lane it waits in: pairs are encoded in that of rows, queries in that of queries."""
        spec = self.space.spec
        if spec is None or self.material.kind == "labels":
            return analysis_lane(len(self.space))
        lanes = lanes_for(spec)
        return lanes.queries if self.material.kind == "queries" else lanes.rows

    def run(self, on_progress: OnProgress) -> Evaluated:
        """Evaluate, in a worker thread."""
        from explorer.evaluation.duplicates import evaluate_duplicates
        from explorer.evaluation.labels import evaluate_labels
        from explorer.evaluation.pairs import evaluate_pairs
        from explorer.evaluation.retrieval import evaluate_retrieval

        space, content, dataset = changed(self.space, self.spec), self.material.content, self.dataset
        match self.material.kind:
            case "pairs":
                return evaluate_pairs(content, space, dataset=dataset, on_progress=on_progress)
            case "duplicates":
                return evaluate_duplicates(
                    content,
                    space,
                    wanted_precision=self.wanted_precision,
                    dataset=dataset,
                    on_progress=on_progress,
                )
            case "queries":
                return evaluate_retrieval(space, content, k=self.k, dataset=dataset, on_progress=on_progress)
        return evaluate_labels(
            space, label=content, groups=self.groups, k=self.k, dataset=dataset, on_progress=on_progress
        )
