"""The prompts of known models, as their authors define them.

Each family names the model card that is its source. `tests/encode/test_prompt_families.py` compares the table
with the metadata of MTEB (github.com/embeddings-benchmark/mteb), and `docs/models.md` is generated from it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Prompts:
    """The prompts that a model was trained with.

    Attributes:
        query: Before each query; empty if there is none.
        document: Before each row, for search; empty if there is none.
        why: The authors' rule, in one sentence for the screen.
        clustering: Before rows that are compared with one another, as for clusters and maps; None if the
            authors define none.
    """

    query: str
    document: str
    why: str
    clustering: str | None = None


@dataclass(frozen=True)
class Family:
    """Models with the same prompts.

    Attributes:
        name: Its name on the screen.
        prompts: The prompts.
        source: Address of a model card that states them.
        models: Hub ids of the models.
        served: Their names in Ollama's library (ollama.com/library), if they differ from the Hub's.
    """

    name: str
    prompts: Prompts
    source: str
    models: tuple[str, ...]
    served: tuple[str, ...] = ()


_CARD = "https://huggingface.co/"
_RETRIEVE = "Represent this sentence for searching relevant passages: "
_TASK = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
_TWO = "Its authors put one prompt before queries and another before rows."
_REQUIRED = "Its authors require a task before every text."
_INSTRUCT = "Its authors put the task, in one sentence, before queries and nothing before rows."
_ONLY_QUERIES = "Its authors put an instruction before queries and nothing before rows."
_NO_PROMPT = Prompts("", "", "Its authors put nothing before texts.")

FAMILIES: tuple[Family, ...] = (
    Family(
        "E5",
        # The card: "query: " on both sides for symmetric tasks and for features, such as clustering.
        Prompts("query: ", "passage: ", _TWO, clustering="query: "),
        _CARD + "intfloat/e5-base-v2",
        tuple(f"intfloat/e5-{size}{more}" for size in ("small", "base", "large") for more in ("", "-v2"))
        + tuple(f"intfloat/e5-{size}-unsupervised" for size in ("small", "base", "large"))
        + tuple(f"intfloat/multilingual-e5-{size}" for size in ("small", "base", "large")),
    ),
    Family(
        "E5 instruct",
        Prompts(_TASK + " ", "", _INSTRUCT),
        _CARD + "intfloat/multilingual-e5-large-instruct",
        ("intfloat/multilingual-e5-large-instruct", "intfloat/e5-mistral-7b-instruct"),
    ),
    Family(
        "BGE, English",
        Prompts(_RETRIEVE, "", _ONLY_QUERIES),
        _CARD + "BAAI/bge-large-en-v1.5",
        tuple(f"BAAI/bge-{size}-en{more}" for size in ("small", "base", "large") for more in ("", "-v1.5")),
        served=("bge-large",),
    ),
    Family(
        "BGE, Chinese",
        Prompts("为这个句子生成表示以用于检索相关文章：", "", _ONLY_QUERIES),
        _CARD + "BAAI/bge-large-zh-v1.5",
        tuple(f"BAAI/bge-{size}-zh{more}" for size in ("small", "base", "large") for more in ("", "-v1.5")),
    ),
    Family(
        "Sentence Transformers",
        _NO_PROMPT,
        _CARD + "sentence-transformers/all-MiniLM-L6-v2",
        tuple(
            f"sentence-transformers/{name}"
            for name in (
                *("all-MiniLM-L6-v2", "all-MiniLM-L12-v2", "all-mpnet-base-v2"),
                *("paraphrase-multilingual-MiniLM-L12-v2", "paraphrase-multilingual-mpnet-base-v2"),
                *("multi-qa-MiniLM-L6-cos-v1", "multi-qa-mpnet-base-dot-v1", "LaBSE"),
            )
        ),
        served=("all-minilm", "paraphrase-multilingual"),
    ),
    Family("BGE M3", _NO_PROMPT, _CARD + "BAAI/bge-m3", ("BAAI/bge-m3",)),
    Family(
        "GTE",
        _NO_PROMPT,
        _CARD + "Alibaba-NLP/gte-modernbert-base",
        (
            *(f"thenlper/gte-{size}{more}" for size in ("small", "base", "large") for more in ("", "-zh")),
            *("Alibaba-NLP/gte-base-en-v1.5", "Alibaba-NLP/gte-large-en-v1.5"),
            *("Alibaba-NLP/gte-multilingual-base", "Alibaba-NLP/gte-modernbert-base"),
        ),
    ),
    Family(
        "GTE instruct",
        Prompts(_TASK + " ", "", _INSTRUCT),
        _CARD + "Alibaba-NLP/gte-Qwen2-1.5B-instruct",
        (
            *("Alibaba-NLP/gte-Qwen2-1.5B-instruct", "Alibaba-NLP/gte-Qwen2-7B-instruct"),
            "Alibaba-NLP/gte-Qwen1.5-7B-instruct",
        ),
    ),
    Family(
        "Nomic Embed",
        # The card: `clustering` is for grouping texts, finding topics and removing semantic duplicates.
        Prompts("search_query: ", "search_document: ", _REQUIRED, clustering="clustering: "),
        _CARD + "nomic-ai/nomic-embed-text-v1.5",
        (
            *("nomic-ai/nomic-embed-text-v1", "nomic-ai/nomic-embed-text-v1.5"),
            *("nomic-ai/nomic-embed-text-v1-ablated", "nomic-ai/nomic-embed-text-v1-unsupervised"),
            *("nomic-ai/nomic-embed-text-v2-moe", "nomic-ai/modernbert-embed-base"),
        ),
        served=("nomic-embed-text",),
    ),
    Family(
        "Mixedbread",
        Prompts(_RETRIEVE, "", _ONLY_QUERIES),
        _CARD + "mixedbread-ai/mxbai-embed-large-v1",
        ("mixedbread-ai/mxbai-embed-large-v1",),
        served=("mxbai-embed-large",),
    ),
    Family(
        "UAE",
        Prompts(_RETRIEVE, "", _ONLY_QUERIES),
        _CARD + "WhereIsAI/UAE-Large-V1",
        ("WhereIsAI/UAE-Large-V1",),
    ),
    Family(
        "Arctic Embed",
        Prompts(_RETRIEVE, "", _ONLY_QUERIES),
        _CARD + "Snowflake/snowflake-arctic-embed-m-v1.5",
        tuple(
            f"Snowflake/snowflake-arctic-embed-{size}" for size in ("xs", "s", "m", "l", "m-long", "m-v1.5")
        ),
        served=("snowflake-arctic-embed",),
    ),
    Family(
        "Arctic Embed 2.0",
        Prompts("query: ", "", _ONLY_QUERIES),
        _CARD + "Snowflake/snowflake-arctic-embed-l-v2.0",
        ("Snowflake/snowflake-arctic-embed-m-v2.0", "Snowflake/snowflake-arctic-embed-l-v2.0"),
        served=("snowflake-arctic-embed2",),
    ),
    Family(
        "Qwen3 Embedding",
        Prompts(_TASK, "", _INSTRUCT),  # no space after the colon, as on its card and in its files
        _CARD + "Qwen/Qwen3-Embedding-0.6B",
        tuple(f"Qwen/Qwen3-Embedding-{size}" for size in ("0.6B", "4B", "8B")),
        served=("qwen3-embedding",),
    ),
    Family(
        "Harrier",
        # A space after the colon, as on its card and in its files; MTEB has none.
        Prompts(_TASK + " ", "", _INSTRUCT),
        _CARD + "microsoft/harrier-oss-v1-0.6b",
        tuple(f"microsoft/harrier-oss-v1-{size}" for size in ("270m", "0.6b", "27b")),
    ),
    Family(
        "EmbeddingGemma",
        Prompts(
            "task: search result | query: ",
            "title: none | text: ",
            _REQUIRED,
            clustering="task: clustering | query: ",
        ),
        _CARD + "google/embeddinggemma-300m",
        ("google/embeddinggemma-300m",),
        served=("embeddinggemma",),
    ),
    Family(
        "Jina v3",
        Prompts(
            "Represent the query for retrieving evidence documents: ",
            "Represent the document for retrieval: ",
            _TWO,
        ),
        _CARD + "jinaai/jina-embeddings-v3",
        ("jinaai/jina-embeddings-v3",),
    ),
    Family(
        "Jina v5",
        Prompts("Query: ", "Document: ", _TWO),
        _CARD + "jinaai/jina-embeddings-v5-text-small",
        ("jinaai/jina-embeddings-v5-text-small", "jinaai/jina-embeddings-v5-text-nano"),
    ),
    Family(
        "Leaf",
        Prompts(_RETRIEVE, "", _ONLY_QUERIES),
        _CARD + "MongoDB/mdbr-leaf-ir",
        ("MongoDB/mdbr-leaf-ir", "MongoDB/mdbr-leaf-mt"),
    ),
    Family("USER", Prompts("query: ", "passage: ", _TWO), _CARD + "deepvk/USER-base", ("deepvk/USER-base",)),
    Family(
        "USER2",
        Prompts("search_query: ", "search_document: ", _REQUIRED, clustering="clustering: "),
        _CARD + "deepvk/USER2-base",
        ("deepvk/USER2-small", "deepvk/USER2-base"),
    ),
    Family("USER BGE M3", _NO_PROMPT, _CARD + "deepvk/USER-bge-m3", ("deepvk/USER-bge-m3",)),
    Family(
        "Granite Embedding",
        _NO_PROMPT,
        _CARD + "ibm-granite/granite-embedding-english-r2",
        tuple(
            f"ibm-granite/granite-embedding-{name}"
            for name in (
                *("30m-english", "125m-english", "107m-multilingual", "278m-multilingual"),
                *("english-r2", "small-english-r2", "97m-multilingual-r2", "311m-multilingual-r2"),
            )
        ),
        served=("granite-embedding",),
    ),
)


def _by_name() -> dict[str, Family]:
    named: dict[str, Family] = {}
    for family in FAMILIES:
        for model in family.models:
            owner, _, bare = model.lower().partition("/")
            named[f"{owner}/{bare}"] = named[bare] = family
        named.update(dict.fromkeys(family.served, family))
    return named


_BY_NAME = _by_name()


def family_of(model: str) -> Family | None:
    """The family of a model; None if it is not in the table.

    Args:
        model: Hub id, name of the model's folder, or its name in Ollama's library, with or without a tag such
            as `:latest`; case-insensitive.
    """
    return _BY_NAME.get(model.strip().lower().partition(":")[0])
