"""Every published figure in the front matter of a model's card, with the digits that were written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from explorer.hub.cards import FRONT_MATTER
from explorer.hub.json_values import as_list, as_table, as_text
from explorer.hub.model_results import SHARE, source_of
from explorer.hub.model_search import MAX_CHARS, MAX_ENTRIES

_MAX_RESULTS = 500
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,30})?(e[+-]?[0-9]{1,2})?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class CardFigure:
    """One figure of a model on a dataset, as its card has it.

    Attributes:
        dataset: The dataset's name, such as `MTEB STSBenchmark`.
        dataset_id: Its id on the Hub; empty if not stated.
        config: Its configuration; empty if not stated.
        split: Its split; empty if not stated.
        task: The task, such as `STS`.
        metric: The metric, such as `cos_sim_spearman`.
        written: The figure as it is written.
        value: The figure; metrics with a range of 0 to 1 are out of 1, also where the card has percentages.
        half_unit: Half a unit of the last digit that is written, on the scale of `value`.
        source: The source; `model card` if none is named.
    """

    dataset: str
    dataset_id: str
    config: str
    split: str
    task: str
    metric: str
    written: str
    value: float
    half_unit: float
    source: str


def card_figures(card: str) -> list[CardFigure]:
    """The figures in a card's `model-index` (huggingface.co/docs/hub/model-cards#evaluation-results).

    Args:
        card: The Markdown of the card, written by a stranger.

    Returns:
        The figures of the first 500 results; none if there is no front matter or it is not valid.
    """
    import yaml

    front = FRONT_MATTER.match(card)
    if front is None:
        return []
    inside = front[0].lstrip("\ufeff").strip().removeprefix("---").removesuffix("---")
    try:
        # This loader makes texts, lists and dicts only. As texts, numbers keep the digits that were written.
        said = yaml.load(inside, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError, ValueError):
        return []
    results = [
        as_table(result)
        for entry in as_list(as_table(said).get("model-index"), MAX_ENTRIES)
        for result in as_list(as_table(entry).get("results"), MAX_ENTRIES)
    ]
    return [figure for result in results[:_MAX_RESULTS] for figure in _of_result(result)]


def _of_result(result: object) -> Iterator[CardFigure]:
    said = as_table(result)
    dataset, task = as_table(said.get("dataset")), as_table(said.get("task"))
    listed = [as_table(metric) for metric in as_list(said.get("metrics"), MAX_ENTRIES)]
    numbers = {
        name: written
        for name, written in ((_text(each.get("type")), _text(each.get("value"))) for each in listed)
        if name and _NUMBER.fullmatch(written)
    }
    # Authors publish fractions or percentages; the largest share of a result shows which.
    largest = max(
        (abs(float(written)) for name, written in numbers.items() if SHARE.fullmatch(name)), default=0
    )
    source, _ = source_of(said.get("source"))
    for name, written in numbers.items():
        scale = 100 if SHARE.fullmatch(name) and largest > 1 else 1
        yield CardFigure(
            _text(dataset.get("name")),
            _text(dataset.get("type")),
            _text(dataset.get("config")),
            _text(dataset.get("split")),
            _text(task.get("type")),
            name,
            written,
            float(written) / scale,
            _half_unit(written) / scale,
            source or "model card",
        )


def _text(value: object) -> str:
    return as_text(value, MAX_CHARS) or ""


def _half_unit(written: str) -> float:
    return 0.5 * 10.0 ** int(Decimal(written).as_tuple().exponent)
