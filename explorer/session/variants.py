"""Variants of a contender: what else can be made from its encoder without another model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from explorer.comparison.contenders.spec import ContenderSpec
from explorer.comparison.contenders.trained_sizes import trained_sizes
from explorer.data.corpus import Corpus
from explorer.data.images.captions import has_captions
from explorer.data.images.image_rows import has_images
from explorer.encode.spec import EncoderSpec, HostedModel, LocalModel, OwnVectors
from explorer.session.contenders import other_text_columns

if TYPE_CHECKING:
    from explorer.analysis.space import Space
    from explorer.comparison.health.doctor import Remedy

_SIZES = (256, 128, 64)
_MOST_SIZES = 4

Group = Literal[
    "Fewer dimensions", "Stored precision", "Scores", "Prompts", "Computed precision", "Text column"
]


@dataclass(frozen=True)
class Variant:
    """A contender that differs from another one in one respect.

    Attributes:
        group: What is changed.
        label: To what, in a few words.
        spec: The contender.
        about: What that means, one sentence.
    """

    group: Group
    label: str
    spec: ContenderSpec
    about: str


def variants_of(spec: ContenderSpec, corpus: Corpus, space: Space | None) -> list[Variant]:
    """The variants of a contender.

    Args:
        spec: The contender.
        corpus: The open rows.
        space: The space of its encoder, without changes; None if it is not ready, so that its dimensions and
            prompts are not known.
    """
    found = []
    if spec.encoder is not None:
        if space is not None:
            found += _sizes(spec, space)
        found += [*_stored(spec), *_aligned(spec, corpus), *_scores(spec)]
        found += _prompts(spec, spec.encoder, space)
        found += _precision(spec, spec.encoder)
    if not isinstance(spec.encoder, OwnVectors):
        found += _columns(spec, corpus)
    return found


def mended(spec: ContenderSpec, remedy: Remedy) -> ContenderSpec | None:
    """The contender that a remedy of the doctor makes; None if no choice of encoder gives it."""
    from explorer.comparison.health.doctor import Center, Csls, UsualPrompts

    match remedy:
        case Center():
            return replace(spec, centred=True)
        case Csls():
            return replace(spec, csls=True)
        case UsualPrompts() if isinstance(spec.encoder, LocalModel | HostedModel):
            return replace(spec, encoder=replace(spec.encoder, prompt=None, query_prompt=None))
        case _:
            return None


def _sizes(spec: ContenderSpec, space: Space) -> list[Variant]:
    if spec.pca is not None:
        return []
    now = spec.first or space.dims
    trained = [size for size in trained_sizes(spec.encoder) if size < now]
    sizes = trained[:_MOST_SIZES] or [size for size in _SIZES if size < now]
    about = (
        "The first dimensions only: a size that the model was trained for (Matryoshka)."
        if trained
        else "The first dimensions only. As far as its files tell, the model was not trained for it."
    )
    cut = [Variant("Fewer dimensions", f"first {n:,}", replace(spec, first=n), about) for n in sizes]
    reduced = [
        Variant(
            "Fewer dimensions",
            f"PCA to {n:,}",
            replace(spec, pca=n),
            "The directions in which these rows differ most, by principal component analysis.",
        )
        for n in _SIZES
        if n < min(now, len(space))
    ]
    return cut + reduced


def _stored(spec: ContenderSpec) -> list[Variant]:
    every = (
        Variant(
            "Stored precision",
            "int8",
            replace(spec, stored_as="int8"),
            "A byte for each number: a quarter of the memory of an index in float32.",
        ),
        Variant(
            "Stored precision",
            "binary",
            replace(spec, stored_as="binary"),
            "A bit for each number, its sign: 1/32 of the memory of an index in float32.",
        ),
    )
    return [one for one in every if spec.stored_as == "float32"]


def _aligned(spec: ContenderSpec, corpus: Corpus) -> list[Variant]:
    if spec.aligned or spec.text is not None or not has_captions(corpus):
        return []
    about = "Takes from images and from texts the mean of their kind, which closes the gap between the two."
    return [Variant("Scores", "means aligned", replace(spec, aligned=True), about)]


def _scores(spec: ContenderSpec) -> list[Variant]:
    found = []
    if not spec.centred:
        about = "Removes the direction that all rows share (arXiv 2511.11041)."
        found.append(Variant("Scores", "mean direction removed", replace(spec, centred=True), about))
    if not spec.csls:
        about = "Lowers rows that are near many others, the hubs (Conneau et al. 2018)."
        found.append(Variant("Scores", "CSLS", replace(spec, csls=True), about))
    return found


def _prompts(spec: ContenderSpec, encoder: EncoderSpec, space: Space | None) -> list[Variant]:
    if not isinstance(encoder, LocalModel | HostedModel):
        return []
    found = []
    used = space is not None and (space.encoder.prompt or space.encoder.query_prompt)
    if used:
        bare = replace(spec, encoder=replace(encoder, prompt="", query_prompt=""))
        found.append(
            Variant(
                "Prompts", "without prompts", bare, "Puts nothing before rows and nothing before queries."
            )
        )
    if encoder.prompt is not None or encoder.query_prompt is not None:
        usual = replace(spec, encoder=replace(encoder, prompt=None, query_prompt=None))
        found.append(
            Variant("Prompts", "its authors' prompts", usual, "Puts before texts what its authors put there.")
        )
    return found


def _precision(spec: ContenderSpec, encoder: EncoderSpec) -> list[Variant]:
    if not isinstance(encoder, LocalModel):
        return []
    if encoder.precision == "auto":
        exact = replace(spec, encoder=replace(encoder, precision="float32"))
        return [Variant("Computed precision", "exact", exact, "Encodes in float32.")]
    fast = replace(spec, encoder=replace(encoder, precision="auto"))
    about = "Encodes in bfloat16 or float16 if a check on these rows allows it."
    return [Variant("Computed precision", "fast", fast, about)]


def _columns(spec: ContenderSpec, corpus: Corpus) -> list[Variant]:
    columns: list[str | None] = [None, *other_text_columns(corpus)]
    return [
        Variant(
            "Text column",
            column or ("the images" if has_images(corpus) else corpus.text),
            replace(spec, text=column, aligned=False),
            "Encodes another text of the same rows." if column else "Encodes what the rows are.",
        )
        for column in columns
        if column != spec.text
    ]
