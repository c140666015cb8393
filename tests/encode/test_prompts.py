import pytest

from explorer.encode.prompts import has_both, text_prompts

E5, NOMIC, GEMMA = "intfloat/e5-base-v2", "nomic-ai/nomic-embed-text-v1.5", "google/embeddinggemma-300m"


def used(*args, **kwargs):
    prompts = text_prompts(*args, **kwargs)
    return prompts.document, prompts.query, prompts.origin


@pytest.mark.parametrize(
    ("defined", "document", "query"),
    [
        ({"query": "q: ", "document": "d: "}, "d: ", "q: "),
        ({"query": "q: ", "passage": "p: "}, "p: ", "q: "),
        ({"query": "q: ", "corpus": "c: "}, "c: ", "q: "),
        ({"corpus": "c: ", "passage": "p: ", "document": "d: "}, "d: ", ""),
        ({"corpus": "c: ", "passage": "p: "}, "p: ", ""),
        ({"query": "q: ", "STS": "s: "}, "", "q: "),
    ],
)
def test_a_models_own_files_name_prompts_as_sentence_transformers_does(defined, document, query):
    assert used("someone/model", defined) == (document, query, "own files")
    assert used(E5, defined) == (document, query, "own files")


def test_where_its_files_name_none_a_model_is_asked_as_its_card_says():
    assert used(E5, {}) == ("passage: ", "query: ", "family")
    assert used(NOMIC, {"Classification": "classification: "}) == (
        *("search_document: ", "search_query: "),
        "family",
    )
    assert used("BAAI/bge-m3", {}) == ("", "", "family")
    assert used("someone/model", {}) == ("", "", "nobody")


@pytest.mark.parametrize(
    ("model", "prompt"),
    [
        (E5, "query: "),
        (NOMIC, "clustering: "),
        (GEMMA, "task: clustering | query: "),
        ("nomic-embed-text:v1.5", "clustering: "),
    ],
)
def test_rows_for_clusters_and_queries_among_them_get_the_same_prompt(model, prompt):
    assert used(model, {}, "clustering") == (prompt, prompt, "family")
    assert has_both(model, {})


def test_a_prompt_for_clusters_in_the_models_own_files_comes_first():
    defined = {"query": "q: ", "document": "d: ", "Clustering": "group: "}
    assert used("someone/model", defined, "clustering") == ("group: ", "group: ", "own files")
    assert used(NOMIC, defined, "clustering") == ("group: ", "group: ", "own files")
    assert has_both("someone/model", defined)


@pytest.mark.parametrize(
    ("model", "defined"),
    [
        ("someone/model", {}),
        ("BAAI/bge-small-en-v1.5", {}),
        ("BAAI/bge-m3", {}),
        ("someone/model", {"query": "q: ", "document": "d: "}),
        ("someone/model", {"document": "same: ", "clustering": "same: "}),
    ],
)
def test_a_model_with_one_way_to_be_asked_is_asked_that_way_for_clusters(model, defined):
    assert not has_both(model, defined)
    assert text_prompts(model, defined, "clustering").document == text_prompts(model, defined).document


@pytest.mark.parametrize("task", ["search", "clustering"])
def test_what_a_person_chose_is_used_also_if_it_is_nothing(task):
    assert used(E5, {}, task, document="", query="my own: ") == ("", "my own: ", "chosen")
    assert used(E5, {}, task, query="")[:2] == (used(E5, {}, task)[0], "")


def test_instructions_of_which_none_is_for_queries_or_rows_are_said_not_to_be_used():
    defined = {"s2p_query": "Instruct: …\nQuery: ", "s2s_query": "Instruct: …\nQuery: "}
    prompts = text_prompts("someone/model", defined)
    assert (prompts.document, prompts.query, prompts.unused) == ("", "", ("s2p_query", "s2s_query"))
    assert "“s2p_query”, “s2s_query”" in prompts.note
    assert text_prompts("someone/model", defined, query="Instruct: …\nQuery: ").note == ""
    # These are known to search by the first of theirs.
    assert (
        text_prompts("microsoft/harrier-oss-v1-270m", {"web_search_query": "x", "sts_query": "y"}).note == ""
    )
    assert text_prompts("someone/model", {}).note == ""
