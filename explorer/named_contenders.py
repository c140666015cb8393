"""Contenders by the names that a command line gives them, such as `owner/model | first 256 | int8`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from explorer.analysis.space import Space
from explorer.comparison.contenders.contender import Contender
from explorer.comparison.contenders.making import make_contender
from explorer.comparison.contenders.names import names_of
from explorer.comparison.contenders.spec import FEWEST, MOST, ContenderSpec
from explorer.data.corpus import Corpus
from explorer.embedding import embed
from explorer.encode.spec import EncoderSpec, LocalModel, Tfidf, spec_for
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress
from explorer.numbers import number_from

_BM25 = "bm25"
_MOST_DIMS = 100_000


def check_names(names: Sequence[str], asked: Sequence[str] = ()) -> None:
    """Check the names of contenders before any work is done.

    Args:
        names: The names.
        asked: Names that must be among them.

    Raises:
        QueryError: There are too few or too many, one is given twice, one cannot be read, or one that is
            asked for is missing.
    """
    if not FEWEST <= len(names) <= MOST:
        raise QueryError(f"A comparison has {FEWEST} to {MOST} contenders, not {len(names)}.")
    for name in names:
        spec_named(name)
        if names.count(name) > 1:
            raise QueryError("The contender is given twice.", where=name)
    for name in asked:
        if name not in names:
            raise QueryError("This is none of the contenders.", where=name, fix="Repeat a --model exactly.")


def spec_named(name: str) -> ContenderSpec:
    """The contender that a name stands for.

    Raises:
        QueryError: A change after `|` is not known.
    """
    model, *changes = (part.strip() for part in name.split("|"))
    spec = ContenderSpec(None if model == _BM25 else spec_for(model))
    for change in changes:
        spec = _changed(spec, change, name)
    return spec


def named_contenders(
    names: Sequence[str], corpus: Corpus, *, on_progress: OnProgress | None = None
) -> list[Contender]:
    """Encode a corpus for contenders, each model once.

    Args:
        names: Their names, as in `spec_named`.
        corpus: The rows.
        on_progress: Called often. An exception it raises stops the work.

    Raises:
        QueryError: As `spec_named`, or dimensions are out of range.
        ExplorerError: A model cannot be opened, or the rows cannot be encoded; see `embed`.
    """
    specs = [spec_named(name) for name in names]
    encoded: dict[EncoderSpec, Space] = {}
    contenders: list[Contender] = []
    for spec, name in zip(specs, names_of(specs, corpus.text), strict=True):
        if spec.encoder is not None and spec.encoder not in encoded:
            encoded[spec.encoder] = _embedded(corpus, spec.encoder, on_progress)
        made_from = corpus if spec.encoder is None else encoded[spec.encoder]
        contenders.append(make_contender(spec, made_from, name))
    return contenders


def _embedded(corpus: Corpus, encoder: EncoderSpec, on_progress: OnProgress | None) -> Space:
    if isinstance(encoder, Tfidf):
        return embed(corpus, "tfidf", on_progress=on_progress)
    if not isinstance(encoder, LocalModel):
        raise AssertionError(encoder)
    return embed(
        corpus,
        encoder.model,
        precision=encoder.precision,
        prompt=encoder.prompt,
        query_prompt=encoder.query_prompt,
        on_progress=on_progress,
    )


def _changed(spec: ContenderSpec, change: str, name: str) -> ContenderSpec:
    kind, _, given = change.partition(" ")
    dims = number_from(given.strip(), 1, _MOST_DIMS)
    if kind == "first" and dims is not None:
        return replace(spec, first=dims)
    if kind == "pca" and dims is not None:
        return replace(spec, pca=dims)
    match change, spec.encoder:
        case "aligned", _:
            return replace(spec, aligned=True)
        case "centred", _:
            return replace(spec, centred=True)
        case "int8", _:
            return replace(spec, stored_as="int8")
        case "binary", _:
            return replace(spec, stored_as="binary")
        case "csls", _:
            return replace(spec, csls=True)
        case "exact", LocalModel() as model:
            return replace(spec, encoder=replace(model, precision="float32"))
        case "no prompt", LocalModel() as model:
            return replace(spec, encoder=replace(model, prompt="", query_prompt=""))
    raise QueryError(
        f"“{change}” is not known.",
        where=name,
        fix="Use first N, pca N, aligned, centred, int8, binary, csls, no prompt or exact.",
    )
