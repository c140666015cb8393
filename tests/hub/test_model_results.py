import pytest

from explorer.hub.model_results import published_results


def card(name, task, *metrics, **more):
    listed = [{"type": kind, "value": value} for kind, value in metrics]
    return [{"results": [{"task": {"type": task}, "dataset": {"name": name}, "metrics": listed, **more}]}]


def only(index, files=None):
    (result,) = published_results(index, files)
    return result


@pytest.mark.parametrize(
    ("index", "benchmark", "metric", "score"),
    [
        (card("MTEB STS12", "STS", ("cos_sim_pearson", 80.0), ("cos_sim_spearman", 72.4)), "STS12",
         "cos_sim_spearman", 72.4),
        # Out of 1 and without the prefix, as ibm-granite/granite-embedding-278m-multilingual has it.
        (card("Miracl (en)", "Retrieval", ("ndcg_at_1", 0.45557), ("ndcg_at_10", 0.49372)), "Miracl (en)",
         "ndcg_at_10", 49.372),
        # Of a weak model: some of the metrics tell that all are out of 100.
        (card("MTEB X", "Retrieval", ("ndcg_at_10", 0.6), ("recall_at_1000", 4.2)), "X", "ndcg_at_10", 0.6),
        # As sentence-transformers writes it.
        (card("sts dev", "semantic-similarity", ("pearson_cosine", 0.8), ("spearman_cosine", 0.85)),
         "sts dev", "spearman_cosine", 85.0),
        (card("NanoNQ", "information-retrieval", ("cosine_ndcg@10", 0.5), ("cosine_accuracy@1", 0.4)),
         "NanoNQ", "cosine_ndcg@10", 50.0),
        # A threshold is no share and says nothing of the unit.
        (card("pairs", "binary-classification", ("cosine_ap", 0.9), ("cosine_accuracy_threshold", 12.0)),
         "pairs", "cosine_ap", 90.0),
        (card("odd", "something", ("negative_mse", -0.5)), "odd", "negative_mse", -0.5),
        (card("MTEB New", "Retrieval", ("main_score", 55.1), ("map", 50.0)), "New", "main_score", 55.1),
    ],
)  # fmt: skip
def test_results_of_a_card_are_out_of_100_whatever_the_card_has(index, benchmark, metric, score):
    result = only(index)
    assert (result.benchmark, result.metric) == (benchmark, metric)
    assert result.score == pytest.approx(score)
    assert (result.source, result.address, result.verified) == ("model card", "", False)


def test_a_cards_source_and_what_the_hub_verified_are_told():
    index = card("MTEB A", "STS", source={"name": "Leaderboard", "url": "https://example.org/a"})
    index[0]["results"][0]["metrics"] = [{"type": "cosine_spearman", "value": 71, "verified": True}]
    result = only(index)
    assert (result.source, result.address, result.verified) == ("Leaderboard", "https://example.org/a", True)


@pytest.mark.parametrize("value", [None, "71", True, float("nan"), [1]])
def test_values_that_are_no_numbers_are_left_out(value):
    entry = {"dataset": {"id": "a/b", "task_id": "c"}, "value": value}
    assert published_results(card("MTEB A", "STS", ("cosine_spearman", value)), [entry]) == []


def test_results_in_files_of_their_own_are_read_as_the_hub_gives_them():
    said = {"dataset": {"id": "mteb/sts", "task_id": "sts12"}, "value": 0.412}
    plain = only(None, [said])
    assert (plain.benchmark, plain.metric, plain.score) == ("mteb/sts", "sts12", pytest.approx(41.2))
    assert (plain.source, plain.verified) == ("model repository", False)
    # A token that the Hub has not found valid proves nothing.
    claimed = {**said, "value": 20.9, "verifyToken": "ey", "source": {"url": "https://e.org", "user": "ann"}}
    result = only(None, [{"data": claimed, "filename": ".eval_results/sts.yaml", "verified": False}])
    assert (result.score, result.source, result.address) == (20.9, "ann", "https://e.org")
    assert not result.verified
    assert only(None, [{"data": claimed, "verified": True}]).verified
    proposed = only(None, [{"data": claimed, "pullRequest": 69}])
    assert proposed.source == "open pull request 69"


def test_files_that_the_hub_could_not_read_and_links_that_lead_nowhere_are_left_out():
    said = {"dataset": {"id": "mteb/sts", "task_id": "sts12"}, "value": 50}
    bad = {**said, "source": {"url": "javascript:alert(1)", "name": "x"}}
    files = [
        {"filename": "a.yaml", "error": "no"},
        {"data": {**said, "dataset": {"id": "x"}}},
        3,
        {"data": bad},
    ]
    result = only(None, files)
    assert (result.source, result.address) == ("x", "")


def test_what_is_published_twice_is_shown_once_and_no_list_is_endless():
    twice = card("MTEB A", "STS", ("cosine_spearman", 71))[0]
    assert len(published_results([twice, twice], None)) == 1
    many = [card(f"MTEB {n}", "STS", ("cosine_spearman", 71))[0] for n in range(400)]
    files = [{"dataset": {"id": f"a/{n}", "task_id": "t"}, "value": 50} for n in range(400)]
    assert len(published_results(many, files)) == 500
