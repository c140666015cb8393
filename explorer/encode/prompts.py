"""What is put before rows and queries: what a person chose, else what a model's authors mean.

The authors say it in the model's own files, under names of sentence-transformers, or on its card, which
`prompt_families` has for the models that are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from explorer.encode.prompt_families import family_of

Task = Literal["search", "clustering"]
Origin = Literal["chosen", "own files", "family", "nobody"]

# In the order in which SentenceTransformer.encode_document says it looks for them. In version 6.2 it finds
# the empty `document` that it adds to every model, and never comes to the others of a file.
_DOCUMENT_NAMES = ("document", "passage", "corpus")
_QUERY_NAMES = ("query",)
_NAMED = 5  # instructions that are named to a person
_CLUSTERING_NAME = "clustering"  # as MTEB names the task: nomic and EmbeddingGemma spell it “Clustering”


@dataclass(frozen=True)
class TextPrompts:
    """The prompts an encoder uses.

    Attributes:
        document: Put before each row.
        query: Put before each query.
        origin: Who says so of rows; `nobody` where nothing is known, and nothing is put before them.
        unused: Names of instructions in the model's own files, where it has several and none says that it is
            for queries or rows, so that none is used.
    """

    document: str
    query: str
    origin: Origin
    unused: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """What the person should know of them; empty where they are what the authors mean."""
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

    Rows that are encoded for clusters and maps are compared with one another, and a query with them: all get
    the same prompt, as E5, nomic and EmbeddingGemma ask for symmetric tasks. A model whose authors name no
    prompt for that is asked as for search.

    Args:
        model: Hub id, the name of a folder that is the model's own, or what a server calls it.
        defined: The prompts of the model's own files, by name, without empty ones.
        task: What rows are encoded for.
        document: Put before each row, whatever the authors say; None where nobody chose one.
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
    """Whether rows for clusters and maps are asked for otherwise than rows for search."""
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
