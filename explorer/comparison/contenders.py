"""The contenders of one comparison: whether they can be compared, and what they are called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from explorer.analysis.space import Space
from explorer.comparison.contender import Contender
from explorer.data.corpus import Corpus
from explorer.encode.model_names import PRECISION_NAMES, model_name
from explorer.encode.spec import HostedModel, LocalModel, OwnVectors, Tfidf
from explorer.errors import QueryError

FEWEST, MOST = 2, 8
_PROMPT_CHARS = 20
_COMMIT_CHARS = 7
# What is shown only where names would otherwise be equal, in the order in which it is tried.
_WHERE_NEEDED = ("owner", "provider", "precision", "revision", "column")


def check_contenders(contenders: Sequence[Contender]) -> None:
    """Check that contenders can be compared with one another.

    Raises:
        QueryError: There are fewer than 2 or more than 8, two have the same name or rank in the same way, or
            they do not rank the same rows. They may read different text columns of these rows.
    """
    if not FEWEST <= len(contenders) <= MOST:
        raise QueryError(
            f"A comparison has {FEWEST} to {MOST} contenders; there {_are(len(contenders))}.",
            fix="Add a contender." if len(contenders) < FEWEST else "Leave some out.",
        )
    names: set[str] = set()
    seen: dict[str, str] = {}
    first = contenders[0]
    for contender in contenders:
        if contender.name in names:
            raise QueryError(f"Two contenders are called “{contender.name}”.", fix="Rename one.")
        names.add(contender.name)
        twin = seen.setdefault(contender.fingerprint, contender.name)
        if twin != contender.name:
            raise QueryError(
                f"“{twin}” and “{contender.name}” are the same encoder with the same settings.",
                fix="Leave one out.",
            )
        if not _same_rows(first.corpus, contender.corpus):
            raise QueryError(
                f"“{first.name}” and “{contender.name}” do not have the same rows.",
                where=contender.corpus.name,
                fix="Encode the same rows with both.",
            )


def named(spaces: Sequence[Space]) -> tuple[str, ...]:
    """Short names of spaces, no two of them equal.

    A name has the model, its prompt if that was chosen, and the transforms. The model's owner, the provider,
    precision, revision and text column are only in names that would otherwise be equal.
    """
    parts = [_parts(space) for space in spaces]
    shown: list[set[str]] = [{"model", "prompt", "transforms"} for _ in spaces]
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


def _are(count: int) -> str:
    return f"is {count}" if count == 1 else f"are {count}"


def _same_rows(one: Corpus, other: Corpus) -> bool:
    """Whether two corpora have the same rows, except for what is in their text columns."""
    if one is other:
        return True
    if not np.array_equal(one.source_rows, other.source_rows):
        return False
    texts = {one.text, other.text}
    columns = set(one.table.column_names) - texts
    if columns != set(other.table.column_names) - texts:
        return False
    return all(one.table[name].equals(other.table[name]) for name in columns)


def _parts(space: Space) -> dict[str, str]:
    """What can be in the name of a space, by kind; empty where there is nothing to say."""
    parts = {"column": space.corpus.text, "transforms": " · ".join(step.name for step in space.transforms)}
    spec = space.spec
    match spec:
        case LocalModel():
            precision, revision = PRECISION_NAMES[spec.precision], (spec.revision or "")[:_COMMIT_CHARS]
            return parts | _model_parts(spec) | {"precision": precision, "revision": revision}
        case HostedModel():
            return parts | _model_parts(spec) | {"provider": spec.provider}
        case Tfidf():
            return parts | {"model": "TF-IDF"}
        case OwnVectors(query_model=LocalModel() | HostedModel() as queries):
            return parts | {"model": "vectors in the rows", "provider": _model_parts(queries)["model"]}
        case _:
            return parts | {"model": "vectors in the rows"}


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
    slots = ("provider", "revision", "precision", "column", "prompt", "transforms")
    return " · ".join([model, *(parts[slot] for slot in slots if slot in shown and parts.get(slot))])


def _equal(names: list[str]) -> list[list[int]]:
    """The positions of equal names, for each name that occurs more than once."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        places[name].append(place)
    return [group for group in places.values() if len(group) > 1]
