"""The Python lines that repeat a comparison."""

from __future__ import annotations

from typing import Any

from explorer.comparison.contenders.spec import ContenderSpec
from explorer.comparison.files.saved_contender import spec_of
from explorer.comparison.results import Results
from explorer.data.corpus import Corpus
from explorer.encode.model_names import model_name
from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.spec import TFIDF, EncoderSpec, HostedModel, LocalModel, OwnVectors, Tfidf

JUDGEMENTS, PAIRS = "judgements.csv", "pairs.csv"
"""The files that the lines read, if there are judgements or pairs."""


def python_lines(results: Results) -> str:
    """Lines that open the rows, encode them and compare again.

    A local file and a folder of a model are named without their folder. A contender that cannot be made from
    its choices, such as one with vectors of unknown origin, is a comment.
    """
    corpus = results.corpus
    specs = [(each.name, spec_of(each, corpus)) for each in results.contenders]
    imports = ["import explorer"]
    if any(spec is not None and spec.encoder is None for _, spec in specs):
        imports.append("from explorer.comparison.contenders.bm25 import Bm25Contender")
    if any(spec is not None and spec.csls for _, spec in specs):
        imports.append("from explorer.comparison.contenders.csls import CslsContender")
    lines = [
        *imports,
        "",
        f"corpus = {opened(corpus, corpus.text)}  # {len(corpus):,} rows, fingerprint {corpus.fingerprint}",
        "contenders = [",
        *(f"    {_contender(name, spec, corpus)}" for name, spec in specs),
        "]",
        f"result = explorer.compare({_arguments(results)})",
        "print(result.verdict.text)",
        "result.scorecard",
    ]
    return "\n".join(lines)


def opened(corpus: Corpus, text: str) -> str:
    """A call that opens the rows of a corpus with a text column."""
    named: dict[str, Any] = {"text": text, "label": corpus.label}
    if corpus.vectors is not None:
        named["vectors"] = corpus.vector_column
    source = corpus.sample or corpus.name
    if corpus.origin is not None:
        origin = corpus.origin
        source = origin.id
        named |= {"config": origin.config, "split": origin.split, "revision": origin.revision}
        if origin.limit is not None:
            named |= {"limit": origin.limit, "seed": origin.seed}
    return call("explorer.open_corpus", [repr(source)], named)


def _contender(name: str, spec: ContenderSpec | None, corpus: Corpus) -> str:
    if spec is None:
        return f"# {name!r} cannot be made again from what is known about it."
    rows = "corpus" if spec.text is None else opened(corpus, spec.text)
    if spec.encoder is None:
        return f"Bm25Contender({rows}, {name!r}),"
    space = _embedded(rows, spec.encoder)
    space += ".align()" if spec.aligned else ""
    space += f".truncate({spec.first})" if spec.first else ""
    space += f".reduce({spec.pca})" if spec.pca else ""
    space += ".center()" if spec.centred else ""
    space += "" if spec.stored_as == "float32" else f".quantize({spec.stored_as!r})"
    return f"CslsContender({space}, {name!r})," if spec.csls else f"{space},"


def _embedded(rows: str, spec: EncoderSpec) -> str:
    match spec:
        case Tfidf():
            return call("explorer.embed", [rows, repr(TFIDF)], {})
        case OwnVectors(query_model=None | Tfidf()):
            return call("explorer.embed", [rows, repr("")], {"own_vectors": True})
        case OwnVectors(query_model=LocalModel() | HostedModel() as queries):
            return call("explorer.embed", *model_arguments(rows, queries, own_vectors=True))
        case LocalModel() | HostedModel():
            return call("explorer.embed", *model_arguments(rows, spec, own_vectors=False))
        case _:
            raise AssertionError(spec)


def model_arguments(
    rows: str, spec: LocalModel | HostedModel, *, own_vectors: bool
) -> tuple[list[str], dict[str, Any]]:
    """The arguments of `explorer.embed` for rows and a model: those without a name, and the others."""
    name = model_name(spec.model)
    named: dict[str, Any] = {"prompt": spec.prompt, "query_prompt": spec.query_prompt}
    named["task"] = None if spec.task == "search" else spec.task
    if isinstance(spec, HostedModel):
        named["provider"] = spec.provider
    else:
        named["precision"] = None if spec.precision == "auto" else spec.precision
        named["revision"] = spec.revision
        named["trust_remote_code"] = spec.trust_remote_code or None
    named["own_vectors"] = own_vectors or None
    default = name == BUNDLED_MODEL and isinstance(spec, LocalModel)
    given = {key: value for key, value in named.items() if value is not None}
    return [rows] if default else [rows, repr(name)], given


def _arguments(results: Results) -> str:
    named: dict[str, Any] = {"k": results.k, "seed": results.seed}
    if results.judgements is not None:
        named = {"judgements": JUDGEMENTS} | named
    if results.pairs is not None:
        named = {"pairs": PAIRS} | named
    if results.grouped_by is not None:
        named["groups"] = results.grouped_by
    if results.views is not None:
        named["views"] = results.views
    return ", ".join(["contenders", *(f"{key}={value!r}" for key, value in named.items())])


def call(function: str, given: list[str], named: dict[str, Any]) -> str:
    """A call as it is written in Python."""
    return f"{function}({', '.join([*given, *(f'{key}={value!r}' for key, value in named.items())])})"
