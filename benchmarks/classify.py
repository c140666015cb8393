"""Classifying and re-ranking: accuracy on the tickets with intervals, seconds for 20,000 rows, and memory.

Vectors of 20,000 rows are generated. The cross-encoder has the size of the usual one (6 layers of 384) and
random weights: its time is that of the real one, its order means nothing. Beside it, the library's `rank`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.corpora import glosses
from benchmarks.processes import resident
from benchmarks.results import record

_ROWS, _HITS = 20_000, 100


def main() -> None:
    """Print one line per figure."""
    figures: dict[str, float | str] = {**quality(), **speed(), **reranking()}
    for name, value in figures.items():
        print(f"{value:9,.3f}  {name}")
    record("classify", figures)


def quality() -> dict[str, float]:
    """Accuracy on `support-tickets`, with 95 % intervals, for examples of the mean over draws of these."""
    import explorer
    from explorer.classification.against_labels import against_labels
    from explorer.classification.by_similarity import classify_by_similarity, predictions_near
    from explorer.classification.learning_curve import learning_curve
    from explorer.comparison.measures.groups import near_copies

    space = explorer.embed("support-tickets", precision="float32")
    labels, groups = space.corpus.labels or [], near_copies(space.corpus)
    named = against_labels(classify_by_similarity(space, sorted(set(labels))), labels, groups=groups)
    figures: dict[str, float] = {}
    for name, figure in (("accuracy", named.accuracy), ("mean F1", named.macro_f1)):
        figures |= {
            f"by names, {name}": figure.value,
            f"by names, {name}, low": figure.low,
            f"by names, {name}, high": figure.high,
        }
    names = sorted(set(labels))
    centred = space.center()
    figures["by names without the mean direction, accuracy"] = against_labels(
        predictions_near(centred, centred.encode_queries(names), tuple(names), ""), labels
    ).accuracy.value
    for method in ("logistic regression", "nearest centroid"):
        curve = learning_curve(space, labels, method=method, groups=groups)
        for size, mean, ends in zip(curve.sizes, curve.means, curve.intervals, strict=True):
            told = f"{size} example{'' if size == 1 else 's'} a label, {method}, accuracy"
            figures |= {told: mean, f"{told}, low": ends[0], f"{told}, high": ends[1]}
    return figures


def speed() -> dict[str, float]:
    """Seconds for 20,000 encoded rows, scikit-learn's cosines beside ours, and memory."""
    from sklearn.metrics.pairwise import cosine_similarity

    import explorer
    from explorer.analysis.space import Space, make_index
    from explorer.classification.by_examples import classify_by_examples
    from explorer.classification.by_similarity import predictions_near
    from explorer.classification.next_to_label import next_to_label

    random = np.random.default_rng(0)
    corpus = explorer.open_corpus(glosses(_ROWS))
    space = Space(corpus, make_index(random.standard_normal((_ROWS, 384), np.float32)))
    centres = random.standard_normal((12, 384), np.float32)
    names = tuple(f"category {number}" for number in range(12))
    examples = {row: names[row % 10] for row in range(200)}
    before = resident("self", "VmRSS")
    figures = {}
    runs: dict[str, Callable[[], object]] = {
        "similarity to 12 categories, s": lambda: predictions_near(space, centres, names, ""),
        "the same cosines by scikit-learn, s": lambda: cosine_similarity(space.vectors, centres),
        "learned from 200 examples, s": lambda: classify_by_examples(space, examples),
        "the next 50 to label, s": lambda: next_to_label(
            space, np.fromiter(examples, dtype=np.int64), predictions_near(space, centres, names, ""), 50
        ),
    }
    for name, run in runs.items():
        run()
        started = time.perf_counter()
        run()
        figures[name] = time.perf_counter() - started
    figures["classifying, MB kept"] = resident("self", "VmRSS") - before
    return figures


def reranking() -> dict[str, float]:
    """Seconds for 100 hits, the library's own `rank` beside ours."""
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    from explorer.encode.models import BUNDLED_MODEL, find_model
    from explorer.retrieval.reranking import rerank

    torch.manual_seed(0)
    texts, query = glosses(_HITS), "a small boat for one person"
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path) / "cross"
        tokenizer = BertTokenizerFast.from_pretrained(find_model(BUNDLED_MODEL).folder)
        config = BertConfig(
            vocab_size=len(tokenizer), hidden_size=384, num_hidden_layers=6, num_attention_heads=12,
            intermediate_size=1536, num_labels=1,
        )  # fmt: skip
        BertForSequenceClassification(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        before = resident("self", "VmRSS")
        started = time.perf_counter()
        rerank(query, texts, str(folder))
        opened = time.perf_counter() - started
        kept = resident("self", "VmRSS") - before
        seconds = min(rerank(query, texts, str(folder)).seconds for _ in range(3))
        library = CrossEncoder(str(folder), device="cpu")
        theirs = []
        for _ in range(3):
            started = time.perf_counter()
            library.rank(query, texts)
            theirs.append(time.perf_counter() - started)
    return {
        "100 hits re-ranked, the first time with opening the model, s": opened,
        "100 hits re-ranked, s": seconds,
        "100 hits by CrossEncoder.rank, s": min(theirs),
        "re-ranking, MB kept with the model": kept,
    }


if __name__ == "__main__":
    main()
