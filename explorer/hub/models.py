"""Embedding models on the Hugging Face Hub: found, described, and those that are on this machine already.

What the Hub says of a model is written by strangers: each fact is checked and cut, and one that is missing or
makes no sense is None.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from explorer.errors import GatedError, HubError, NotOnHubError
from explorer.hub.cards import card_html
from explorer.hub.client import get_bytes, get_json
from explorer.hub.download import files_of, is_model_id, model_information, wanted_files

# The Hub's own names (huggingface.co/tasks) of the tasks that embedding models are listed under.
Task = Literal[
    "any",
    "sentence-similarity",
    "feature-extraction",
    "image-feature-extraction",
    "zero-shot-image-classification",
]
Sort = Literal["downloads", "likes", "trending", "modified"]

_SORTS: dict[Sort, str] = {
    "downloads": "downloads",
    "likes": "likes",
    "trending": "trendingScore",
    "modified": "lastModified",
}
_EXPAND = [
    *("author", "createdAt", "downloads", "gated", "lastModified", "library_name", "likes", "pipeline_tag"),
    *("safetensors", "tags"),
]
_MAX_LISTINGS = 100
_MAX_CHARS = 200
_MAX_ENTRIES = 500
_MAX_JSON_BYTES = 1_000_000
_MAX_CARD_BYTES = 1_000_000
_MAX_HEADER_BYTES = 25_000_000
_MAX_MODULES = 20
_MAX_PROMPTS = 100
_MAX_PROMPT_CHARS = 2_000
_MAX_SCORES = 500
_BITS = {"F64": 64, "I64": 64, "F32": 32, "I32": 32, "F16": 16, "BF16": 16, "I16": 16, "I8": 8, "U8": 8}
_FORMAT_TAGS = {"tf"}  # two letters, and no language
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
class ModelFilter:
    """What to look for; an empty field asks for nothing.

    Attributes:
        search: Words in the name.
        task: A task of the Hub.
        library: The library that loads it; a model of another one seldom makes sentence embeddings by itself.
        language: A language's code, such as `en`.
        max_parameters: Parameters at most; models that do not say are left out.
        licence: A licence's code, such as `mit`.
        gated: Whether those that let in only approved people are listed too.
        sort: What comes first.
    """

    search: str = ""
    task: Task = "any"
    library: str = "sentence-transformers"
    language: str = ""
    max_parameters: int | None = None
    licence: str = ""
    gated: bool = False
    sort: Sort = "downloads"


@dataclass(frozen=True)
class ModelListing:
    """What the Hub says of a model; None for what it does not say.

    Attributes:
        id: `owner/name`, or one word for the oldest models.
        author: The person or organisation it belongs to.
        is_organisation: Whether that is an organisation; None in listings, which do not say.
        downloads: Downloads in the last 30 days.
        likes: Likes.
        modified: Day of the last commit.
        created: Day it was made; the Hub knows of none before 2 March 2022.
        licence: Code of its licence.
        parameters: Parameters in its safetensors files.
        size: Bytes of these, from how many there are of each type.
        task: The task it is listed under.
        library: The library that loads it.
        languages: Codes of its languages.
        tags: Its tags.
        base_model: Id of the model it was made from.
        has_safetensors: Whether it has weights that can be loaded without running code.
        gated: Whether only approved people may download it.
        needs_remote_code: Whether it needs code of its own, which Explorer does not run.
    """

    id: str
    author: str | None
    is_organisation: bool | None
    downloads: int | None
    likes: int | None
    modified: datetime.date | None
    created: datetime.date | None
    licence: str | None
    parameters: int | None
    size: int | None
    task: str | None
    library: str | None
    languages: tuple[str, ...]
    tags: tuple[str, ...]
    base_model: str | None
    has_safetensors: bool
    gated: bool
    needs_remote_code: bool


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


@dataclass(frozen=True)
class ModelOnDisk:
    """A model in huggingface_hub's cache.

    Attributes:
        id: Hub id.
        commit: The commit.
        size: Its bytes on disk.
    """

    id: str
    commit: str
    size: int


@dataclass(frozen=True)
class Starter:
    """A model that is a good start.

    Attributes:
        id: Hub id.
        need: What it is for, in two or three words.
        reason: Why this one.
    """

    id: str
    need: str
    reason: str


STARTERS = (
    Starter(
        "sentence-transformers/all-MiniLM-L6-v2",
        "small and quick",
        "English; 23 million parameters, 384 dimensions. It comes with Explorer, so nothing is downloaded.",
    ),
    Starter(
        "BAAI/bge-base-en-v1.5",
        "better search in English",
        "109 million parameters, 768 dimensions: several times slower than MiniLM, and better at retrieval.",
    ),
    Starter(
        "intfloat/multilingual-e5-small",
        "many languages",
        "About 100 languages in one space; 118 million parameters, 384 dimensions.",
    ),
    Starter(
        "nomic-ai/modernbert-embed-base",
        "long texts",
        "English; reads 8,192 tokens of a text, where most small models read 256 or 512.",
    ),
    Starter(
        "Qwen/Qwen3-Embedding-0.6B",
        "code",
        "Trained on code, and on texts in over 100 languages; 596 million parameters, so best with a GPU.",
    ),
    Starter(
        "sentence-transformers/clip-ViT-B-32",
        "images",
        "Pictures and short English texts in one space; 512 dimensions.",
    ),
)


def search_models(wanted: ModelFilter, limit: int = 30) -> list[ModelListing]:
    """Models on the Hub.

    Args:
        wanted: What to look for.
        limit: Models at most, up to 100.

    Returns:
        Models in the order asked for. One that the Hub describes without a usable id is left out.

    Raises:
        HubUnreachableError: The Hub does not answer, or not with sense.
    """
    limit = min(limit, _MAX_LISTINGS)
    tags = [wanted.library, wanted.language, f"license:{wanted.licence}" if wanted.licence else ""]
    params: dict[str, Any] = {"sort": _SORTS[wanted.sort], "limit": limit, "expand": _EXPAND}
    if wanted.search.strip():
        params["search"] = wanted.search.strip()[:_MAX_CHARS]
    if filters := [tag[:_MAX_CHARS] for tag in tags if tag]:
        params["filter"] = filters
    if wanted.task != "any":
        params["pipeline_tag"] = wanted.task
    if wanted.max_parameters is not None:
        # The Hub takes whole millions; what is between is left out below.
        params["num_parameters"] = f"max:{math.ceil(wanted.max_parameters / 1e6)}M"
    if not wanted.gated:
        params["gated"] = False
    answer = get_json("/api/models", params)
    found = [_listing(_table(said)) for said in _list(answer)]
    return [model for model in found if model is not None and _fits(model, wanted)][:limit]


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
    listing = _listing({**said, "id": name}, is_organisation=_is_organisation(said.get("author")))
    if listing is None:
        raise NotOnHubError("That is no name of a model.", where=name)
    files = {file.path: file for file in files_of(said) if file.size != 0}

    def read(path: str) -> Any:  # noqa: ANN401 - JSON
        return _read_small(name, path, commit) if path in files else None

    wanted = wanted_files(list(files.values()))
    sizes = [file.size for file in wanted]
    known_sizes = [size for size in sizes if size is not None]
    own = _own_facts(read)
    has_own_modules = own.pop("has_own_modules")
    return ModelDetails(
        listing=dataclasses.replace(
            listing,
            has_safetensors=any(file.path.endswith(".safetensors") for file in wanted),
            needs_remote_code=listing.needs_remote_code or has_own_modules,
        ),
        commit=commit,
        download_size=sum(known_sizes) if len(known_sizes) == len(sizes) else None,
        card=_card(name, commit) if "README.md" in files else "",
        scores=_scores(said),
        **own,
    )


def details_on_disk(name: str, folder: Path, commit: str) -> ModelDetails:
    """What the files of a model on this machine say of it; None for what only the Hub knows.

    Args:
        name: What it is called.
        folder: Where its files are.
        commit: Its commit or checksum.
    """

    def read(path: str) -> Any:  # noqa: ANN401 - JSON
        if ".." in path or path.startswith("/"):
            return None  # a module's path is read from the model's own files
        try:
            with (folder / path).open("rb") as file:
                return json.loads(file.read(_MAX_JSON_BYTES))
        except (OSError, ValueError, RecursionError):
            return None

    counts = _parameters_on_disk(folder)
    own = _own_facts(read)
    listing = ModelListing(
        *(name, None, None, None, None, None, None, None),
        parameters=sum(counts.values()) or None,
        size=_weights_size(counts),
        task=None,
        library=None,
        languages=(),
        tags=(),
        base_model=None,
        has_safetensors=bool(counts),
        gated=False,
        needs_remote_code=own.pop("has_own_modules"),
    )
    return ModelDetails(listing=listing, commit=commit, download_size=0, card="", **own)


def models_on_disk() -> list[ModelOnDisk]:
    """The sentence-transformers models in huggingface_hub's cache, by name; asks no network."""
    from huggingface_hub import constants, scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        cache = scan_cache_dir(constants.HF_HUB_CACHE)
    except CacheNotFound:
        return []
    found = []
    for repo in cache.repos:
        for revision in repo.revisions if repo.repo_type == "model" else ():
            names = {file.file_path.relative_to(revision.snapshot_path).as_posix() for file in revision.files}
            if "modules.json" in names and any(name.endswith(".safetensors") for name in names):
                found.append(ModelOnDisk(repo.repo_id, revision.commit_hash, revision.size_on_disk))
    return sorted(found, key=lambda model: (model.id.lower(), model.commit))


