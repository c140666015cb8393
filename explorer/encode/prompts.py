"""Which prompts the authors of a model expect before texts, where the model's own files name none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Prompts:
    """What the authors put before texts when they trained a model.

    Attributes:
        query: Before each query; empty where queries are read as they are.
        document: Before each row; empty where rows are read as they are.
        why: What the authors say of it, one plain sentence.
    """

    query: str
    document: str
    why: str


_RETRIEVE = "Represent this sentence for searching relevant passages: "
_INSTRUCT = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "
_ONLY_QUERIES = "Its authors put an instruction before queries and nothing before rows."
_NONE = "Its authors put nothing before texts."

# Models by id; the owner may be missing, as in the name of a folder. Each as its model card has it.
_FAMILIES: list[tuple[str, Prompts]] = [
    # https://huggingface.co/intfloat/e5-base-v2, https://huggingface.co/intfloat/multilingual-e5-base
    (
        r"(intfloat/)?(multilingual-)?e5-(small|base|large)(-v2|-unsupervised)?",
        Prompts("query: ", "passage: ", "Its authors put one prompt before queries and another before rows."),
    ),
    # https://huggingface.co/intfloat/multilingual-e5-large-instruct
    # https://huggingface.co/intfloat/e5-mistral-7b-instruct
    (
        r"(intfloat/)?(multilingual-e5-large|e5-mistral-7b)-instruct",
        Prompts(
            _INSTRUCT,
            "",
            "Its authors put the task, in one sentence, before queries and nothing before rows.",
        ),
    ),
    # https://huggingface.co/BAAI/bge-large-en-v1.5
    (r"(baai/)?bge-(small|base|large)-en(-v1\.5)?", Prompts(_RETRIEVE, "", _ONLY_QUERIES)),
    # https://huggingface.co/BAAI/bge-large-zh-v1.5
    (
        r"(baai/)?bge-(small|base|large)-zh(-v1\.5)?",
        Prompts("为这个句子生成表示以用于检索相关文章：", "", _ONLY_QUERIES),
    ),
    # https://huggingface.co/BAAI/bge-m3
    (r"(baai/)?bge-m3", Prompts("", "", _NONE)),
    # https://huggingface.co/thenlper/gte-base, https://huggingface.co/Alibaba-NLP/gte-base-en-v1.5
    (r"(thenlper/)?gte-(small|base|large)(-zh)?", Prompts("", "", _NONE)),
    (r"(alibaba-nlp/)?gte-((base|large)-en-v1\.5|multilingual-base)", Prompts("", "", _NONE)),
    # https://huggingface.co/nomic-ai/nomic-embed-text-v1.5
    # https://huggingface.co/nomic-ai/nomic-embed-text-v2-moe
    # https://huggingface.co/nomic-ai/modernbert-embed-base
    (
        r"(nomic-ai/)?(nomic-embed-text-v(1|1\.5|2-moe)|modernbert-embed-base)",
        Prompts("search_query: ", "search_document: ", "Its authors require a task before every text."),
    ),
    # https://huggingface.co/mixedbread-ai/mxbai-embed-large-v1
    (r"(mixedbread-ai/)?mxbai-embed-large-v1", Prompts(_RETRIEVE, "", _ONLY_QUERIES)),
    # https://huggingface.co/WhereIsAI/UAE-Large-V1
    (r"(whereisai/)?uae-large-v1", Prompts(_RETRIEVE, "", _ONLY_QUERIES)),
    # https://huggingface.co/Snowflake/snowflake-arctic-embed-m-v1.5
    (
        r"(snowflake/)?snowflake-arctic-embed-(xs|s|m|l|m-long|m-v1\.5)",
        Prompts(_RETRIEVE, "", _ONLY_QUERIES),
    ),
    # https://huggingface.co/Snowflake/snowflake-arctic-embed-l-v2.0
    (r"(snowflake/)?snowflake-arctic-embed-(m|l)-v2\.0", Prompts("query: ", "", _ONLY_QUERIES)),
]


def family_prompts(model_id: str) -> Prompts | None:
    """The prompts a model's authors expect.

    Args:
        model_id: Hub id, or a folder's name that is the model's own; capitals do not matter.

    Returns:
        The prompts, both empty where the authors use none; None for a model that is not known here.
    """
    name = model_id.strip().lower()
    return next((prompts for pattern, prompts in _FAMILIES if re.fullmatch(pattern, name)), None)


def advice(
    model_id: str,
    defined_prompts: Mapping[str, str],
    chosen_prompt: str | None,
    chosen_query_prompt: str | None,
) -> str | None:
    """A warning where a model expects prompts and none is set.

    Args:
        model_id: Hub id or folder's name.
        defined_prompts: The prompts of the model's own files, by name.
        chosen_prompt: Put before each row; None takes the model's own document prompt.
        chosen_query_prompt: Put before each query; None takes the model's own query prompt.

    Returns:
        What the person should know; None when nothing is missing, or the model is not known here.
    """
    expected = family_prompts(model_id)
    if expected is None:
        return None
    prompt, query_prompt = chosen_prompt, chosen_query_prompt
    if prompt is None:
        prompt = defined_prompts.get("document") or defined_prompts.get("passage")
    if query_prompt is None:
        query_prompt = defined_prompts.get("query")
    missing = []
    if expected.query and not query_prompt:
        missing.append(f"{_quoted(expected.query)} before queries")
    if expected.document and not prompt:
        missing.append(f"{_quoted(expected.document)} before rows")
    if not missing:
        return None
    return f"This model expects {' and '.join(missing)}, and none is set. {expected.why}"


def _quoted(prompt: str) -> str:
    return "“" + prompt.replace("\n", "\\n") + "”"
