"""The corpora that come with Explorer."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from explorer.data.corpus import Corpus
from explorer.data.corpus_from_table import GUESS, ImageChoice, LabelChoice, TextChoice, make_corpus
from explorer.data.formats.files import read_file
from explorer.data.tables.source_table import SourceTable, TableBuilder
from explorer.data.tables.values import text_column
from explorer.errors import UnknownCorpusError

_FOLDER = Path(__file__).parent / "samples"


@dataclass(frozen=True)
class Sample:
    """A corpus that comes with Explorer.

    Args:
        name: Its name for `open_corpus`.
        title: Its name on the screen.
        description: One or two sentences on its contents and what to try.
        source: Where it comes from.
        licence: Its licence.
        file: Its file in the folder of samples.
        text: The text column.
        label: The label column, if there is one.
        queries: Suggested searches, the best first.
    """

    name: str
    title: str
    description: str
    source: str
    licence: str
    file: str
    text: str
    label: str | None
    queries: tuple[str, ...]


_SAMPLES = (
    Sample(
        name="support-tickets",
        title="Support tickets",
        description=(
            "624 messages to the support team of a smart home device maker, sorted into 12 queues. "
            "Some say the same thing twice: 36 pairs are near-duplicates and 36 are paraphrases."
        ),
        source="Written for this project; the company and the people are invented.",
        licence="CC0-1.0",
        file="support-tickets.csv",
        text="body",
        label="queue",
        queries=(
            "I was charged twice",
            "my parcel never arrived",
            "the camera keeps going offline",
            "please delete everything you know about me",
            "I can't get into my account",
        ),
    ),
    Sample(
        name="medicare-faq",
        title="Medicare questions",
        description=(
            "The 13 questions of the tutorial this project starts from: "
            "small enough to check every score by hand."
        ),
        source=(
            "Hugging Face blog, “Getting Started With Embeddings”, 23 June 2022; "
            "questions from the US Social Security Medicare FAQs."
        ),
        licence="US government work, public domain",
        file="medicare_faq.json",
        text="question",
        label=None,
        queries=(
            "How can Medicare help me?",
            "How much do I pay each month?",
            "I lost my card",
            "I am a veteran, do I need this too?",
        ),
    ),
    Sample(
        name="song-moods",
        title="Song moods",
        description=(
            "216 invented songs, each described in a sentence or two, in 12 moods. "
            "The mood is never named in the description, so search and clusters have to find it."
        ),
        source="Written for this project; the songs and the artists are invented.",
        licence="CC0-1.0",
        file="song-moods.csv",
        text="description",
        label="mood",
        queries=(
            "something to dance to all night",
            "alone in a big city",
            "a song for a wedding",
            "missing the place where I grew up",
            "music to fall asleep to",
        ),
    ),
    Sample(
        name="drawn-shapes",
        title="Drawn shapes (images)",
        description=(
            "288 small images: 8 shapes in 8 colours on 4 grounds, with captions. 32 are near-duplicates of "
            "others: crops, rescaled, recompressed and exact copies. They need a model that reads images, "
            "such as CLIP."
        ),
        source="Drawn by the code of this project.",
        licence="CC0-1.0",
        file="drawn-shapes.zip",
        text="caption",
        label="shape",
        queries=(
            "a red circle",
            "a blue star on a dark ground",
            "a yellow heart",
            "something green with corners",
            "an orange arrow on sand",
        ),
    ),
)
SAMPLES: dict[str, Sample] = {sample.name: sample for sample in _SAMPLES}


def open_sample(
    name: str,
    *,
    text: TextChoice = None,
    label: LabelChoice = GUESS,
    limit: int | None = None,
    seed: int = 0,
    images: ImageChoice = GUESS,
) -> Corpus:
    """Open a sample, by default with its own text and label columns.

    Args:
        name: One of the keys of `SAMPLES`.
        text: Another text column, or several to be joined.
        label: Another label column, or None for none.
        limit: As in `make_corpus`.
        seed: As in `make_corpus`.
        images: As in `make_corpus`.

    Raises:
        UnknownCorpusError: There is no such sample.
        ColumnError: A column is missing or cannot be used this way.
    """
    sample = SAMPLES.get(name)
    if sample is None:
        raise UnknownCorpusError(
            f"There is no sample called {name}.", fix=f"The samples are: {', '.join(SAMPLES)}."
        )
    if label is GUESS:
        label = sample.label if text in (None, sample.text) else None
    corpus = make_corpus(
        _read(sample), text=text or sample.text, label=label, limit=limit, seed=seed, images=images
    )
    return dataclasses.replace(
        corpus,
        queries=sample.queries,
        sample=sample.name,
        source=sample.source,
        licence=sample.licence,
    )


def _read(sample: Sample) -> SourceTable:
    path = _FOLDER / sample.file
    if path.suffix == ".json":  # the tutorial's own file: its questions and the numbers it published
        texts = json.loads(path.read_text(encoding="utf-8"))["texts"]
        builder = TableBuilder(sample.name, "json")
        builder.add(sample.text, *text_column(texts))
        return builder.finish()
    return dataclasses.replace(read_file(path, path.name), name=sample.name)
