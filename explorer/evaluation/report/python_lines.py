"""The Python lines that repeat an evaluation."""

from __future__ import annotations

from typing import Any

from explorer.comparison.report.python_lines import JUDGEMENTS, PAIRS, call, model_arguments, opened
from explorer.encode.spec import TFIDF, EncoderSpec, HostedModel, LocalModel, Tfidf
from explorer.evaluation.duplicates import DuplicateEvaluation
from explorer.evaluation.pairs import PairEvaluation
from explorer.evaluation.report.kinds import Evaluated
from explorer.evaluation.retrieval import RetrievalEvaluation


def python_lines(found: Evaluated) -> str:
    """Lines that measure the same again; a local file and a folder of a model are named without their folder.

    Pairs and judgements are read from files of usual names. Vectors that cannot be made again from what is
    known, and changes of vectors after encoding, are comments.
    """
    lines = ["import explorer", ""]
    if not isinstance(found.spec, LocalModel | HostedModel | Tfidf):
        return "\n".join([*lines, f"# {found.encoder!r} cannot be made again from what is known about it."])
    if found.changes:
        lines.append(
            f"# Its vectors were changed after encoding, which these lines leave out: {found.changes}"
        )
    lines += [f"result = {_evaluated(found, found.spec)}", "print(result)"]
    return "\n".join(lines)


def _evaluated(found: Evaluated, spec: EncoderSpec) -> str:
    if isinstance(found, PairEvaluation | DuplicateEvaluation):
        # Their texts are rows to each other, for which the prompts of clustering are usual.
        given, named = _arguments(repr(PAIRS), spec, usual="clustering")
        named.pop("query_prompt", None)
        if isinstance(found, PairEvaluation):
            return call("explorer.evaluate_pairs", given, named)
        return call(
            "explorer.evaluate_duplicates", given, {"wanted_precision": found.wanted_precision, **named}
        )
    corpus = opened(found.corpus, found.corpus.text)
    if isinstance(found, RetrievalEvaluation):
        given, named = _arguments(corpus, spec, usual="search")
        depth = int(found.recall.measure.name.partition("@")[2])
        return call(
            "explorer.evaluate_retrieval", [given[0], repr(JUDGEMENTS), *given[1:]], {**named, "k": depth}
        )
    given, named = _arguments(corpus, spec, usual="clustering")
    return call("explorer.evaluate_labels", given, {**named, "k": found.voted.shape[1]})


def _arguments(what: str, spec: EncoderSpec, *, usual: str) -> tuple[list[str], dict[str, Any]]:
    """What is evaluated and its encoder, as arguments; the task is given where it is not the usual one."""
    if not isinstance(spec, LocalModel | HostedModel):
        return [what, repr(TFIDF)], {}
    given, named = model_arguments(what, spec, own_vectors=False)
    named.pop("task", None)
    return given, {**named, **({} if spec.task == usual else {"task": spec.task})}
