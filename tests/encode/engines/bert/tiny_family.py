"""Models of the BERT family of a few kilobytes, with random weights, as sentence-transformers saves them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

WIDTH, LENGTH = 24, 20
_SIZES = {"hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 40}
_DISTIL = {"dim": WIDTH, "n_layers": 2, "n_heads": 3, "hidden_dim": 40}


def _config(kind: str, **options: Any):
    import transformers

    name = {"bert": "Bert", "roberta": "Roberta", "xlm-roberta": "XLMRoberta", "camembert": "Camembert",
            "mpnet": "MPNet", "distilbert": "DistilBert"}[kind]  # fmt: skip
    sizes = _DISTIL if kind == "distilbert" else _SIZES
    # The padding token differs from RoBERTa's usual one, and from MPNet's, which always counts from 1.
    given = {**sizes, "vocab_size": 40, "max_position_embeddings": LENGTH + 6, "pad_token_id": 3, **options}
    return getattr(transformers, f"{name}Config")(**given), getattr(transformers, f"{name}Model")


def save(folder: Path, kind: str, *, pooling: str = "mean", dtype: Any = None, **options: Any) -> Path:
    """Write a model of an architecture; reads 20 tokens, of which two are special; no normalising.

    Args:
        folder: Where to; it does not exist.
        kind: The `model_type`.
        pooling: How tokens are pooled.
        dtype: The type its weights are stored in; float32 when None.
        options: Settings of its configuration.
    """
    import torch

    config, architecture = _config(kind, **options)
    torch.manual_seed(1)
    model = architecture(config)
    for weights in model.parameters():
        torch.nn.init.normal_(weights, std=0.4)
    model.to(dtype or torch.float32).eval().save_pretrained(str(folder))
    _tokenizer().save_pretrained(str(folder))
    edit(folder / "tokenizer_config.json", model_max_length=LENGTH)
    add_module(folder, "Transformer", "")
    add_module(folder, "Pooling", "1_Pooling", embedding_dimension=WIDTH, pooling_mode=pooling)
    return folder


def _tokenizer():
    """One token a letter, `a` to `z`, between two special tokens."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["<s>", "<mask>", "</s>", "<pad>", "<unk>"]
    words = {word: at for at, word in enumerate([*special, *"abcdefghijklmnopqrstuvwxyz"])}
    backend = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", unk_token="<unk>", cls_token="<s>", sep_token="</s>",
        mask_token="<mask>",
        model_input_names=["input_ids", "attention_mask"],
    )  # fmt: skip


def add_module(folder: Path, kind: str, path: str, **settings: Any) -> Path:
    """Add a module of sentence-transformers to a model, with its settings."""
    listed = folder / "modules.json"
    modules = json.loads(listed.read_text()) if listed.exists() else []
    number = len(modules)
    modules.append(
        {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{kind}"}
    )
    listed.write_text(json.dumps(modules))
    if path:
        (folder / path).mkdir()
        (folder / path / "config.json").write_text(json.dumps(settings))
    return folder / path


def add_dense(folder: Path, path: str, sizes: tuple[int, int], activation: str, *, bias: bool = True) -> None:
    """Add a Dense module with random weights."""
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(2)
    below = add_module(
        folder, "Dense", path, in_features=sizes[0], out_features=sizes[1], bias=bias,
        activation_function=f"torch.nn.modules.{activation}",
    )  # fmt: skip
    weights = {"linear.weight": torch.randn(sizes[::-1])}
    if bias:
        weights["linear.bias"] = torch.randn(sizes[1])
    save_file(weights, below / "model.safetensors")


def edit(path: Path, **changes: Any) -> None:
    """Change values of a table in a JSON file, which may not exist yet."""
    table = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(table | changes))


def edit_weights(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the tensors of a model by name."""
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
