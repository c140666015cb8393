"""A comparison logged to MLflow as a run: what was compared, figures with intervals, plots, the report."""

from __future__ import annotations

from collections.abc import Iterator

from explorer.comparison.comparison import Comparison
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.comparison.files.saved_contender import spec_of
from explorer.comparison.files.saving import packed
from explorer.comparison.files.spec_records import spec_record
from explorer.comparison.numbers import has_interval
from explorer.comparison.report.report import report_text
from explorer.comparison.scores import Score
from explorer.jobs.progress import OnProgress
from explorer.tracking.datasets import corpus_dataset
from explorer.tracking.plots import Mark, interval_plot
from explorer.tracking.runs import Logged, Run, key, open_run, usual_name

COMPARISON_FILE = "comparison.comparison"
REPORT = "report.html"


def log_comparison(
    comparison: Comparison, name: str = "", *, texts: bool = False, on_progress: OnProgress | None = None
) -> Logged:
    """Log a comparison to MLflow as a run.

    Parameters say what was compared: the rows by name and fingerprint, and each contender's model, revision,
    precision and prompts. Each figure is a metric, `measure/contender`, with its 95 % interval beside it, as
    `…/low` and `…/high`. The report and a plot of each measure are artifacts, and the rows are a dataset of
    MLflow by their fingerprint.

    Args:
        comparison: The comparison.
        name: The name of the run; empty for one made from the name of the rows.
        texts: Whether to log texts as well: the rows that the report quotes, and the file that
            `explorer.open_comparison` opens, which has the texts of judged queries.
        on_progress: Called often; an exception it raises stops the work.

    Raises:
        QueryError: The name is not valid.
        TrackingError: See `explorer.mlflow_store.connection.connected`.
    """
    called = name or usual_name(f"{len(comparison.names)} contenders on {comparison.corpus.name}")
    tags = {"explorer.kind": "comparison", "explorer.verdict": comparison.verdict.text}
    with open_run(called, tags, on_progress) as run:
        run.log_params(_params(comparison))
        run.log_dataset(corpus_dataset(comparison.corpus))
        run.log_metrics(dict(_metrics(comparison)))
        _log_plots(run, comparison)
        run.log_file(report_text(comparison, REPORT, called=name, texts=texts), REPORT)
        if texts:
            run.log_bytes(packed(comparison), COMPARISON_FILE)
    return Logged(run.id, called)


def spec_params(spec: ContenderSpec) -> dict[str, object]:
    """A contender as parameters: its encoder's model, revision, precision and prompts, and its changes."""
    record = spec_record(spec)
    encoder = record.pop("encoder")
    queries = encoder.pop("queries", None) or {}
    changes = {name: value for name, value in record.items() if value not in (None, False, "float32")}
    return {**encoder, **{f"queries {name}": value for name, value in queries.items()}, **changes}


def _params(comparison: Comparison) -> dict[str, object]:
    corpus, judgements = comparison.corpus, comparison.judgements
    named: dict[str, object] = {
        "corpus": corpus.name,
        "rows": len(corpus),
        "fingerprint": corpus.fingerprint,
        "text column": corpus.text,
        "label column": corpus.label,
        "rows measured": len(comparison.sample),
        "grouped by": comparison.grouped_by,
        "views": None if comparison.views is None else " and ".join(comparison.views),
        "judgements": None if judgements is None else judgements.count,
        "k": comparison.k,
        "seed": comparison.seed,
    }
    for place, contender in enumerate(comparison.contenders, start=1):
        spec = spec_of(contender, corpus)
        own = {"name": contender.name, "fingerprint": contender.fingerprint}
        own_params = {} if spec is None else spec_params(spec)
        named |= {key(f"contender {place}", each): value for each, value in {**own, **own_params}.items()}
    return named


def _metrics(comparison: Comparison) -> Iterator[tuple[str, float]]:
    names = _distinct(comparison.names)
    for score in comparison.scores():
        called = key(score.measure.name, names[score.contender])
        yield called, score.value
        if has_interval(score.low, score.high):
            yield f"{called}/low", score.low
            yield f"{called}/high", score.high


def _distinct(names: tuple[str, ...]) -> list[str]:
    """The names of contenders as parts of keys, each different from the others."""
    found: list[str] = []
    for name in map(key, names):
        found.append(name if name not in found else f"{name} {len(found) + 1}")
    return found


def _log_plots(run: Run, comparison: Comparison) -> None:
    by_measure: dict[str, list[Score]] = {}
    for score in comparison.scores():
        by_measure.setdefault(score.measure.name, []).append(score)
    for measure, scores in by_measure.items():
        if any(has_interval(score.low, score.high) for score in scores):
            marks = [
                Mark(comparison.names[each.contender], each.value, each.low, each.high) for each in scores
            ]
            run.log_file(interval_plot(measure, marks), f"plots/{key(measure)}.svg")
