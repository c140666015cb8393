"""The comparison of a session file: contenders, options, judgements, and what was measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from explorer.comparison.contenders.spec import MOST, ContenderSpec
from explorer.comparison.files.archive import Array
from explorer.comparison.files.arrays import Arrays
from explorer.comparison.files.contents import (
    MOST_NEIGHBORS,
    choices_from,
    judgements_from,
    pairs_from,
    views_from,
)
from explorer.comparison.files.opening import open_comparison
from explorer.comparison.files.saving import (
    Choices,
    answers_array,
    choices_record,
    judgement_arrays,
    judgements_record,
    pair_arrays,
    pairs_record,
)
from explorer.comparison.files.spec_records import spec_from, spec_record
from explorer.data.corpus import Corpus
from explorer.data.records import DamagedFileError, Record
from explorer.errors import ExplorerError
from explorer.session.files.contents import ChosenComparison
from explorer.session.files.encoders_here import EncodersHere, Named, named_encoder


def comparison_record(chosen: ChosenComparison) -> dict[str, Any]:
    """What was chosen for a comparison as a JSON object, without what `comparison_arrays` has."""
    contenders = chosen.contenders
    return {
        "contenders": None if contenders is None else [_contender_record(spec) for spec in contenders],
        "k": chosen.k,
        "groups": chosen.groups,
        "views": None if chosen.views is None else list(chosen.views),
        "judgements": None if chosen.judgements is None else judgements_record(chosen.judgements),
        "pairs": None if chosen.pairs is None else pairs_record(chosen.pairs),
        "choices": choices_record(Choices(chosen.name, chosen.queries, chosen.answers)),
    }


def comparison_arrays(chosen: ChosenComparison) -> dict[str, Array]:
    """The numbers of judgements, answers and pairs, as arrays by name."""
    arrays: dict[str, Array] = {"answers": answers_array(chosen.answers)}
    if chosen.judgements is not None:
        arrays |= judgement_arrays(chosen.judgements)
    if chosen.pairs is not None:
        arrays |= pair_arrays(chosen.pairs)
    return arrays


def comparison_from(record: Record, arrays: Arrays, rows: int, here: EncodersHere) -> ChosenComparison:
    """What was chosen for a comparison; contenders whose encoder is not here are left out.

    Args:
        record: What `comparison_record` wrote.
        arrays: What `comparison_arrays` gave.
        rows: The number of rows.
        here: Finds the encoders.

    Raises:
        DamagedFileError: It is something else.
    """
    named = record.optional("contenders", record.records)
    contenders = (
        [] if named is None else [spec for one in named if (spec := _contender_from(one, here)) is not None]
    )
    if named is not None and not 0 < len(named) <= MOST:
        raise DamagedFileError("it has no contender, or too many")
    choices = choices_from(record.record("choices"), arrays, rows)
    return ChosenComparison(
        name=choices.name,
        contenders=tuple(dict.fromkeys(contenders)) or None,
        k=record.integer("k", 1, MOST_NEIGHBORS),
        groups=record.optional("groups", record.text),
        views=views_from(record),
        judgements=record.optional(
            "judgements", lambda key: judgements_from(record.record(key), arrays, rows)
        ),
        pairs=record.optional("pairs", lambda key: pairs_from(record.record(key), arrays)),
        queries=choices.queries,
        answers=choices.answers,
    )


def with_result(chosen: ChosenComparison, content: bytes, corpus: Corpus) -> tuple[ChosenComparison, str]:
    """What was chosen with what was measured, and why the latter is left out, as a sentence.

    Args:
        chosen: What was chosen.
        content: The bytes of the file of the comparison.
        corpus: The rows.
    """
    try:
        return replace(chosen, result=open_comparison(content, corpus)), ""
    except ExplorerError as error:
        return chosen, f"The comparison is made again: {error.what}"


def _contender_record(spec: ContenderSpec) -> dict[str, Any]:
    record = spec_record(spec)
    return record if spec.encoder is None else record | {"encoder": named_encoder(spec.encoder)}


def _contender_from(record: Record, here: EncodersHere) -> ContenderSpec | None:
    spec = spec_from(record)
    if spec.encoder is None:
        return spec
    encoder = here.find(Named(spec.encoder, record.record("encoder").flag("in_folder")))
    return None if encoder is None else replace(spec, encoder=encoder)
