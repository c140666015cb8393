"""Details of one embedding model on the Hugging Face Hub, without downloading it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from explorer.errors import GatedError, HubError, NotOnHubError
from explorer.hub.cards import card_html, read_card
from explorer.hub.client import get_bytes, get_json
from explorer.hub.json_values import as_list, as_table, as_text
from explorer.hub.licences import Licence, licence_of
from explorer.hub.model_files import files_of, model_information, wanted_files
from explorer.hub.model_modules import OwnFacts, own_facts, sizes_of
from explorer.hub.model_results import PublishedResult, published_results
from explorer.hub.model_search import MAX_CHARS, MAX_ENTRIES, ModelListing, listing_of
from explorer.hub.names import is_model_id
from explorer.hub.safetensors_header import TensorHeader, read_header

MAX_JSON_BYTES = 4_000_000  # per configuration file; Gemma's tokenizer_config.json has 1.2 million
_HEADER_BYTES = 100_000  # first request for a safetensors header; enough for files with few tensors
_EXPAND = [
    "evalResults",
    "inferenceProviderMapping",
]  # not in the default response, and not available together with `blobs`
# Written by sentence-transformers to the card of a model trained with MatryoshkaLoss.
_MATRYOSHKA = re.compile(r'"matryoshka_dims":\s*(\[[\d,\s]{1,400}\])')


@dataclass(frozen=True)
class ServedBy:
    """An Inference Provider that serves a model: huggingface.co/docs/inference-providers/hub-api.

    Attributes:
        provider: The provider's name on the Hub.
        task: The task it serves the model for, such as `feature-extraction`.
    """

    provider: str
    task: str


@dataclass(frozen=True, kw_only=True)
class ModelDetails(OwnFacts):
    """A model at a commit: facts from its own files, from the Hub and from its card.

    Attributes:
        listing: The Hub's listing of it.
        commit: The commit.
        download_size: Size of the files needed to run it, in bytes; None if unknown.
        card: Its card as safe HTML; empty if there is none.
        refused: Whether the Hub refused access to its files, as it does until its terms are accepted.
        licence: Its licence; None if not stated.
        training_datasets: Training data sets named in its card, as ids on the Hub or other names.
        base_models: Models it was derived from.
        new_version: Id of the newer model that replaces it, according to its authors; None if not stated.
        results: Published benchmark results.
        served_by: Inference Providers that serve it now.
        exports: Other runtimes that its repository has files for.
    """

    listing: ModelListing
    commit: str
    download_size: int | None
    card: str
    refused: bool = False
    licence: Licence | None = None
    training_datasets: tuple[str, ...] = ()
    base_models: tuple[str, ...] = ()
    new_version: str | None = None
    results: tuple[PublishedResult, ...] = ()
    served_by: tuple[ServedBy, ...] = ()
    exports: tuple[str, ...] = ()

    @property
    def active_parameters(self) -> int | None:
        """Number of parameters without the token embedding table; None if unknown."""
        total, table = self.listing.parameters, self.table_parameters
        return None if total is None or table is None else max(0, total - table)


def model_details(name: str, revision: str | None = None) -> ModelDetails:
    """Get the details of a model; only the public ones if access to its files is refused.

    Args:
        name: Hub id.
        revision: Branch, tag or commit; None for the default branch.

    Raises:
        NotOnHubError: The Hub has no such model or revision, or it is private.
        HubUnreachableError: The Hub does not respond, or not correctly.
    """
    info, commit = model_information(name, revision)
    listing = listing_of({**info, "id": name}, is_organisation=_is_organisation(info.get("author")))
    if listing is None:
        raise NotOnHubError("That is not a valid model name.", where=name)
    files = {file.path: file for file in files_of(info) if file.size != 0}
    small = _SmallFiles(name, commit, files)
    wanted = wanted_files(list(files.values()))
    sizes = [file.size for file in wanted]
    known_sizes = [size for size in sizes if size is not None]
    card = read_card(name, commit, "model") if "README.md" in files else None
    own = own_facts(small.json, small.tensors)
    card_data, expanded = as_table(info.get("cardData")), _expanded_info(name)
    own = dataclasses.replace(own, matryoshka=own.matryoshka or _matryoshka(card or ""))
    bases = _ids(card_data.get("base_model"))
    return ModelDetails(
        listing=dataclasses.replace(
            listing,
            has_safetensors=any(file.path.endswith(".safetensors") for file in wanted),
            needs_remote_code=listing.needs_remote_code or own.has_own_modules,
        ),
        commit=commit,
        download_size=sum(known_sizes) if len(known_sizes) == len(sizes) else None,
        card=card_html(card) if card else "",
        refused=small.refused,
        licence=licence_of(card_data, listing.licence),
        training_datasets=_ids(card_data.get("datasets")),
        base_models=bases or ((listing.base_model,) if listing.base_model else ()),
        new_version=next((new for new in _ids(card_data.get("new_version")) if is_model_id(new)), None),
        results=tuple(
            published_results(
                info.get("model-index") or card_data.get("model-index"), expanded.get("evalResults")
            )
        ),
        served_by=_served_by(expanded.get("inferenceProviderMapping")),
        exports=_exports(files),
        **vars(own),
    )


class _SmallFiles:
    """The configuration files of a model, downloaded on demand.

    Attributes:
        refused: Whether the Hub refused access to one of them.
    """

    def __init__(self, name: str, commit: str, files: Iterable[str]) -> None:
        self.refused = False
        self._name, self._commit, self._files = name, commit, set(files)

    def json(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """A JSON file; None if it is missing, too large, not valid JSON, or refused."""
        try:
            return json.loads(self._bytes(path, 0, MAX_JSON_BYTES))
        except (ValueError, RecursionError):
            return None

    def tensors(self, path: str) -> dict[str, TensorHeader]:
        """The tensors of a safetensors file, by name; empty if the file is missing or refused."""
        beginning = self._bytes(path, 0, _HEADER_BYTES)

        def read(start: int, end: int) -> bytes:
            return beginning[start:end] if end <= _HEADER_BYTES else self._bytes(path, start, end)

        return read_header(read)

    def _bytes(self, path: str, start: int, end: int) -> bytes:
        if path not in self._files:
            return b""
        try:
            return get_bytes(self._name, path, self._commit, start, end, kind="model")
        except GatedError:
            self.refused = True
            return b""


def _is_organisation(author: object) -> bool | None:
    """Whether an author is an organisation and not a person; None if unknown."""
    if not isinstance(author, str) or not is_model_id(author) or "/" in author:
        return None
    try:
        get_json(f"/api/organizations/{author}/overview", where=author)
    except NotOnHubError:
        return False
    except HubError:  # the other details are still useful
        return None
    return True


def _expanded_info(name: str) -> Mapping[str, Any]:
    """Properties that the Hub returns only on request; empty if it does not respond."""
    try:
        return as_table(get_json(f"/api/models/{name}", {"expand": _EXPAND}, where=name))
    except HubError:  # the other details are still useful
        return {}


def _served_by(mapping: object) -> tuple[ServedBy, ...]:
    # An object by provider, or a list of entries with `provider`: `ModelInfo` of huggingface_hub 2.4.
    listed = [{**as_table(entry), "provider": name} for name, entry in as_table(mapping).items()]
    found = []
    for entry in map(as_table, [*listed, *as_list(mapping)][:MAX_ENTRIES]):
        provider, task = (as_text(entry.get(key), MAX_CHARS) for key in ("provider", "task"))
        if provider and task and entry.get("status") == "live":
            found.append(ServedBy(provider, task))
    return tuple(found)


def _exports(files: Iterable[str]) -> tuple[str, ...]:
    paths = list(files)
    kinds = {
        "ONNX": any(path.endswith(".onnx") for path in paths),
        "OpenVINO": any(re.fullmatch(r"(.*/)?openvino_[^/]*\.xml", path) for path in paths),
    }
    return tuple(kind for kind, has in kinds.items() if has)


def _matryoshka(card: str) -> tuple[int, ...]:
    stated = _MATRYOSHKA.search(card)
    try:
        return sizes_of(json.loads(stated[1])) if stated else ()
    except ValueError:
        return ()


def _ids(values: object) -> tuple[str, ...]:
    """Names in a card: a list, or a single string."""
    listed = [values] if isinstance(values, str) else as_list(values, MAX_ENTRIES)
    texts = (as_text(value, MAX_CHARS) for value in listed)
    return tuple(text for text in texts if text is not None)
