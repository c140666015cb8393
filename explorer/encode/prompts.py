"""The prompts put before rows and queries: those a person chose, else those of the model's authors.

The authors define them in the model's own files, under names from sentence-transformers, or on its card;
`prompt_families` has those from the cards of known models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from explorer.encode.prompt_families import family_of

Task = Literal["search", "clustering"]
Origin = Literal["chosen", "own files", "family", "nobody"]

# The order in the documentation of SentenceTransformer.encode_document. Version 6.2 actually stops at the
# empty `document` that it adds to every model.
_DOCUMENT_NAMES = ("document", "passage", "corpus")
_QUERY_NAMES = ("query",)
_NAMED = 5  # instructions listed in the note
_CLUSTERING_NAME = "clustering"  # MTEB's name of the task; nomic and EmbeddingGemma write “Clustering”


@dataclass(frozen=True)
class TextPrompts:
    """The prompts an encoder uses.

    Attributes:
        document: Put before each row.
        query: Put before each query.
        origin: Where the row prompt comes from; `nobody` if no prompt is known.
        unused: Names of instructions in the model's own files, if none of them is marked as the one for
            queries or rows, so that none is used.
    """

    document: str
    query: str
    origin: Origin
    unused: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """A note for the screen on unused instructions; empty if there are none."""
        if not self.unused:
            return ""
        named = ", ".join(f"“{name}”" for name in self.unused[:_NAMED])
        named += ", …" if len(self.unused) > _NAMED else ""
        return (
            f"The model's files have instructions ({named}), but do not say which is for queries or rows: "
            "none is used. Enter the one that fits as a prompt."
        )


NO_PROMPTS = TextPrompts("", "", "nobody")


def text_prompts(
    model: str,
    defined: Mapping[str, str],
    task: Task = "search",
    *,
    document: str | None = None,
    query: str | None = None,
) -> TextPrompts:
    """The prompts to use with a model.

    For clusters and maps, rows are compared with one another, and queries with them: all get the same
    prompt, as E5, nomic and EmbeddingGemma require for symmetric tasks. Models without a prompt for this use
    those for search.

    Args:
        model: Hub id, name of the model's folder, or its name on a server.
        defined: The non-empty prompts in the model's own files, by name.
        task: The purpose of the encoding.
        document: The prompt that a person chose for rows; None if they chose none.
        query: The same for queries.
    """
    usual = _for_clusters(model, defined) if task == "clustering" else None
    usual = usual or _for_search(model, defined)
    chosen = document is not None or query is not None
    return TextPrompts(
        usual.document if document is None else document,
        usual.query if query is None else query,
        usual.origin if document is None else "chosen",
        () if chosen else usual.unused,
    )


def has_both(model: str, defined: Mapping[str, str]) -> bool:
    """Whether a model has different row prompts for search and for clusters and maps."""
    search = text_prompts(model, defined)
    return text_prompts(model, defined, "clustering").document != search.document


def _for_search(model: str, defined: Mapping[str, str]) -> TextPrompts:
    document, query = _first(defined, _DOCUMENT_NAMES), _first(defined, _QUERY_NAMES)
    if document or query:
        return TextPrompts(document, query, "own files")
    family = family_of(model)
    if family is not None:
        return TextPrompts(family.prompts.document, family.prompts.query, "family")
    return TextPrompts("", "", "nobody", tuple(defined))


def _for_clusters(model: str, defined: Mapping[str, str]) -> TextPrompts | None:
    own = next((prompt for name, prompt in defined.items() if name.lower() == _CLUSTERING_NAME), None)
    if own is not None:
        return TextPrompts(own, own, "own files")
    family = family_of(model)
    if family is None or family.prompts.clustering is None:
        return None
    return TextPrompts(family.prompts.clustering, family.prompts.clustering, "family")


def _first(defined: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((defined[name] for name in names if defined.get(name)), "")