def _own_facts(read: Callable[[str], Any]) -> dict[str, Any]:
    """What a model's own small files say of it, as `ModelDetails` has it, and whether it has own modules."""
    config, pooling, dims, has_own_modules = _table(read("config.json")), None, None, False
    for module in map(_table, _list(read("modules.json"))[:_MAX_MODULES]):
        kind, settings_path = str(module.get("type")), f"{module.get('path')}/config.json"
        has_own_modules |= not kind.startswith("sentence_transformers.")
        if kind.endswith(".Pooling"):
            settings = _table(read(settings_path))
            pooling = _pooling(settings)
            dims = _count(settings.get("word_embedding_dimension"))
        elif kind.endswith(".Dense"):
            dims = _count(_table(read(settings_path)).get("out_features")) or dims
    token_dims = _count(config.get("hidden_size"))
    return {
        "dims": dims or token_dims,
        "max_length": _max_length(
            _table(read("sentence_bert_config.json")), config, _table(read("tokenizer_config.json"))
        ),
        "prompts": _prompts(_table(read("config_sentence_transformers.json")).get("prompts")),
        "pooling": pooling,
        "vocabulary": _count(config.get("vocab_size")),
        "token_dims": token_dims,
        "has_own_modules": has_own_modules,
    }


def _parameters_on_disk(folder: Path) -> dict[str, int]:
    """Parameters of each type, from the headers of safetensors files: huggingface.co/docs/safetensors."""
    counts: dict[str, int] = {}
    for path in sorted(folder.rglob("*.safetensors")):
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            try:
                header = _table(json.loads(file.read(min(length, _MAX_HEADER_BYTES))))
            except (ValueError, RecursionError):
                return {}
        for tensor in map(_table, header.values()):
            sides = [_count(side) for side in _list(tensor.get("shape"))]
            if isinstance(kind := tensor.get("dtype"), str) and None not in sides:
                counts[kind] = counts.get(kind, 0) + math.prod(side or 0 for side in sides)
    return counts


