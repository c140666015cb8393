"""Splitting the long texts of a corpus into passages, in one call."""

from __future__ import annotations

from typing import Literal

from explorer.data.corpus import Corpus, PassageSpec
from explorer.data.passage_rows import check_texts, corpus_of_passages
from explorer.data.passages import WORDS, Units, check_spec, split_texts
from explorer.encode.models import BUNDLED_MODEL, find_model
from explorer.encode.passages import TokenUnits
from explorer.encode.prompts import Task, text_prompts
from explorer.errors import DataError
from explorer.jobs.progress import OnProgress


def split_passages(
    corpus: Corpus,
    model: str | None = BUNDLED_MODEL,
    *,
    by: Literal["sentences", "windows"] = "sentences",
    size: int | None = None,
    overlap: int = 0,
    prompt: str | None = None,
    task: Task = "search",
    revision: str | None = None,
    on_progress: OnProgress | None = None,
) -> Corpus:
    """Split the long texts of a corpus into passages, each a row of the corpus that is returned.

    The passages of a row cover its text in order. Each has the label and the other columns of its row, and
    the columns `passage` (its number within the row) and `source_row` (the row's position in the source).

    Args:
        corpus: The rows; each is one whole text.
        model: The model whose tokens are counted, as for `embed`; None counts words.
        by: `sentences`, as many as fit together, or `windows`, which are cut between words.
        size: The most tokens or words in a passage; None for as many tokens as the model reads.
        overlap: The tokens or words at the end of a window that the next one repeats, up to half the size.
        prompt: As for `embed`: it takes room from the text.
        task: As for `embed`.
        revision: As for `embed`.
        on_progress: Called with the number of finished texts; an exception it raises stops the work.

    Raises:
        DataError: The rows are passages already or images, or size or overlap cannot be used.
        TooLargeError: There are more passages than rows may be, or they take too much memory.
        ModelError: The model is not available, or has no fast tokenizer.
        HubError: The model cannot be downloaded from the Hub.
    """
    if corpus.split_from is not None:
        raise DataError("The rows are passages already.", where=corpus.name, fix="Split `corpus.whole`.")
    check_texts(corpus)
    units: Units = WORDS
    if model is not None:
        files = find_model(model, revision=revision, on_progress=on_progress)
        units = TokenUnits(files, text_prompts(files.name, files.prompts, task, document=prompt).document)
        size = units.room if size is None else size
    if size is None:
        raise DataError("The size of passages is not given.", fix="Give the most tokens or words in one.")
    spec = PassageSpec(by, size, overlap, units.name)
    check_spec(spec)
    return corpus_of_passages(corpus, spec, split_texts(corpus.texts, spec, units, on_progress))
