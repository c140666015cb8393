import shutil

import pytest

from explorer.comparison.judging.retrieval import MRR, NDCG, recall
from explorer.comparison.measures.label_measures import KNN_ACCURACY, PROBE_ACCURACY, V_MEASURE
from explorer.comparison.statistics.correlation import PEARSON, SPEARMAN
from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.spec import HostedModel, LocalModel, OwnVectors, Tfidf
from explorer.errors import ExplorerError
from explorer.evaluation.published import (
    card_is_on_hub,
    card_of,
    dataset_names,
    datasets_in,
    published_figures,
)
from explorer.evaluation.thresholds import AVERAGE_PRECISION, BEST_F1
from explorer.hub.card_results import CardFigure
from tests import hub_server


@pytest.fixture
def hub(monkeypatch, tmp_path, tiny_model):
    """A Hub with the model `tiny/model`."""
    server = hub_server.LocalHub()
    server.repositories["tiny/model"] = shutil.copytree(tiny_model, tmp_path / "served")
    hub_server.talk_to(server, monkeypatch, tmp_path / "hub-cache")
    yield server
    server.close()


def figure(metric, value=0.8, *, task="STS", dataset="MTEB STSBenchmark", split="test", half=0.00005, **more):
    said = {
        "dataset_id": "mteb/stsbenchmark-sts",
        "config": "",
        "written": str(value),
        "source": "model card",
    }
    return CardFigure(
        dataset=dataset, split=split, task=task, metric=metric, value=value, half_unit=half, **(said | more)
    )


@pytest.mark.parametrize(
    ("measure", "similarity", "task", "metric"),
    [
        (SPEARMAN, "cosine", "STS", "cos_sim_spearman"),
        (SPEARMAN, "cosine", "STS", "cosine_spearman"),
        (SPEARMAN, "dot", "STS", "dot_spearman"),
        (SPEARMAN, "euclidean", "STS", "euclidean_spearman"),
        (SPEARMAN, "dot", "STS", "spearman"),
        (SPEARMAN, "cosine", "semantic-similarity", "spearman_cosine"),
        (PEARSON, "cosine", "STS", "cos_sim_pearson"),
        (PEARSON, "dot", "semantic-similarity", "pearson_dot"),
        (AVERAGE_PRECISION, "cosine", "PairClassification", "cos_sim_ap"),
        (AVERAGE_PRECISION, "cosine", "binary-classification", "cosine_ap"),
        (BEST_F1, "dot", "PairClassification", "dot_f1"),
        (NDCG, "cosine", "Retrieval", "ndcg_at_10"),
        (NDCG, "cosine", "information-retrieval", "cosine_ndcg@10"),
        (MRR, "dot", "information-retrieval", "dot_mrr@10"),
        (recall(100), "cosine", "Retrieval", "recall_at_100"),
        (PROBE_ACCURACY, "cosine", "Classification", "accuracy"),
        (V_MEASURE, "cosine", "Clustering", "v_measure"),
    ],
)
def test_a_metric_is_found_under_its_names(measure, similarity, task, metric):
    (found,) = published_figures([figure(metric, task=task)], "STSBenchmark", measure, 0.8, similarity)
    assert found.metric == metric


@pytest.mark.parametrize(
    ("measure", "similarity", "task", "metric"),
    [
        (SPEARMAN, "cosine", "STS", "cos_sim_pearson"),
        (SPEARMAN, "cosine", "STS", "manhattan_spearman"),
        (SPEARMAN, "cosine", "STS", "dot_spearman"),
        (SPEARMAN, "cosine", "Summarization", "cos_sim_spearman"),
        (recall(10), "cosine", "Retrieval", "recall_at_100"),
        (KNN_ACCURACY, "cosine", "Classification", "accuracy"),  # which nobody publishes
        (PROBE_ACCURACY, "cosine", "PairClassification", "accuracy"),
        (BEST_F1, "cosine", "Classification", "f1"),
    ],
)
def test_another_metric_or_task_is_not_taken_for_it(measure, similarity, task, metric):
    assert published_figures([figure(metric, task=task)], "STSBenchmark", measure, 0.8, similarity) == ()