def _fits(model: ModelListing, wanted: ModelFilter) -> bool:
    if model.gated and not wanted.gated:
        return False
    most = wanted.max_parameters
    return most is None or (model.parameters is not None and model.parameters <= most)


def _listing(said: Mapping[str, Any], is_organisation: bool | None = None) -> ModelListing | None:
    name = said.get("id")
    if not isinstance(name, str) or not is_model_id(name):
        return None
    tags = _texts(said.get("tags"))
    safetensors = said.get("safetensors")
    gated = said.get("gated")
    return ModelListing(
        id=name,
        author=_text(said.get("author")),
        is_organisation=is_organisation,
        downloads=_count(said.get("downloads")),
        likes=_count(said.get("likes")),
        modified=_day(said.get("lastModified")),
        created=_day(said.get("createdAt")),
        licence=_after("license:", tags),
        parameters=_count(_table(safetensors).get("total")),
        size=_weights_size(_table(safetensors).get("parameters")),
        task=_text(said.get("pipeline_tag")),
        library=_text(said.get("library_name")),
        languages=_languages(_table(said.get("cardData")).get("language"), tags),
        tags=tags,
        base_model=_after("base_model:", tags),
        has_safetensors=isinstance(safetensors, dict) or "safetensors" in tags,
        gated=gated is True or isinstance(gated, str),
        needs_remote_code="custom_code" in tags,
    )


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
        return json.loads(get_bytes(name, path, commit, 0, _MAX_JSON_BYTES, kind="model"))
    except (GatedError, ValueError, RecursionError):
        return None


