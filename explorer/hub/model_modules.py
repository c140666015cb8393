"""Facts from a model's own configuration files, read as sentence-transformers reads them.

`modules.json` lists the modules of a model and their folders. The folder of the first module has the
configuration, the maximum length and the tokenizer: it is the model's own folder or one below it
(`0_CLIPModel`, `0_StaticEmbedding`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from explorer.hub.json_values import as_count, as_list, as_table, as_text
from explorer.hub.model_search import MAX_CHARS
from explorer.hub.names import stays_inside
from explorer.hub.safetensors_header import TensorHeader

_MAX_MODULES = 20
_MAX_PROMPTS = 100
_MAX_PROMPT_CHARS = 2_000
_MAX_SIZES = 20
# File names of a transformer's settings: `Transformer.load_config` of sentence-transformers 6.2.
_TRANSFORMER_SETTINGS = tuple(
    f"sentence_{kind}_config.json"
    for kind in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)
# Pooling options before sentence-transformers 5.7, and their names since: `_LEGACY_POOLING_MODE_KWARGS`.
_OLDER_POOLINGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
_SIMILARITIES = ("cosine", "dot", "euclidean", "manhattan")  # `SimilarityFunction` of sentence-transformers

ReadJson = Callable[[str], Any]
ReadTensors = Callable[[str], Mapping[str, TensorHeader]]


@dataclass(frozen=True, kw_only=True)
class OwnFacts:
    """Facts from a model's own files; None if not stated.

    Attributes:
        dims: Dimensions of an embedding.
        truncated_to: Dimensions that the authors truncate embeddings to.
        max_length: Maximum length of a text in tokens.
        is_static: Whether an embedding is the mean of fixed token vectors: context does not matter, and a
            text may have any length.
        module_folder: Path of the first module's folder in the model, with a slash at its end; empty for the
            model's own folder.
        prompts: Prompts by name, without empty ones.
        pooling: Pooling of token vectors, as sentence-transformers names it: `mean`, `cls`, `mean+max`, ….
        similarity: Similarity function: `cosine`, `dot`, `euclidean` or `manhattan`.
        matryoshka: Dimensions that embeddings can be truncated to, largest first.
        table_parameters: Number of parameters in the token embedding table, which are only looked up.
        has_own_modules: Whether it needs its own code.
        takes_images: Whether it has a processor of images, as models for images and texts do.
    """

    dims: int | None
    truncated_to: int | None
    max_length: int | None
    is_static: bool
    module_folder: str
    prompts: Mapping[str, str]
    pooling: str | None
    similarity: str | None
    matryoshka: tuple[int, ...]
    table_parameters: int | None
    has_own_modules: bool
    takes_images: bool


def own_facts(read: ReadJson, tensors: ReadTensors) -> OwnFacts:
    """Read the facts from a model's own files. No path out of the model's folder is read.

    Args:
        read: Returns the JSON of a file, given its path in the model; None if there is no such file.
        tensors: Returns the tensors of a safetensors file, given its path; empty if there is no such file.
    """
    listed = [as_table(module) for module in as_list(read("modules.json"), _MAX_MODULES)]
    modules = [module for module in listed if is_inside(module)]
    folder = _folder(modules[0]) if modules else ""
    is_static = bool(modules) and str(modules[0].get("type")).endswith(".StaticEmbedding")
    config = as_table(read(f"{folder}config.json"))
    settings = transformer_settings(read, folder)
    overall = as_table(read("config_sentence_transformers.json"))
    if is_static:
        rows, dims, table_parameters = *_static_table(tensors(f"{folder}model.safetensors")), None
        if rows is not None and dims is not None:
            table_parameters = rows * dims
    else:
        dims, table_parameters = _transformer_dims(modules, settings, config), _table_parameters(config)
    pooling = None
    for module in modules:
        kind, own = str(module.get("type")), f"{_folder(module)}config.json"
        if kind.endswith(".Pooling"):
            pooled = as_table(read(own))
            modes = _pooling_modes(pooled)
            pooling = "+".join(modes)[:MAX_CHARS] or None
            each = _first_count(pooled, "embedding_dimension", "word_embedding_dimension") or dims
            dims = None if each is None else max(1, len(modes)) * each
        elif kind.endswith(".Dense"):
            dims = as_count(as_table(read(own)).get("out_features")) or dims
    truncated_to = as_count(overall.get("truncate_dim")) or None
    similarity = overall.get("similarity_fn_name")
    return OwnFacts(
        dims=min((size for size in (dims, truncated_to) if size), default=None),
        truncated_to=truncated_to,
        max_length=None if is_static else _max_length(settings, config, read, folder),
        is_static=is_static,
        module_folder=folder,
        prompts=bounded_prompts(overall.get("prompts")),
        pooling=pooling,
        similarity=similarity if similarity in _SIMILARITIES else None,
        # Not read by sentence-transformers, but by vLLM (docs.vllm.ai, pooling models).
        matryoshka=sizes_of(config.get("matryoshka_dimensions")),
        table_parameters=table_parameters,
        takes_images=_takes_images(read, folder),
        has_own_modules=any(not str(one.get("type")).startswith("sentence_transformers.") for one in listed),
    )


def sizes_of(values: object) -> tuple[int, ...]:
    """The valid embedding dimensions in an unchecked list, largest first."""
    counts = (as_count(value) for value in as_list(values, _MAX_SIZES))
    return tuple(sorted({count for count in counts if count}, reverse=True))


def is_inside(module: Mapping[str, Any]) -> bool:
    """Whether the path of an entry in `modules.json` stays in the model's folder; a stranger wrote it."""
    return stays_inside(f"{_folder(module)}config.json")