@pytest.mark.parametrize(
    "name", ["STSBenchmark", "MTEB STSBenchmark", "sts-benchmark", "mteb/stsbenchmark-sts"]
)
def test_a_dataset_is_found_by_name_or_id(name):
    card = [
        figure("cos_sim_spearman"),
        figure("cos_sim_spearman", dataset="MTEB STS12", dataset_id="mteb/sts12"),
    ]
    assert len(published_figures(card, name, SPEARMAN, 0.8, "cosine")) == 1
    assert published_figures(card, "STS1", SPEARMAN, 0.8, "cosine") == ()
    assert published_figures([figure("spearman", dataset_id="")], "…", SPEARMAN, 0.8, "cosine") == ()


def test_the_own_similarity_comes_first_and_the_split_test_before_others():
    card = [
        figure("spearman", 0.1),
        figure("cosine_spearman", 0.2, split="dev"),
        figure("cosine_spearman", 0.3),
        figure("cosine_spearman", 0.4, config="other"),
    ]
    found = published_figures(card, "STSBenchmark", SPEARMAN, 0.5, "cosine")
    assert [(each.value, each.split) for each in found] == [(0.3, "test"), (0.4, "test"), (0.2, "dev")]
    assert found[0].difference == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("value", "half", "ours", "differs"),
    [
        (0.8203, 0.00005, 0.82034, False),
        (0.8203, 0.00005, 0.82035, False),  # half a unit rounds either way
        (0.8203, 0.00005, 0.82036, True),
        (0.8203, 0.00005, 0.82024, True),
        (0.82, 0.005, 0.8151, False),
        (0.82, 0.005, 0.8149, True),
        (0.8203046731235654, 5e-17, 0.8203050, False),  # to 1e-6, as everything here
        (0.8203046731235654, 5e-17, 0.8203070, True),
    ],
)
def test_figures_differ_by_more_than_half_a_unit_of_the_last_digit(value, half, ours, differs):
    (found,) = published_figures(
        [figure("spearman", value, half=half)], "STSBenchmark", SPEARMAN, ours, "cosine"
    )
    assert found.differs == differs


def test_the_datasets_of_the_task_are_listed():
    card = [figure("spearman", dataset=f"MTEB STS{at}") for at in range(12)]
    card += [figure("map", task="Reranking", dataset="MTEB R"), figure("spearman", dataset="\x1b[2J")]
    listed = datasets_in(card, [SPEARMAN, PEARSON])
    assert listed.startswith("'MTEB STS0', 'MTEB STS1', ")
    assert listed.endswith("'MTEB STS9', …")
    assert datasets_in(card[-1:], [SPEARMAN]) == "'\\x1b[2J'"
    assert datasets_in(card, [V_MEASURE]) == ""


def test_the_datasets_of_a_card_are_named_by_the_measures_that_it_has_figures_for():
    card = [figure("spearman", dataset="MTEB STS1"), figure("pearson", dataset="MTEB STS1")]
    card += [figure("map", task="Reranking", dataset="MTEB R"), figure("ap", task="PairClassification")]
    assert dataset_names(card, ["Spearman", "Pearson"]) == ["MTEB STS1"]
    assert dataset_names(card, ["average precision"]) == [card[-1].dataset]
    assert dataset_names(card, ["k-NN accuracy", "silhouette"]) == []


def test_cards_are_read_from_folders_and_from_the_hub(hub, tmp_path):
    assert "sentence-transformers" in card_of(LocalModel(BUNDLED_MODEL))
    folder = hub.repositories["tiny/model"]
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Tiny", encoding="utf-8")
    for spec in (
        LocalModel(str(folder)),
        LocalModel("tiny/model"),
        HostedModel("hf-inference", "tiny/model"),
    ):
        assert card_of(spec).endswith("# Tiny")
    assert not any(map(card_is_on_hub, (LocalModel(BUNDLED_MODEL), LocalModel(str(folder)))))
    assert all(map(card_is_on_hub, (LocalModel("tiny/model"), HostedModel("hf-inference", "tiny/model"))))
    hub.gated.add("tiny/model")
    with pytest.raises(ExplorerError):
        card_of(LocalModel("tiny/model"))


def test_what_has_no_card_says_so(tiny_model, tmp_path):
    for spec in (None, Tfidf(), OwnVectors()):
        with pytest.raises(ExplorerError, match="no model card"):
            card_of(spec)
    bare = shutil.copytree(tiny_model, tmp_path / "bare", ignore=shutil.ignore_patterns("README.md"))
    with pytest.raises(ExplorerError, match=r"no README\.md"):
        card_of(LocalModel(str(bare)))
