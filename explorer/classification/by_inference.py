"""Zero-shot classification by a model of natural language inference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from explorer.classification.categories import Category, categories_of
from explorer.classification.predictions import Predictions
from explorer.encode.engines.pair_models import check_template, inference_model
from explorer.jobs.progress import OnProgress, Progress, ignore_progress

TEMPLATE = "This example is {}."
"""The statement that `transformers`' pipeline uses."""


def classify_by_inference(
    texts: Sequence[str],
    categories: Iterable[str | Category],
    model: str,
    *,
    template: str = TEMPLATE,
    several: bool = False,
    revision: str | None = None,
    on_progress: OnProgress | None = None,
) -> Predictions:
    """Classify texts by whether “This example is …” follows from them (Yin, Hay and Roth 2019).

    It is the zero-shot pipeline of `transformers`: of one category for each text, the softmax of the
    entailment scores of all; of several, for each category by itself the softmax of entailment and
    contradiction. Each text is read once for each category. Descriptions are not used.

    Args:
        texts: The texts.
        categories: See `categories_of`.
        model: A folder or a Hub id of a model trained on natural language inference.
        template: The statement, with `{}` where the name of a category goes.
        several: Whether several categories can apply to one text.
        revision: Branch, tag or commit on the Hub.
        on_progress: Called after each batch. An exception it raises stops the work.

    Raises:
        QueryError: The categories or the template cannot be used.
        ModelError: The model is not available, or is none of natural language inference.
        HubError: It cannot be downloaded.
    """
    names = [one.name for one in categories_of(categories)]
    check_template(template)
    report = on_progress or ignore_progress
    opened = inference_model(model, revision=revision, on_progress=on_progress)
    probabilities = np.empty((len(texts), len(names)), dtype=np.float32)
    done = 0
    report(Progress.count("Classifying", done, len(texts), "rows"))
    for rows, found in opened.probabilities(texts, names, template, several=several):
        probabilities[rows] = found
        done += len(rows)
        report(Progress.count("Classifying", done, len(texts), "rows"))
    return Predictions(tuple(names), probabilities, several, f"inference by {opened.name}")
