"""What contenders are called: short names, no two of them equal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from explorer.comparison.contenders.spec import ContenderSpec
from explorer.encode.model_names import PRECISION_NAMES, model_name
from explorer.encode.spec import EncoderSpec, HostedModel, LocalModel, OwnVectors, Tfidf

if TYPE_CHECKING:
    from explorer.analysis.space import Space  # brings torch, which a first page must not wait for

_PROMPT_CHARS = 20
_COMMIT_CHARS = 7
# What is shown only where names would otherwise be equal, in the order in which it is tried.
_WHERE_NEEDED = ("owner", "provider", "precision", "revision", "column")


def named(spaces: Sequence[Space]) -> tuple[str, ...]:
    """Short names of spaces, no two of them equal.

    A name has the model, its prompt if that was chosen, and the transforms. The model's owner, the provider,
    precision, revision and text column are only in names that would otherwise be equal.
    """
    return _distinct(
        [_parts(space.spec, space.corpus.text, [step.name for step in space.transforms]) for space in spaces]
    )


def names_of(specs: Sequence[ContenderSpec], text: str) -> tuple[str, ...]:
    """Short names of contenders, no two of them equal, as `named` gives them to spaces.

    Args:
        specs: The contenders.
        text: The text column of the corpus.
    """
    return _distinct(
        [
            {"model": "BM25", "column": spec.text or text}
            if spec.encoder is None
            else _parts(spec.encoder, spec.text or text, _changes(spec))
            for spec in specs
        ]
    )


def _changes(spec: ContenderSpec) -> list[str]:
    """The names of the transforms of a contender, and CSLS."""
    named = (
        "means aligned" if spec.aligned else "",
        "" if spec.first is None else f"{spec.first:,} dim{'' if spec.first == 1 else 's'}",
        "" if spec.pca is None else f"PCA to {spec.pca:,}",
        "centred" if spec.centred else "",
        "" if spec.stored_as == "float32" else spec.stored_as,
        "CSLS" if spec.csls else "",
    )
    return [name for name in named if name]


def _parts(encoder: EncoderSpec | None, column: str, changes: Sequence[str]) -> dict[str, str]:
    """What can be in a name, by kind; empty where there is nothing to say."""
    parts = {"column": column, "changes": " · ".join(changes)}
    match encoder:
        case LocalModel():
            precision, revision = PRECISION_NAMES[encoder.precision], (encoder.revision or "")[:_COMMIT_CHARS]
            return parts | _model_parts(encoder) | {"precision": precision, "revision": revision}
        case HostedModel():
            return parts | _model_parts(encoder) | {"provider": encoder.provider}
        case Tfidf():
            return parts | {"model": "TF-IDF"}
        case OwnVectors(query_model=LocalModel() | HostedModel() as queries):
            return parts | {"model": "vectors in the rows", "provider": _model_parts(queries)["model"]}
        case _:
            return parts | {"model": "vectors in the rows"}


def _distinct(parts: Sequence[dict[str, str]]) -> tuple[str, ...]:
    """Names from their parts, with as few of these as tell them apart."""
    shown: list[set[str]] = [{"model", "prompt", "changes"} for _ in parts]
    for slot in _WHERE_NEEDED:
        for group in _equal([_joined(*pair) for pair in zip(parts, shown, strict=True)]):
            if len({parts[place].get(slot, "") for place in group}) > 1:
                for place in group:
                    shown[place].add(slot)
    names = [_joined(*pair) for pair in zip(parts, shown, strict=True)]
    for group in _equal(names):
        for number, place in enumerate(group[1:], start=2):
            names[place] = f"{names[place]} ({number})"
    return tuple(names)


def _model_parts(spec: LocalModel | HostedModel) -> dict[str, str]:
    owner, _, name = model_name(spec.model).rpartition("/")
    return {"owner": owner, "model": name, "prompt": _prompt(spec)}


def _prompt(spec: LocalModel | HostedModel) -> str:
    chosen = [prompt for prompt in (spec.prompt, spec.query_prompt) if prompt is not None]
    if not chosen:
        return "for clusters and maps" if spec.task == "clustering" else ""
    told = [f"“{prompt.strip():.{_PROMPT_CHARS}}”" for prompt in dict.fromkeys(chosen) if prompt]
    return " ".join(told) or "without prompt"


def _joined(parts: dict[str, str], shown: set[str]) -> str:
    model = (
        f"{parts['owner']}/{parts['model']}" if "owner" in shown and parts.get("owner") else parts["model"]
    )
    slots = ("provider", "revision", "precision", "column", "prompt", "changes")
    return " · ".join([model, *(parts[slot] for slot in slots if slot in shown and parts.get(slot))])


def _equal(names: list[str]) -> list[list[int]]:
    """The positions of equal names, for each name that occurs more than once."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        places[name].append(place)
    return [group for group in places.values() if len(group) > 1]