def _folder(module: Mapping[str, Any]) -> str:
    """Path of a module's folder, with a slash at its end; empty for the model's own folder."""
    return "".join(f"{part}/" for part in PurePosixPath(str(module.get("path") or "")).parts)


def transformer_settings(read: ReadJson, folder: str) -> Mapping[str, Any]:
    """The settings of a Transformer module; empty if there are none.

    Args:
        read: See `own_facts`.
        folder: Path of the module's folder, with a slash at its end; empty for the model's own folder.
    """
    return next((found for name in _TRANSFORMER_SETTINGS if (found := as_table(read(folder + name)))), {})


def _transformer_dims(
    modules: list[Mapping[str, Any]], settings: Mapping[str, Any], config: Mapping[str, Any]
) -> int | None:
    """As `Transformer.get_embedding_dimension` of sentence-transformers 6.2."""
    projects = settings.get("module_output_name") == "sentence_embedding" or (
        bool(modules) and str(modules[0].get("type")).endswith(".CLIPModel")
    )
    for table in (config, as_table(config.get("text_config"))):
        names = ("projection_dim", "hidden_size") if projects else ("hidden_size",)
        if dims := _first_count(table, *names):
            return dims
    return None


def _table_parameters(config: Mapping[str, Any]) -> int | None:
    for table in (config, as_table(config.get("text_config"))):
        # The token embeddings of ALBERT and ELECTRA have fewer dimensions than their layers.
        rows, dims = as_count(table.get("vocab_size")), _first_count(table, "embedding_size", "hidden_size")
        if rows and dims:
            return rows * dims
    return None


def _static_table(tensors: Mapping[str, TensorHeader]) -> tuple[int | None, int | None]:
    """Rows and dimensions of a static model's embedding table, found as in `StaticEmbedding.load`."""
    for name in ("embedding.weight", "embeddings"):
        if name in tensors and len(tensors[name].shape) == 2:
            rows, dims = tensors[name].shape
            return rows, dims
    return None, None


def _max_length(
    settings: Mapping[str, Any], config: Mapping[str, Any], read: ReadJson, folder: str
) -> int | None:
    """As `Transformer.__init__` of sentence-transformers 6.2 sets it; lengths from 2^53 mean no limit.

    That of a model for images and texts, which is in a table of its own, is set by `load_model`.
    """
    tokenizer_args = settings.get("processor_kwargs") or settings.get("tokenizer_args")
    length = _first_count(settings, "max_seq_length") or _first_count(
        as_table(tokenizer_args), "model_max_length"
    )
    if length:
        return length
    tokenizer = as_table(read(f"{folder}tokenizer_config.json"))
    known = (
        _first_count(config, "max_position_embeddings")
        or _first_count(as_table(config.get("text_config")), "max_position_embeddings"),
        _first_count(tokenizer, "model_max_length"),
    )
    return min((length for length in known if length), default=None)


def _takes_images(read: ReadJson, folder: str) -> bool:
    """Whether there is a processor of images, in a file of its own or in that of the whole processor."""
    alone = as_table(read(f"{folder}preprocessor_config.json"))
    whole = as_table(read(f"{folder}processor_config.json"))
    named = "image_processor_type" in {**alone, **as_table(whole.get("image_processor"))}
    return named or "image_mean" in alone  # older versions of transformers wrote no type


def _pooling_modes(settings: Mapping[str, Any]) -> list[str]:
    """Names of the poolings that are concatenated; empty if there are no settings."""
    given = settings.get("pooling_mode")
    named = [as_text(mode, MAX_CHARS) for mode in ([given] if isinstance(given, str) else as_list(given, 10))]
    older = [mode for key, mode in _OLDER_POOLINGS.items() if settings.get(key) is True]
    return [mode for mode in named if mode] or older or (["mean"] if settings else [])


def bounded_prompts(prompts: object) -> dict[str, str]:
    """Prompts by name, limited in number and length, without empty ones."""
    return {
        str(name)[:MAX_CHARS]: prompt[:_MAX_PROMPT_CHARS]
        for name, prompt in list(as_table(prompts).items())[:_MAX_PROMPTS]
        if isinstance(prompt, str) and prompt
    }


def _first_count(table: Mapping[str, Any], *names: str) -> int | None:
    """The first positive integer among the named values; None if there is none."""
    return next((count for name in names if (count := as_count(table.get(name)))), None)
