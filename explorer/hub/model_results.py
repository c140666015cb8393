"""What a model is said to score on benchmarks, in its card or in files of its own, and who says so."""

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
# The metric each kind of task is ranked by: those of MTEB (arxiv.org/abs/2210.07316, section 3.2), as cards
# spell them, and those that sentence-transformers writes into cards (`primary_metric` of its evaluators).
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
# Metrics that go from 0 to 1; thresholds and errors may be any number.
_SHARE = re.compile(
    r"main_score|(?!.*threshold)(.*[_@])?"
    r"(accuracy|precision|recall|ndcg|mrr|map|ap|f1|spearman|pearson|v_measure)([_@].*)?"
)


@dataclass(frozen=True)
class PublishedResult:
    """What a model is said to score on a benchmark.

    Attributes:
        benchmark: Its name, without a leading "MTEB".
        metric: What was measured: a metric, or the benchmark's task.
        score: Out of 100 where it is a share, whether it was published so or out of 1.
        source: Who says so: the name of a source, `model card`, or an open pull request.
        address: Where it can be read, http(s); empty where that is not stated.
        verified: Whether the Hub has checked that it was measured as stated.
    """

    benchmark: str
    metric: str
    score: float
    source: str
    address: str
    verified: bool


def published_results(card: object, files: object) -> list[PublishedResult]:
    """What a model is said to score, each benchmark once for each metric and source, at most 500.

    Args:
        card: The `model-index` of its card: huggingface.co/docs/hub/model-cards#evaluation-results.
        files: What the Hub read in its `.eval_results` folder, `evalResults` in its API:
            huggingface.co/docs/hub/eval-results.
    """
    found: dict[tuple[str, str, str], PublishedResult] = {}
    for result in (*_of_files(files), *_of_card(card)):
        if len(found) == _MAX_RESULTS:
            break
        found.setdefault((result.benchmark, result.metric, result.source), result)
    return list(found.values())


def _of_card(index: object) -> Iterator[PublishedResult]:
    for entry in as_list(index, MAX_ENTRIES):
        for result in map(as_table, as_list(as_table(entry).get("results"), MAX_ENTRIES)):
            name = as_text(as_table(result.get("dataset")).get("name"), MAX_CHARS)
            values = _values(result.get("metrics"))
            metric = _main_metric(values, as_table(result.get("task")).get("type"))
            if name is None or metric is None:
                continue
            value, verified = values[metric]
            # Authors publish shares out of 1 or out of 100. Of the many metrics of one result, some are above
            # a hundredth: then the largest says which.
            shares = [abs(other) for one, (other, _) in values.items() if _SHARE.fullmatch(one)]
            out_of_one = _SHARE.fullmatch(metric) is not None and max(shares) <= 1
            said, address = _source(result.get("source"))
            yield PublishedResult(
                name.removeprefix(_MTEB),
                metric,
                100 * value if out_of_one else value,
                said or "model card",
                address,
                verified,
            )


def _of_files(entries: object) -> Iterator[PublishedResult]:
    """As `parse_eval_result_entries` of huggingface_hub reads them, and what the Hub adds beside."""
    for entry in map(as_table, as_list(entries, MAX_ENTRIES)):
        said = as_table(entry.get("data", entry))
        dataset = as_table(said.get("dataset"))
        name, task = as_text(dataset.get("id"), MAX_CHARS), as_text(dataset.get("task_id"), MAX_CHARS)
        value = _number(said.get("value"))
        if "error" in entry or name is None or task is None or value is None:
            continue
        source, address = _source(said.get("source"))
        request = as_count(entry.get("pullRequest"))
        if request:  # anybody may propose one, and the Hub shows it while the authors have not answered
            source = f"open pull request {request}"
        yield PublishedResult(
            name,
            task,
            100 * value if abs(value) <= 1 else value,
            source or "model repository",
            address,
            # A `verifyToken` alone proves nothing: the Hub says whether it is valid.
            entry.get("verified") is True,
        )


def _values(metrics: object) -> dict[str, tuple[float, bool]]:
    """The values of a result by their metrics, and whether the Hub measured them itself."""
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


def _source(source: object) -> tuple[str | None, str]:
    told = as_table(source)
    name = as_text(told.get("name"), MAX_CHARS) or as_text(told.get("org"), MAX_CHARS)
    address = as_text(told.get("url"), 500) or ""
    if not address.lower().startswith(("https://", "http://")):
        address = ""
    return name or as_text(told.get("user"), MAX_CHARS) or address or None, address
