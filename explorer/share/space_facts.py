"""What made the vectors of a space, in words for those who were not there; without paths of this machine."""

from __future__ import annotations

from collections.abc import Iterator

from explorer.analysis.space import Space
from explorer.data.corpus import Corpus
from explorer.encode.model_names import model_name
from explorer.encode.spec import HostedModel, LocalModel, OwnVectors, Tfidf

Facts = tuple[tuple[str, str], ...]
"""What something is called, and what it is: plain text, with words of strangers in it."""
_HASH = "sha256:"


def space_facts(space: Space) -> Facts:
    """The model with its revision and prompt, the changes of its vectors, and where the rows came from."""
    return tuple(_facts(space))


def _facts(space: Space) -> Iterator[tuple[str, str]]:
    yield "Model", _model(space)
    if isinstance(space.spec, LocalModel | HostedModel):
        yield "Revision", revision_words(space.encoder.revision)
        yield "Prompt of the rows", prompt_words(space.encoder.prompt)
        yield "Computed in", space.encoder.dtype
    yield "Dimensions", f"{space.dims:,}"
    if space.transforms:
        yield "Changed after encoding", ", ".join(step.name for step in space.transforms)
    yield "The rows are from", source_words(space.corpus)
    yield "Fingerprint of the rows", space.corpus.fingerprint


def _model(space: Space) -> str:
    match space.spec:
        case LocalModel(model=model):
            return model_name(model)
        case HostedModel(model=model, provider=provider):
            return f"{model_name(model)}, run by {provider}"
        case Tfidf():
            return "TF-IDF, fitted on the rows"
        case OwnVectors(query_model=LocalModel(model=model) | HostedModel(model=model)):
            return f"vectors that came with the rows; queries by {model_name(model)}"
        case _:
            return "vectors that came with the rows"


def revision_words(revision: str) -> str:
    """The revision of a model: a commit, or the hash of its files after `sha256:`."""
    if revision.startswith(_HASH):
        return f"files with the SHA-256 {revision.removeprefix(_HASH)}"
    return revision or "not known"


def prompt_words(prompt: str) -> str:
    """A prompt in quotation marks, or `none`."""
    return f"“{prompt}”" if prompt.strip() else "none"


def source_words(corpus: Corpus) -> str:
    """Where rows came from: a dataset at its revision, a sample's source, or a name."""
    origin = corpus.origin
    if origin is None:
        return corpus.source or corpus.name
    return f"{origin.id}, {origin.config}, {origin.split} at revision {origin.revision}"
