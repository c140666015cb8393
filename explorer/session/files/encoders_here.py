"""The encoders that a session file names, as far as they can be had on this machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from explorer.data.corpus import Corpus
from explorer.data.records import Record
from explorer.encode.engines.embedding_servers import embedding_servers
from explorer.encode.engines.inference_providers import PROVIDERS
from explorer.encode.model_names import choose_model, encoder_name, model_name, model_path
from explorer.encode.models import is_on_disk
from explorer.encode.saved_encoder import saved_encoder
from explorer.encode.spec import EncoderSpec, HostedModel, LocalModel, OwnVectors, Tfidf
from explorer.encode.spec_records import encoder_from, encoder_record
from explorer.errors import ModelNotFoundError


def named_encoder(spec: EncoderSpec) -> dict[str, Any]:
    """An encoder as a JSON object: of a folder the name that links have, and whether its model is in one."""
    queries = spec.query_model if isinstance(spec, OwnVectors) else spec
    in_folder = isinstance(queries, LocalModel) and Path(queries.model).is_absolute()
    if isinstance(queries, LocalModel):
        named = replace(queries, model=model_path(queries.model))
        spec = OwnVectors(named) if isinstance(spec, OwnVectors) else named
    return encoder_record(spec) | {"in_folder": in_folder}


@dataclass(frozen=True)
class Named:
    """An encoder that a file names.

    Attributes:
        spec: The encoder; the model of a folder has only the folder's name.
        in_folder: Whether its model was in a folder.
    """

    spec: EncoderSpec
    in_folder: bool


def named_from(record: Record) -> Named:
    """What `named_encoder` wrote.

    Raises:
        DamagedFileError: It is something else.
    """
    return Named(encoder_from(record), record.flag("in_folder"))


class EncodersHere:
    """The encoders of a file as they can be opened here.

    Args:
        corpus: The rows; None if they cannot be had.
        encoded_by: The encoder whose vectors the file has; it becomes the vectors themselves.

    Attributes:
        missing: What cannot be had, as sentences.
    """

    def __init__(self, corpus: Corpus | None, encoded_by: Named | None) -> None:
        self.missing: list[str] = []
        self._corpus = corpus
        self._encoded_by = encoded_by
        self._found: dict[Named, EncoderSpec | None] = {}

    def find(self, one: Named) -> EncoderSpec | None:
        """An encoder that can be opened; None if it cannot, which is then said in `missing`."""
        if one not in self._found:
            own = one == self._encoded_by or isinstance(one.spec, OwnVectors)
            found, why = _with_vectors(one, self._corpus) if own else _here(one)
            self._found[one] = found
            self.missing += [why] if why else []
        return self._found[one]


_BRING = (
    "Put its folder into the model folder of this machine (EXPLORER_MODEL_DIR) and open the file again, or "
    "choose another model on the Data page."
)


def _with_vectors(one: Named, corpus: Corpus | None) -> tuple[EncoderSpec | None, str]:
    """The vectors of the rows, with queries by the model that made them, if it is here."""
    spec = one.spec
    if corpus is None or corpus.vectors is None:
        return None, f"{encoder_name(spec)} is left out: the rows that have the vectors are not here."
    saved = saved_encoder(corpus)
    if saved is not None:
        queries = saved.query_spec().query_model
        why = "" if queries is not None else _no_queries(saved.name)
    elif isinstance(spec, OwnVectors) and spec.query_model is not None:
        here, _ = _here(Named(spec.query_model, one.in_folder))
        queries = here if not isinstance(here, OwnVectors) else None
        why = "" if queries is not None else _no_queries(encoder_name(spec.query_model))
    else:
        queries, why = None, ""
    return OwnVectors(queries), why


def _no_queries(name: str) -> str:
    return (
        f"{name} made the vectors of the rows and is not on this machine. They can be mapped, clustered and "
        f"searched by a row, but not by a text. {_BRING}"
    )


def _here(one: Named) -> tuple[EncoderSpec | None, str]:
    match one.spec:
        case LocalModel() as local:
            return _local(local, in_folder=one.in_folder)
        case HostedModel(provider=provider) as hosted:
            if provider in (*PROVIDERS, *embedding_servers()):
                return hosted, ""
            return None, (
                f"{encoder_name(hosted)} is left out: this machine has no server of that name. The host can "
                "set it up (EXPLORER_EMBEDDING_SERVERS)."
            )
        case Tfidf():
            return one.spec, ""
        case OwnVectors():
            raise AssertionError(one)


def _local(local: LocalModel, *, in_folder: bool) -> tuple[EncoderSpec | None, str]:
    name = model_name(local.model)
    try:
        model = choose_model(local.model)
    except ModelNotFoundError as error:
        if not in_folder:
            return None, f"{encoder_name(local)} is left out: {error.what} {error.fix}".strip()
        model = ""
    if in_folder and not Path(model).is_absolute():  # a name of a folder that the Hub need not learn
        return None, (
            f"{encoder_name(local)} is left out: {name} was a folder on the machine where the session was "
            f"saved, and is not on this one. {_BRING}"
        )
    spec = replace(local, model=model)
    if is_on_disk(model, local.revision):
        return spec, ""
    return spec, (
        f"{name} is not on this machine yet. It is downloaded when rows are encoded with it, which takes a "
        "connection to where it is published."
    )
