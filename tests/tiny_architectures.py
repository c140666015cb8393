"""Models of a few kilobytes with random weights, in the architectures and layouts of files of real ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

TEXTS = [
    "the cat sat on a mat",
    "my order is late, please help",
    "refund",
    "Ünïcødé 日本語 🎉",
    "def add(a, b):\n    return a + b",
    "word " * 60,
]
_SPECIAL = ["<pad>", "<unk>", "<bos>", "<eos>", "[CLS]", "[SEP]", "[MASK]"]


def _tokenizer(first: str = "", last: str = "", **options: object):
    """A byte-level tokenizer that puts special tokens around a text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.BPE(unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=_SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    backend.train_from_iterator(TEXTS, trainer)
    around = [token for token in (first, last) if token]
    if around:
        backend.post_processor = processors.TemplateProcessing(
            single=" ".join(part for part in (first, "$A", last) if part),
            special_tokens=[(token, backend.token_to_id(token)) for token in around],
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", unk_token="<unk>", cls_token="[CLS]",
        sep_token="[SEP]", mask_token="[MASK]", bos_token="<bos>", eos_token="<eos>", **options,
    )  # fmt: skip


def _transformer(folder: Path, model, tokenizer, *later) -> Path:
    """Save a model as sentence-transformers does."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Transformer

    raw = folder.with_name(folder.name + "-raw")
    model.eval().save_pretrained(str(raw))
    tokenizer.save_pretrained(str(raw))
    SentenceTransformer(modules=[Transformer(str(raw)), *later], device="cpu").save(str(folder))
    return folder


def modernbert(folder: Path) -> Path:
    """As granite-embedding-english-r2 and granite-embedding-97m-multilingual-r2: pooled from [CLS]."""
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
    from transformers import ModernBertConfig, ModernBertModel

    tokenizer = _tokenizer(
        "[CLS]", "[SEP]", model_max_length=8192, model_input_names=["input_ids", "attention_mask"]
    )
    config = ModernBertConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=48, num_hidden_layers=4,
        num_attention_heads=2, max_position_embeddings=8192, pad_token_id=tokenizer.pad_token_id,
        cls_token_id=tokenizer.cls_token_id, sep_token_id=tokenizer.sep_token_id,
        bos_token_id=tokenizer.cls_token_id, eos_token_id=tokenizer.sep_token_id, local_attention=16,
        global_attn_every_n_layers=3,
    )  # fmt: skip
    return _transformer(folder, ModernBertModel(config), tokenizer, Pooling(32, "cls"), Normalize())


def gemma3(folder: Path) -> Path:
    """As harrier-oss-v1-270m: a decoder, pooled from the last token, texts padded on the left."""
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
    from transformers import Gemma3TextConfig, Gemma3TextModel

    tokenizer = _tokenizer("<bos>", model_max_length=32768, padding_side="left")
    config = Gemma3TextConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=48, num_hidden_layers=6,
        num_attention_heads=2, num_key_value_heads=1, head_dim=16, sliding_window=16,
        max_position_embeddings=32768, pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    return _transformer(folder, Gemma3TextModel(config), tokenizer, Pooling(32, "lasttoken"), Normalize())


def qwen3(folder: Path) -> Path:
    """As Qwen3-Embedding-0.6B and harrier-oss-v1-0.6b: a decoder, pooled from the last token."""
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
    from transformers import Qwen3Config, Qwen3Model

    tokenizer = _tokenizer(last="<eos>", model_max_length=32768, padding_side="left")
    config = Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, head_dim=16, max_position_embeddings=32768,
        pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    return _transformer(folder, Qwen3Model(config), tokenizer, Pooling(32, "lasttoken"), Normalize())


def model2vec(folder: Path) -> Path:
    """As potion-base-32M: what `save_pretrained` of model2vec writes, in its persistence/persistence.py."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    tokenizer = _tokenizer("[CLS]", "[SEP]", model_max_length=512)
    tokenizer.save_pretrained(str(folder))  # later releases have the files of its transformer beside
    torch.manual_seed(0)
    save_file({"embeddings": torch.randn(len(tokenizer), 24)}, folder / "model.safetensors")
    config = {"model_type": "model2vec", "architectures": ["StaticModel"], "hidden_dim": 24,
              "seq_length": 1_000_000, "normalize": True}  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    modules = [
        {"idx": 0, "name": "0", "path": ".", "type": "sentence_transformers.models.StaticEmbedding"},
        {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"},
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    return folder


def static(folder: Path) -> Path:
    """As static-retrieval-mrl-en-v1: in a folder of its own, without any configuration."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    torch.manual_seed(0)
    module = StaticEmbedding(_tokenizer()._tokenizer, embedding_dim=24)
    SentenceTransformer(modules=[module], device="cpu").save(str(folder))
    modules = json.loads((folder / "modules.json").read_text())
    (folder / "0_StaticEmbedding").mkdir(exist_ok=True)
    for file in ("model.safetensors", "tokenizer.json"):
        at = folder / modules[0]["path"] / file
        at.rename(folder / "0_StaticEmbedding" / file)
    modules[0]["path"] = "0_StaticEmbedding"
    (folder / "modules.json").write_text(json.dumps(modules))
    return folder


def clip(folder: Path) -> Path:
    """As clip-ViT-B-32: in a folder of its own, with the length in the tokenizer's settings."""
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTokenizerFast

    below = folder / "0_CLIPModel"
    below.mkdir(parents=True)
    words = ["<|startoftext|>", "<|endoftext|>", *"abcdefghijklmnopqrstuvwxyz"]
    words += [f"{letter}</w>" for letter in "abcdefghijklmnopqrstuvwxyz"]
    (below / "vocab.json").write_text(json.dumps({word: at for at, word in enumerate(words)}))
    (below / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizerFast(str(below / "vocab.json"), str(below / "merges.txt"), model_max_length=77)
    text = {"vocab_size": len(words), "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1,
            "num_attention_heads": 2, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}  # fmt: skip
    vision = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
              "image_size": 32, "patch_size": 16}  # fmt: skip
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=20)
    CLIPModel(config).eval().save_pretrained(str(below))
    images = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    CLIPProcessor(images, tokenizer).save_pretrained(str(below))
    modules = [
        {"idx": 0, "name": "0", "path": "0_CLIPModel", "type": "sentence_transformers.models.CLIPModel"}
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    return folder


def plain_clip(folder: Path) -> Path:
    """As TinyCLIP: the files of transformers alone, without the settings of the tokenizer."""
    below = clip(folder.with_name(folder.name + "-whole")) / "0_CLIPModel"
    shutil.copytree(below, folder, ignore=shutil.ignore_patterns("tokenizer_config.json"))
    return folder


def siglip(folder: Path) -> Path:
    """As siglip2-base-patch16-224: the files of transformers alone."""
    from transformers import SiglipConfig, SiglipImageProcessor, SiglipModel, SiglipProcessor

    tokenizer = _tokenizer(last="<eos>", model_max_length=64)
    size = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = SiglipConfig(
        text_config={**size, "vocab_size": len(tokenizer), "max_position_embeddings": 64,
                     "projection_size": 16},
        vision_config={**size, "image_size": 32, "patch_size": 16},
    )  # fmt: skip
    SiglipModel(config).eval().save_pretrained(str(folder))
    images = SiglipImageProcessor(size={"height": 32, "width": 32})
    SiglipProcessor(images, tokenizer).save_pretrained(str(folder))
    return folder


ARCHITECTURES: dict[str, Callable[[Path], Path]] = {
    build.__name__: build
    for build in (modernbert, gemma3, qwen3, model2vec, static, clip, plain_clip, siglip)
}


def siglip2(folder: Path) -> Path:
    """As siglip2-base-patch16-naflex: for images and texts; an image keeps its shape, within 16 patches."""
    import torch
    import transformers

    size = {"hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 1, "num_attention_heads": 4}
    text = {"vocab_size": 500, "max_position_embeddings": 64, "projection_size": 48,
            "bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}  # fmt: skip
    config = transformers.Siglip2Config(
        text_config={**size, **text}, vision_config={**size, "patch_size": 16, "num_patches": 16}
    )
    torch.manual_seed(0)
    images = transformers.Siglip2ImageProcessorPil(max_num_patches=16)
    processor = transformers.Siglip2Processor(images, _tokenizer(last="<eos>", model_max_length=64))
    return _transformer(folder, transformers.Siglip2Model(config), processor)
