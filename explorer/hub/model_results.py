"""Published benchmark results of a model, from its card or its result files, with their sources."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from explorer.hub.json_values import as_count, as_list, as_table, as_text
from explorer.hub.model_search import MAX_CHARS, MAX_ENTRIES

_MAX_RESULTS = 500
_MTEB = "MTEB "
# The main metric of each task: for MTEB (arxiv.org/abs/2210.07316, section 3.2), as cards spell it, and for
# evaluators of sentence-transformers (`primary_metric`).
_METRICS = {
    "classification": ("accuracy",),
    "multilabelclassification": ("accuracy",),
    "clustering": ("v_measure",),
    "pairclassification": ("cos_sim_ap", "cosine_ap", "max_ap"),
    "reranking": ("map", "ndcg@10"),
    "retrieval": ("ndcg_at_10",),
    "sts": ("cos_sim_spearman", "cosine_spearman"),
    "summarization": ("cos_sim_spearman", "cosine_spearman"),
    "bitextmining": ("f1",),
    "semantic-similarity": ("spearman_cosine", "spearman_dot", "spearman_max"),
    "information-retrieval": ("cosine_ndcg@10", "dot_ndcg@10"),
    "nano-beir": ("cosine_ndcg@10", "dot_ndcg@10"),
    "triplet": ("cosine_accuracy", "dot_accuracy", "max_accuracy"),
    "binary-classification": ("cosine_ap", "dot_ap", "max_ap"),
    "paraphrase-mining": ("average_precision",),
    "translation": ("mean_accuracy",),
    "label-accuracy": ("accuracy",),
}
# Metrics with a range of 0 to 1, or −1 to 1; thresholds and errors may be any number.
SHARE = re.compile(
    r"main_score|(?!.*threshold)(.*[_@])?"
    r"(accuracy|precision|recall|ndcg|mrr|map|ap|f1|spearman|pearson|v_measure)([_@].*)?"
)


@dataclass(frozen=True)
class PublishedResult:
    """A published result of a model on a benchmark.

    Attributes:
        benchmark: Name of the benchmark, without a leading "MTEB".
        metric: Name of the metric, or the benchmark's task.
        score: The value; metrics with a range of 0 to 1 are given in percent.
        source: The source: its name, `model card`, or an open pull request.
        address: http(s) URL of the source; empty if not stated.
        verified: Whether the Hub has verified the result.
    """

    benchmark: str
    metric: str
    score: float
    source: str
    address: str
    verified: bool


def published_results(card: object, files: object) -> list[PublishedResult]:
    """Published results, at most 500, without duplicates of benchmark, metric and source.

    Args:
        card: The unchecked `model-index` of its card: huggingface.co/docs/hub/model-cards#evaluation-results.
        files: The unchecked contents of its `.eval_results` folder, `evalResults` in the Hub's API:
            huggingface.co/docs/hub/eval-results.
    """
    found: dict[tuple[str, str, str], PublishedResult] = {}
    for result in (*_results_in_files(files), *_results_in_card(card)):
        if len(found) == _MAX_RESULTS:
            break
        found.setdefault((result.benchmark, result.metric, result.source), result)
    return list(found.values())


def _results_in_card(index: object) -> Iterator[PublishedResult]:
    for entry in as_list(index, MAX_ENTRIES):
        for result in map(as_table, as_list(as_table(entry).get("results"), MAX_ENTRIES)):
            name = as_text(as_table(result.get("dataset")).get("name"), MAX_CHARS)
            values = _values(result.get("metrics"))
            metric = _main_metric(values, as_table(result.get("task")).get("type"))
            if name is None or metric is None:
                continue
            value, verified = values[metric]
            # Authors publish fractions or percentages. The largest of all metrics of a result shows which,
            # since some of them exceed 1 %.
            shares = [abs(other) for one, (other, _) in values.items() if SHARE.fullmatch(one)]
            out_of_one = SHARE.fullmatch(metric) is not None and max(shares) <= 1
            source, address = source_of(result.get("source"))
            yield PublishedResult(
                name.removeprefix(_MTEB),
                metric,
                100 * value if out_of_one else value,
                source or "model card",
                address,
                verified,
            )


def _results_in_files(entries: object) -> Iterator[PublishedResult]:
    """Entries as in `parse_eval_result_entries` of huggingface_hub, with the properties that the Hub adds."""
    for entry in map(as_table, as_list(entries, MAX_ENTRIES)):
        data = as_table(entry.get("data", entry))
        dataset = as_table(data.get("dataset"))
        name, task = as_text(dataset.get("id"), MAX_CHARS), as_text(dataset.get("task_id"), MAX_CHARS)
        value = _number(data.get("value"))
        if "error" in entry or name is None or task is None or value is None:
            continue
        source, address = source_of(data.get("source"))
        request = as_count(entry.get("pullRequest"))
        if request:  # anybody may propose a result; the Hub shows it until the authors decide
            source = f"open pull request {request}"
        yield PublishedResult(
            name,
            task,
            100 * value if abs(value) <= 1 else value,
            source or "model repository",
            address,
            # A `verifyToken` alone proves nothing; only the Hub can validate it.
            entry.get("verified") is True,
        )


def _values(metrics: object) -> dict[str, tuple[float, bool]]:
    """Value of each metric, and whether the Hub has verified it."""
    values: dict[str, tuple[float, bool]] = {}
    for metric in map(as_table, as_list(metrics, MAX_ENTRIES)):
        name, value = as_text(metric.get("type"), MAX_CHARS), _number(metric.get("value"))
        if name is not None and value is not None:
            values.setdefault(name, (value, metric.get("verified") is True))
    return values


def _main_metric(values: Mapping[str, Any], task: object) -> str | None:
    ranked = _METRICS.get(str(task).lower(), ())
    named = next((name for name in ("main_score", *ranked) if name in values), None)
    return named or (next(iter(values)) if len(values) == 1 else None)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def source_of(source: object) -> tuple[str | None, str]:
    """The name and the http(s) URL of an unchecked `source` of a result: None and "" where not stated."""
    entry = as_table(source)
    name = as_text(entry.get("name"), MAX_CHARS) or as_text(entry.get("org"), MAX_CHARS)
    address = as_text(entry.get("url"), 500) or ""
    if not address.lower().startswith(("https://", "http://")):
        address = ""
    return name or as_text(entry.get("user"), MAX_CHARS) or address or None, address
