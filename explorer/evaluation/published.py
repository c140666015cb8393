"""Figures that a model's card publishes for a dataset, beside those measured here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from explorer.comparison.measure import Measure
from explorer.encode.models import BUNDLED_MODEL, find_model
from explorer.encode.spec import EncoderSpec, HostedModel, LocalModel
from explorer.errors import ExplorerError
from explorer.hub.card_results import CardFigure
from explorer.hub.cards import read_card
from explorer.hub.model_files import model_information
from explorer.mlflow_store.names import is_tracked
from explorer.tensor import Metric

# Figures here agree with those of sentence-transformers to this, so a card with more digits says no more.
_EXACT = 1e-6
_LISTED = 10  # datasets of a card that a note names
_SIMILARITIES: dict[Metric, tuple[str, ...]] = {
    "cosine": ("cos_sim", "cosine"),
    "dot": ("dot",),
    "euclidean": ("euclidean",),
}
_AT = re.compile(r"(nDCG|MRR|recall)@(\d+)")
_STS = ("sts", "semanticsimilarity")
_PAIRS = ("pairclassification", "binaryclassification")
_RETRIEVAL = ("retrieval", "informationretrieval", "nanobeir")
# The metric and the tasks in cards: those of MTEB and of the evaluators of sentence-transformers.
_NAMES = {
    "Spearman": ("spearman", _STS),
    "Pearson": ("pearson", _STS),
    "average precision": ("ap", _PAIRS),
    "best F1": ("f1", _PAIRS),
    "linear probe": ("accuracy", ("classification",)),
    "V-measure": ("v_measure", ("clustering",)),
}


@dataclass(frozen=True)
class Published:
    """A published figure beside ours.

    Attributes:
        value: The published figure, out of 1 as ours.
        written: As it is written in the card.
        dataset: The dataset's name in the card.
        split: The split; empty if the card does not state it.
        metric: The metric's name in the card.
        source: The source; `model card` if none is named.
        difference: Ours minus the published figure.
        differs: Whether they differ by more than rounding: by more than half a unit of the last digit that is
            published, and by more than 1e-6.
    """

    value: float
    written: str
    dataset: str
    split: str
    metric: str
    source: str
    difference: float
    differs: bool


def card_of(spec: EncoderSpec | None) -> str:
    """The card of a model, Markdown: from its folder, or from the Hub.

    Args:
        spec: The encoder; None for vectors without one.

    Raises:
        ExplorerError: It has no card, or the Hub does not answer.
    """
    if not isinstance(spec, LocalModel | HostedModel):
        raise ExplorerError("What encodes the texts has no model card.")
    if isinstance(spec, LocalModel):
        if not card_is_on_hub(spec):
            return _card_in(find_model(spec.model).folder)
        revision = spec.revision
    else:
        revision = None
    _, commit = model_information(spec.model, revision)
    card = read_card(spec.model, commit, "model")
    if card is None:
        raise ExplorerError("The Hub does not give the model card before its terms are accepted.")
    return card


def card_is_on_hub(spec: LocalModel | HostedModel) -> bool:
    """Whether the card of a model is read from the Hub, not from a folder on this machine."""
    here = spec.model == BUNDLED_MODEL or Path(spec.model).is_absolute() or is_tracked(spec.model)
    return not (isinstance(spec, LocalModel) and here)


def _card_in(folder: Path) -> str:
    try:
        return (folder / "README.md").read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ExplorerError(
            "The model's folder has no README.md with its card.", where=folder.name
        ) from error


def published_figures(
    card: Sequence[CardFigure], dataset: str, measure: Measure, value: float, similarity: Metric
) -> tuple[Published, ...]:
    """The published figures of one measure on a dataset, that of the split `test` first.

    Args:
        card: The figures of the card.
        dataset: The dataset's name, with or without `MTEB`, or its id on the Hub; case, spaces and
            punctuation do not count.
        measure: What was measured.
        value: Our figure.
        similarity: How vectors are compared, which names of metrics in cards say.
    """
    tasks, names = _wanted(measure.name, similarity)
    found: dict[tuple[str, str, str], CardFigure] = {}
    for name in names:  # a figure of our own similarity before one of the model's, whichever it was
        for figure in of_dataset(card, dataset):
            if figure.metric.lower() == name and _letters(figure.task) in tasks:
                found.setdefault((figure.dataset, figure.config, figure.split), figure)
    return tuple(
        sorted((_beside(figure, value) for figure in found.values()), key=lambda each: each.split != "test")
    )


def of_dataset(card: Iterable[CardFigure], dataset: str) -> list[CardFigure]:
    """The figures for a dataset; see `published_figures`."""
    wanted = _letters(dataset)
    return [each for each in card if wanted and wanted in map(_letters, (each.dataset, each.dataset_id))]


def dataset_names(card: Iterable[CardFigure], measures: Iterable[str]) -> list[str]:
    """The datasets for whose tasks a card has figures, in its order.

    Args:
        card: The figures of the card.
        measures: The names of measures, such as `Spearman`.
    """
    tasks = {task for measure in measures for task in _wanted(measure, "cosine")[0]}
    return list(dict.fromkeys(each.dataset for each in card if _letters(each.task) in tasks))


def datasets_in(card: Iterable[CardFigure], measures: Iterable[Measure]) -> str:
    """The first datasets for whose tasks a card has figures, as the end of a sentence; empty for none."""
    names = dataset_names(card, [measure.name for measure in measures])
    # Written by a stranger: `repr` leaves nothing in it that could control a terminal.
    listed = ", ".join(map(repr, names[:_LISTED]))
    return f"{listed}, …" if len(names) > _LISTED else listed


def _wanted(measure: str, similarity: Metric) -> tuple[tuple[str, ...], list[str]]:
    """The tasks of cards whose figures are of a measure, and the names of its metric, the exactest first."""
    if at := _AT.fullmatch(measure):
        name, depth = at[1].lower(), at[2]
        own = [f"{prefix}_{name}@{depth}" for prefix in _SIMILARITIES[similarity]]
        return _RETRIEVAL, [*own, f"{name}_at_{depth}"]
    if measure not in _NAMES:
        return (), []
    name, tasks = _NAMES[measure]
    own = [
        written
        for prefix in _SIMILARITIES[similarity]
        for written in (f"{prefix}_{name}", f"{name}_{prefix}")
    ]
    return tasks, [*own, name]


def _beside(figure: CardFigure, value: float) -> Published:
    difference = value - figure.value
    return Published(
        figure.value,
        figure.written,
        figure.dataset,
        figure.split,
        figure.metric,
        figure.source,
        difference,
        not abs(difference) <= max(figure.half_unit * (1 + 1e-9), _EXACT),
    )


def _letters(name: str) -> str:
    """A name for comparison: letters and digits in lower case, without a leading MTEB."""
    return re.sub(r"[\W_]", "", name.lower()).removeprefix("mteb")
