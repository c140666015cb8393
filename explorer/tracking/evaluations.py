"""An evaluation logged to MLflow as a run: the encoder, its figures with intervals, a plot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from explorer.comparison.contenders.spec import ContenderSpec
from explorer.comparison.numbers import has_interval
from explorer.evaluation.duplicates import DuplicateEvaluation
from explorer.evaluation.pairs import PairEvaluation
from explorer.evaluation.report.kinds import KINDS, Evaluated
from explorer.jobs.progress import OnProgress
from explorer.share.export import csv_file
from explorer.tracking.comparisons import spec_params
from explorer.tracking.datasets import corpus_dataset, pairs_dataset
from explorer.tracking.plots import Mark, interval_plot
from explorer.tracking.runs import Logged, key, open_run, usual_name


def log_evaluation(
    result: Evaluated, name: str = "", *, texts: bool = False, on_progress: OnProgress | None = None
) -> Logged:
    """Log an evaluation of one encoder to MLflow as a run.

    Each figure is a metric, with its 95 % interval as `…/low` and `…/high` and what the model's card
    publishes as `…/published`. The figures as text and a plot of them are artifacts, and the rows or pairs
    are a dataset of MLflow by their fingerprint.

    Args:
        result: What `explorer.evaluate_pairs`, `evaluate_duplicates`, `evaluate_retrieval` or
            `evaluate_labels` gave.
        name: The name of the run; empty for one made from the name of the encoder.
        texts: Whether to log texts as well: the cases, worst first, as CSV.
        on_progress: Called often; an exception it raises stops the work.

    Raises:
        QueryError: The name is not valid.
        TrackingError: See `explorer.mlflow_store.connection.connected`.
    """
    kind = KINDS[type(result)].name
    called = name or usual_name(f"{result.encoder} on {kind}")
    with open_run(called, {"explorer.kind": "evaluation"}, on_progress) as run:
        run.log_params(_params(result, kind))
        run.log_dataset(_dataset(result))
        run.log_metrics(dict(_metrics(result)))
        marks = [Mark(each.measure.name, each.value, each.low, each.high) for each in result.figures]
        run.log_file(interval_plot(f"{result.encoder} on {kind}", marks), "plots/figures.svg")
        run.log_file(result.text, "evaluation.txt")
        if texts:
            cases = pa.Table.from_pandas(result.worst(result.figures[0].n), preserve_index=False)
            run.log_bytes(csv_file(cases), "cases.csv")
    return Logged(run.id, called)


def _params(result: Evaluated, kind: str) -> dict[str, object]:
    own = {} if result.spec is None else spec_params(ContenderSpec(result.spec))
    units = {"n": result.figures[0].n, "independent": result.figures[0].independent}
    facts = {"encoder": result.encoder, "similarity": result.similarity, "dtype": result.dtype or None}
    return {"evaluated on": kind, **facts, **own, **units}


def _dataset(result: Evaluated) -> Any:  # noqa: ANN401 - one of mlflow.data
    if isinstance(result, PairEvaluation | DuplicateEvaluation):
        return pairs_dataset(result.pairs)
    return corpus_dataset(result.corpus)


def _metrics(result: Evaluated) -> Iterator[tuple[str, float]]:
    for each in result.figures:
        called = key(each.measure.name)
        yield called, each.value
        if has_interval(each.low, each.high):
            yield f"{called}/low", each.low
            yield f"{called}/high", each.high
        if each.published:
            yield f"{called}/published", each.published[0].value
    if isinstance(result, DuplicateEvaluation):
        yield "threshold with the best F1", result.at_best_f1.value
        if result.at_precision is not None:
            yield "threshold with the precision wanted", result.at_precision.value
