"""What there is to know of one embedding model on the Hugging Face Hub before it is downloaded."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from explorer.errors import GatedError, HubError, NotOnHubError
from explorer.hub.cards import card_html, read_card
from explorer.hub.client import get_bytes, get_json
from explorer.hub.json_values import as_count, as_list, as_table, as_text
from explorer.hub.model_files import files_of, model_information, wanted_files
from explorer.hub.model_search import MAX_CHARS, MAX_ENTRIES, ModelListing, listing_of
from explorer.hub.names import is_model_id

MAX_JSON_BYTES = 1_000_000  # of one of a model's small files
_MAX_MODULES = 20
_MAX_PROMPTS = 100
_MAX_PROMPT_CHARS = 2_000
_MAX_SCORES = 500
# The metric MTEB ranks each kind of task by (arxiv.org/abs/2210.07316, section 3.2), as cards spell it.
_MTEB_METRICS = {
    "Classification": ("accuracy",),
    "Clustering": ("v_measure",),
    "PairClassification": ("cos_sim_ap", "cosine_ap", "max_ap"),
    "Reranking": ("map",),
    "Retrieval": ("ndcg_at_10",),
    "STS": ("cos_sim_spearman", "cosine_spearman"),
    "Summarization": ("cos_sim_spearman", "cosine_spearman"),
    "BitextMining": ("f1",),
}


@dataclass(frozen=True)
class ModelDetails:
    """A model at a commit: the listing, and what its own small files and its card say.

    Attributes:
        listing: What the Hub says of it.
        commit: The commit asked for.
        dims: Numbers in an embedding.
        max_length: Tokens it reads of a text.
        prompts: Its prompts, by name; empty ones are left out.
        pooling: How token vectors become one, in sentence-transformers' words: `mean`, `cls`, ….
        download_size: Bytes of the files that would be downloaded.
        card: Its card as safe HTML; empty without one.
        scores: What its card says it scores on MTEB, by the dataset's name. Nobody has checked these.
        vocabulary: Tokens it knows. Each has `token_dims` parameters that are looked up, not multiplied by.
        token_dims: Numbers in the vector of a token.
    """

    listing: ModelListing
    commit: str
    dims: int | None
    max_length: int | None
    prompts: Mapping[str, str]
    pooling: str | None
    download_size: int | None
    card: str
    scores: Mapping[str, float] = field(default_factory=dict)
    vocabulary: int | None = None
    token_dims: int | None = None


def model_details(name: str, revision: str | None = None) -> ModelDetails:
    """What there is to know of a model before it is downloaded; of a gated one, what its listing tells.

    Args:
        name: Hub id.
        revision: Branch, tag or commit; None for the default branch.

    Raises:
        NotOnHubError: The Hub has no such model or revision, or it is private.
        HubUnreachableError: The Hub does not answer, or not with sense.
    """
    said, commit = model_information(name, revision)
    listing = listing_of({**said, "id": name}, is_organisation=_is_organisation(said.get("author")))
    if listing is None:
        raise NotOnHubError("That is not a valid model name.", where=name)
    files = {file.path: file for file in files_of(said) if file.size != 0}

    def read(path: str) -> Any:  # noqa: ANN401 - JSON
        return _read_small(name, path, commit) if path in files else None

    wanted = wanted_files(list(files.values()))
    sizes = [file.size for file in wanted]
    known_sizes = [size for size in sizes if size is not None]
    card = read_card(name, commit, "model") if "README.md" in files else None
    own = own_facts(read)
    has_own_modules = own.pop("has_own_modules")
    return ModelDetails(
        listing=dataclasses.replace(
            listing,
            has_safetensors=any(file.path.endswith(".safetensors") for file in wanted),
            needs_remote_code=listing.needs_remote_code or has_own_modules,
        ),
        commit=commit,
        download_size=sum(known_sizes) if len(known_sizes) == len(sizes) else None,
        card=card_html(card) if card else "",
        scores=_scores(said),
        **own,
    )


def own_facts(read: Callable[[str], Any]) -> dict[str, Any]:
    """What a model's own small files say of it, as `ModelDetails` has it, and whether it has own modules.

    Args:
        read: Gives the JSON of a file, by its path in the model; None where there is none.

    Returns:
        Fields of `ModelDetails`, and `has_own_modules`: whether it needs code of its own.
    """
    config, pooling, dims, has_own_modules = as_table(read("config.json")), None, None, False
    for module in map(as_table, as_list(read("modules.json"), MAX_ENTRIES)[:_MAX_MODULES]):
        kind, settings_path = str(module.get("type")), f"{module.get('path')}/config.json"
        has_own_modules |= not kind.startswith("sentence_transformers.")
        if kind.endswith(".Pooling"):
            settings = as_table(read(settings_path))
            pooling = _pooling(settings)
            dims = as_count(settings.get("word_embedding_dimension"))
        elif kind.endswith(".Dense"):
            dims = as_count(as_table(read(settings_path)).get("out_features")) or dims
    token_dims = as_count(config.get("hidden_size"))
    return {
        "dims": dims or token_dims,
        "max_length": _max_length(
            as_table(read("sentence_bert_config.json")), config, as_table(read("tokenizer_config.json"))
        ),
        "prompts": _prompts(as_table(read("config_sentence_transformers.json")).get("prompts")),
        "pooling": pooling,
        "vocabulary": as_count(config.get("vocab_size")),
        "token_dims": token_dims,
        "has_own_modules": has_own_modules,
    }


def _is_organisation(author: object) -> bool | None:
    """An author who is no organisation is a person; None when the Hub does not say."""
    if not isinstance(author, str) or not is_model_id(author) or "/" in author:
        return None
    try:
        get_json(f"/api/organizations/{author}/overview", where=author)
    except NotOnHubError:
        return False
    except HubError:  # not worth refusing the rest for
        return None
    return True


def _read_small(name: str, path: str, commit: str) -> Any:  # noqa: ANN401 - JSON
    """A small JSON file of a model; None when it is too large, no JSON, or gated."""
    try:
        return json.loads(get_bytes(name, path, commit, 0, MAX_JSON_BYTES, kind="model"))
    except (GatedError, ValueError, RecursionError):
        return None


def _max_length(
    own: Mapping[str, Any], config: Mapping[str, Any], tokenizer: Mapping[str, Any]
) -> int | None:
    if length := as_count(own.get("max_seq_length")):
        return length
    known = [as_count(config.get("max_position_embeddings")), as_count(tokenizer.get("model_max_length"))]
    return min((length for length in known if length), default=None)


def _pooling(settings: Mapping[str, Any]) -> str | None:
    if mode := as_text(settings.get("pooling_mode"), MAX_CHARS):
        return mode
    modes = [
        key.removeprefix("pooling_mode_").removesuffix("_token").removesuffix("_tokens")
        for key, value in settings.items()
        if key.startswith("pooling_mode_") and value is True
    ]
    return "+".join(modes)[:MAX_CHARS] or None


def _prompts(prompts: object) -> dict[str, str]:
    if not isinstance(prompts, dict):
        return {}
    return {
        str(name)[:MAX_CHARS]: prompt[:_MAX_PROMPT_CHARS]
        for name, prompt in list(prompts.items())[:_MAX_PROMPTS]
        if isinstance(prompt, str) and prompt
    }


def _scores(said: Mapping[str, Any]) -> dict[str, float]:
    """The MTEB figures of a card's model-index: huggingface.co/docs/hub/model-cards#evaluation-results."""
    index = said.get("model-index") or as_table(said.get("cardData")).get("model-index")
    scores: dict[str, float] = {}
    for entry in as_list(index, MAX_ENTRIES):
        for result in map(as_table, as_list(as_table(entry).get("results"), MAX_ENTRIES)):
            name = as_text(as_table(result.get("dataset")).get("name"), MAX_CHARS)
            value = _main_score(result.get("metrics"), as_table(result.get("task")).get("type"))
            if name and name.startswith("MTEB ") and value is not None and len(scores) < _MAX_SCORES:
                scores.setdefault(name.removeprefix("MTEB "), value)
    return scores


def _main_score(metrics: object, task: object) -> float | None:
    values = {
        str(metric.get("type")): metric.get("value")
        for metric in map(as_table, as_list(metrics, MAX_ENTRIES))
    }
    for name in ("main_score", *_MTEB_METRICS.get(str(task), ())):
        value = values.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    return None
