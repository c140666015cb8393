import pytest

from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.prompts import advice, family_prompts


@pytest.mark.parametrize(
    ("model", "query", "document"),
    [
        ("intfloat/e5-base-v2", "query: ", "passage: "),
        ("intfloat/multilingual-e5-small", "query: ", "passage: "),
        ("e5-large", "query: ", "passage: "),
        ("BAAI/bge-small-en-v1.5", "Represent this sentence for searching relevant passages: ", ""),
        ("BAAI/bge-large-zh", "为这个句子生成表示以用于检索相关文章：", ""),
        ("BAAI/bge-m3", "", ""),
        ("thenlper/gte-base", "", ""),
        ("nomic-ai/nomic-embed-text-v1.5", "search_query: ", "search_document: "),
        (
            "mixedbread-ai/mxbai-embed-large-v1",
            "Represent this sentence for searching relevant passages: ",
            "",
        ),
        (
            "Snowflake/snowflake-arctic-embed-m",
            "Represent this sentence for searching relevant passages: ",
            "",
        ),
        ("Snowflake/snowflake-arctic-embed-m-v2.0", "query: ", ""),
    ],
)
def test_a_family_has_the_prompts_of_its_model_card(model, query, document):
    prompts = family_prompts(model)
    assert (prompts.query, prompts.document) == (query, document)


def test_an_instruct_model_takes_the_task_before_the_query():
    prompts = family_prompts("intfloat/multilingual-e5-large-instruct")
    assert prompts.query.startswith("Instruct: ")
    assert prompts.query.endswith("\nQuery: ")
    assert prompts.document == ""


@pytest.mark.parametrize(
    "model", [BUNDLED_MODEL, "someone/e5-base-v2", "intfloat/e5-base-v2-onnx", "BAAI/bge-reranker-base", ""]
)
def test_a_model_that_is_not_known_has_none(model):
    assert family_prompts(model) is None
    assert advice(model, {}, None, None) is None


def test_missing_prompts_are_warned_of_and_named():
    told = advice("intfloat/e5-base-v2", {}, None, None)
    assert "“query: ” before queries and “passage: ” before rows, and none is set" in told
    told = advice("intfloat/e5-base-v2", {}, "passage: ", "")
    assert "“query: ” before queries, and" in told
    assert "passage" not in told
    assert "\\nQuery: ”" in advice("intfloat/multilingual-e5-large-instruct", {}, None, None)


@pytest.mark.parametrize(
    ("model", "defined", "prompt", "query_prompt"),
    [
        ("intfloat/e5-base-v2", {}, "passage: ", "query: "),
        ("intfloat/e5-base-v2", {}, "my own: ", "my own: "),
        ("intfloat/e5-base-v2", {"query": "query: ", "passage": "passage: "}, None, None),
        ("Snowflake/snowflake-arctic-embed-m", {"query": "Represent …: "}, None, None),
        ("BAAI/bge-m3", {}, None, None),
    ],
)
def test_there_is_no_warning_where_nothing_is_missing(model, defined, prompt, query_prompt):
    assert advice(model, defined, prompt, query_prompt) is None
