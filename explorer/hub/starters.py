"""Recommended models by purpose; Explorer can run the architecture of each.

`tests/encode/test_starters.py` runs a tiny model of the same architecture and layout of files for each.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Starter:
    """A recommended model.

    Attributes:
        id: Hub id.
        need: Its purpose, in two or three words.
        reason: Why it is recommended.
        takes_images: Whether it encodes images too, in the space of the texts.
    """

    id: str
    need: str
    reason: str
    takes_images: bool = False


# Parameters, dimensions and lengths are those of mteb's `mteb/models/model_implementations` (github.com/
# embeddings-benchmark/mteb, 22 August 2026); other statements have their source beside them.
STARTERS = (
    Starter(
        "sentence-transformers/all-MiniLM-L6-v2",
        "small and quick",
        "English; 23 million parameters, 384 dimensions. It comes with Explorer, so nothing is downloaded.",
    ),
    # Static; 93 % of MiniLM's average on MTEB, and 33 to its 43 on retrieval:
    # github.com/MinishLab/model2vec, results/README.md.
    Starter(
        "minishlab/potion-base-32M",
        "quickest",
        "English; 512 dimensions, texts of any length. It looks up token vectors and averages them, which "
        "takes hardly more time than reading the texts. Weaker than MiniLM at search.",
    ),
    # 101 languages: github.com/MinishLab/model2vec, README.md, 23 May 2025.
    Starter(
        "minishlab/potion-multilingual-128M",
        "quickest in many languages",
        "101 languages; 256 dimensions, texts of any length. It averages token vectors, as potion-base-32M "
        "does.",
    ),
    # Trained on data with permissive licences only; 8,192 tokens: huggingface.co/ibm-granite/
    # granite-embedding-english-r2.
    Starter(
        "ibm-granite/granite-embedding-english-r2",
        "English and long texts",
        "149 million parameters, 768 dimensions; reads 8,192 tokens of a text. Trained on data with "
        "permissive licences only.",
    ),
    # Over 200 languages, tuned on 52; best of the open models below 100 million parameters on MTEB
    # Multilingual Retrieval: huggingface.co/blog/ibm-granite/granite-embedding-multilingual-r2.
    Starter(
        "ibm-granite/granite-embedding-97m-multilingual-r2",
        "many languages",
        "Over 200 languages, tuned on 52; 97 million parameters, 384 dimensions, and the best multilingual "
        "search for its size when it came out.",
    ),
    # Both scores: huggingface.co/microsoft/harrier-oss-v1-0.6b. In mteb the smaller download has 512 MiB, the
    # larger one 1,137 MiB.
    Starter(
        "microsoft/harrier-oss-v1-270m",
        "strong for its size",
        "94 languages; 268 million parameters, 640 dimensions, reads 32,768 tokens of a text. Its authors "
        "report 66.5 on MTEB Multilingual.",
    ),
    Starter(
        "microsoft/harrier-oss-v1-0.6b",
        "best within 2 GB",
        "94 languages; 596 million parameters, 1,024 dimensions, reads 32,768 tokens of a text. Its authors "
        "report 69.0 on MTEB Multilingual. Best with a GPU.",
    ),
    # Languages and code: huggingface.co/Qwen/Qwen3-Embedding-0.6B.
    Starter(
        "Qwen/Qwen3-Embedding-0.6B",
        "code",
        "Trained on code, and on texts in over 100 languages; 596 million parameters, 1,024 dimensions. Best "
        "with a GPU.",
    ),
    # Accuracies on ImageNet, here and below, are those of the models' cards.
    Starter(
        "sentence-transformers/clip-ViT-B-32",
        "images and texts",
        "English words and images in one space; 151 million parameters, 512 dimensions. Zero-shot accuracy "
        "on ImageNet: 63.3 %.",
        takes_images=True,
    ),
    # 109 languages in training: arxiv.org/abs/2502.14786.
    Starter(
        "google/siglip2-base-patch16-224",
        "images and many languages",
        "Images and words in many languages; 375 million parameters, 768 dimensions. Zero-shot accuracy on "
        "ImageNet: 78.2 %.",
        takes_images=True,
    ),
    Starter(
        "wkcn/TinyCLIP-ViT-8M-16-Text-3M-YFCC15M",
        "images on a small machine",
        "English words and images, within 1 GB of memory; 23 million parameters, 512 dimensions. Zero-shot "
        "accuracy on ImageNet: 41.1 %.",
        takes_images=True,
    ),
)