def _card(name: str, commit: str) -> str:
    try:
        content = get_bytes(name, "README.md", commit, 0, _MAX_CARD_BYTES, kind="model")
    except GatedError:
        return ""
    return card_html(content.decode("utf-8", errors="replace"))


def _max_length(
    own: Mapping[str, Any], config: Mapping[str, Any], tokenizer: Mapping[str, Any]
) -> int | None:
    if length := _count(own.get("max_seq_length")):
        return length
    known = [_count(config.get("max_position_embeddings")), _count(tokenizer.get("model_max_length"))]
    return min((length for length in known if length), default=None)


def _pooling(settings: Mapping[str, Any]) -> str | None:
    if mode := _text(settings.get("pooling_mode")):
        return mode
    modes = [
        key.removeprefix("pooling_mode_").removesuffix("_token").removesuffix("_tokens")
        for key, value in settings.items()
        if key.startswith("pooling_mode_") and value is True
    ]
    return "+".join(modes)[:_MAX_CHARS] or None


def _prompts(prompts: object) -> dict[str, str]:
    if not isinstance(prompts, dict):
        return {}
    return {
        str(name)[:_MAX_CHARS]: prompt[:_MAX_PROMPT_CHARS]
        for name, prompt in list(prompts.items())[:_MAX_PROMPTS]
        if isinstance(prompt, str) and prompt
    }


def _scores(said: Mapping[str, Any]) -> dict[str, float]:
    """The MTEB figures of a card's model-index: huggingface.co/docs/hub/model-cards#evaluation-results."""
    index = said.get("model-index") or _table(said.get("cardData")).get("model-index")
    scores: dict[str, float] = {}
    for entry in _list(index):
        for result in map(_table, _list(_table(entry).get("results"))):
            name = _text(_table(result.get("dataset")).get("name"))
            value = _main_score(result.get("metrics"), _table(result.get("task")).get("type"))
            if name and name.startswith("MTEB ") and value is not None and len(scores) < _MAX_SCORES:
                scores.setdefault(name.removeprefix("MTEB "), value)
    return scores


def _main_score(metrics: object, task: object) -> float | None:
    values = {str(metric.get("type")): metric.get("value") for metric in map(_table, _list(metrics))}
    for name in ("main_score", *_MTEB_METRICS.get(str(task), ())):
        value = values.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    return None


def _languages(declared: object, tags: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(declared, str):
        declared = [declared]
    if isinstance(declared, list):
        return _texts(declared)
    # A listing tells them only among the other tags, where three letters may be anything.
    found = [tag for tag in tags if tag.isascii() and tag.isalpha() and tag.islower() and len(tag) == 2]
    return tuple(tag for tag in [*found, *({"multilingual"} & set(tags))] if tag not in _FORMAT_TAGS)


def _weights_size(counts: object) -> int | None:
    if not isinstance(counts, dict) or not counts:
        return None
    bits = 0
    for kind, count in counts.items():
        if kind not in _BITS or _count(count) is None:
            return None
        bits += _BITS[kind] * count
    return bits // 8


def _after(prefix: str, tags: tuple[str, ...]) -> str | None:
    """What the first tag with a prefix has after it; `base_model:finetune:…` only repeats `base_model:…`."""
    found = (tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix))
    return next((rest for rest in found if rest and ":" not in rest), None)


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value[:_MAX_ENTRIES] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value[:_MAX_CHARS] if isinstance(value, str) and value else None


def _texts(values: object) -> tuple[str, ...]:
    return tuple(text for text in map(_text, _list(values)) if text is not None)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53 else None


def _day(value: object) -> datetime.date | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.datetime.fromisoformat(value).date()
    except ValueError:
        return None
