"""Explore text embeddings, and compare embedding models on your own data.

Importing this package is quick: each name imports what it needs on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explorer.analysis.modality_gap import align_means, modality_gap
    from explorer.analysis.space import Hit, Space
    from explorer.classification.by_examples import classify_by_examples
    from explorer.classification.by_inference import classify_by_inference
    from explorer.classification.by_similarity import classify_by_similarity
    from explorer.classification.predictions import vote
    from explorer.comparison.compare import compare
    from explorer.comparison.comparison import Comparison
    from explorer.comparison.compression.size_sweep import SizeSweep
    from explorer.comparison.compression.sweep import sweep
    from explorer.comparison.files.opening import open_comparison
    from explorer.data.added_rows import add_rows
    from explorer.data.corpus import Corpus
    from explorer.data.opening import open_corpus
    from explorer.embedding import embed
    from explorer.errors import ExplorerError
    from explorer.evaluation.behaviour import check_behaviour
    from explorer.evaluation.duplicates import evaluate_duplicates
    from explorer.evaluation.labels import evaluate_labels
    from explorer.evaluation.pairs import evaluate_pairs
    from explorer.evaluation.report.report import report_evaluation
    from explorer.evaluation.retrieval import evaluate_retrieval
    from explorer.record.answer_record import AnswerRecord, open_record
    from explorer.retrieval.options import RankOptions
    from explorer.retrieval.ranked import ranked_search
    from explorer.retrieval.reranking import rerank
    from explorer.saved_space import open_space
    from explorer.session.files.opening import open_session
    from explorer.session.files.saved_session import SavedSession
    from explorer.share.atlas import export_for_atlas
    from explorer.share.projector import export_for_projector
    from explorer.share.push import push_to_hub
    from explorer.share.push_page import push_page
    from explorer.share.save_map import save_map
    from explorer.splitting import split_passages
    from explorer.tracking.comparisons import log_comparison
    from explorer.tracking.encoders import log_encoder
    from explorer.tracking.evaluations import log_evaluation

_HOMES = {
    "AnswerRecord": "explorer.record.answer_record",
    "Comparison": "explorer.comparison.comparison",
    "Corpus": "explorer.data.corpus",
    "ExplorerError": "explorer.errors",
    "Hit": "explorer.analysis.space",
    "RankOptions": "explorer.retrieval.options",
    "SavedSession": "explorer.session.files.saved_session",
    "SizeSweep": "explorer.comparison.compression.size_sweep",
    "Space": "explorer.analysis.space",
    "add_rows": "explorer.data.added_rows",
    "align_means": "explorer.analysis.modality_gap",
    "check_behaviour": "explorer.evaluation.behaviour",
    "classify_by_examples": "explorer.classification.by_examples",
    "classify_by_inference": "explorer.classification.by_inference",
    "classify_by_similarity": "explorer.classification.by_similarity",
    "compare": "explorer.comparison.compare",
    "embed": "explorer.embedding",
    "evaluate_duplicates": "explorer.evaluation.duplicates",
    "evaluate_labels": "explorer.evaluation.labels",
    "evaluate_pairs": "explorer.evaluation.pairs",
    "evaluate_retrieval": "explorer.evaluation.retrieval",
    "export_for_atlas": "explorer.share.atlas",
    "export_for_projector": "explorer.share.projector",
    "log_comparison": "explorer.tracking.comparisons",
    "log_encoder": "explorer.tracking.encoders",
    "log_evaluation": "explorer.tracking.evaluations",
    "modality_gap": "explorer.analysis.modality_gap",
    "open_comparison": "explorer.comparison.files.opening",
    "open_corpus": "explorer.data.opening",
    "open_record": "explorer.record.answer_record",
    "open_session": "explorer.session.files.opening",
    "open_space": "explorer.saved_space",
    "push_page": "explorer.share.push_page",
    "push_to_hub": "explorer.share.push",
    "ranked_search": "explorer.retrieval.ranked",
    "report_evaluation": "explorer.evaluation.report.report",
    "rerank": "explorer.retrieval.reranking",
    "save_map": "explorer.share.save_map",
    "split_passages": "explorer.splitting",
    "sweep": "explorer.comparison.compression.sweep",
    "vote": "explorer.classification.predictions",
}

__all__ = [
    "AnswerRecord",
    "Comparison",
    "Corpus",
    "ExplorerError",
    "Hit",
    "RankOptions",
    "SavedSession",
    "SizeSweep",
    "Space",
    "add_rows",
    "align_means",
    "check_behaviour",
    "classify_by_examples",
    "classify_by_inference",
    "classify_by_similarity",
    "compare",
    "embed",
    "evaluate_duplicates",
    "evaluate_labels",
    "evaluate_pairs",
    "evaluate_retrieval",
    "export_for_atlas",
    "export_for_projector",
    "log_comparison",
    "log_encoder",
    "log_evaluation",
    "modality_gap",
    "open_comparison",
    "open_corpus",
    "open_record",
    "open_session",
    "open_space",
    "push_page",
    "push_to_hub",
    "ranked_search",
    "report_evaluation",
    "rerank",
    "save_map",
    "split_passages",
    "sweep",
    "vote",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOMES:
        raise AttributeError(f"module 'explorer' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
