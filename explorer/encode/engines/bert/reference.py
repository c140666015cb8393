"""The check of the bundled model's graph against vectors that torch gave, which are kept beside this module.

`python -m tests.encode.engines.reference_vectors` makes them.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from explorer.encode.engines.bert.description import describe
from explorer.encode.engines.bert.graph import INPUTS, build
from explorer.encode.engines.graph_outcomes import About, NoGraphError, check_distance
from explorer.encode.engines.loading import TOKENIZER_TEXTS
from explorer.encode.engines.openvino_library import EXACT, core
from explorer.encode.models import ModelFiles
from explorer.encode.tokens import FastTokenizer

_log = logging.getLogger(__name__)

REFERENCE = Path(__file__).with_name("bundled_model.npz")
# The last one is longer than the model reads.
REFERENCE_TEXTS = (
    *TOKENIZER_TEXTS,
    *(" ".join(["One", "more", "text,"] * count) for count in (1, 3, 20, 100)),
)


def check_with_reference(files: ModelFiles) -> About | None:
    """Compare a model's graph with its reference vectors, float32.

    Returns:
        The outcome; None if there are none for this model or the graph differs from them, so that torch
        must decide.
    """
    with np.load(REFERENCE) as kept:
        if str(kept["revision"]) != files.revision:
            return None
        expected = kept["vectors"]
    try:
        model = describe(files)
        compiled = core().compile_model(build(model), "CPU", EXACT)
        tokenizer = FastTokenizer(files.tokenizer_folder, files.max_length, model.pad_id, INPUTS)
        tokens = tokenizer.tokenize(REFERENCE_TEXTS)
        last = len(REFERENCE_TEXTS) - 1
        groups = ([0], [last], [0, last], list(range(last)))
        apart = max(
            check_distance(compiled(tokens.batch(np.array(group)))[0], expected[group]) for group in groups
        )
    except (NoGraphError, RuntimeError) as error:
        _log.warning("the graph of %s is not used: %s", files.name, error)
        return None
    return About(built=True, dims=model.dims, inputs=INPUTS, pad_id=model.pad_id, apart=apart)
