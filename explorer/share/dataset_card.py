"""The card of a published space: what made the vectors, the rows and their licence, and how to load it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from explorer.comparison.report.pages import escaped_markdown
from explorer.data.corpus import Corpus
from explorer.data.tables.values import count
from explorer.hub.licences import LICENCES
from explorer.hub.names import is_model_id
from explorer.hub.pushed_repo import DATASET
from explorer.share.space_facts import prompt_words, revision_words

_HUB = "https://huggingface.co"
_FILE = DATASET.file
_SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M"}
_LARGER = "1M<n<10M"
_CHANGES = {
    "truncation": "fewer dimensions",
    "pca": "PCA",
    "int8": "int8",
    "binary": "binary",
    "centring": "mean direction removed",
    "alignment": "means of images and of texts removed",
}


@dataclass(frozen=True)
class CardFacts:
    """What a card says.

    Attributes:
        name: The dataset, `owner/name`.
        licence: The code of the licence of the rows, one of `LICENCES`.
        private: Whether the dataset is private.
        source: Where the rows came from; see `source_line`.
        revision: The model's commit, or the hash of its files after `sha256:`; "" if it is not known.
        vectors: The column of the vectors.
        facts: What the file of the space says; see `saved_table`.
        fitted_on_more: Whether the encoder was fitted on more rows than these.
    """

    name: str
    licence: str
    private: bool
    source: str
    revision: str
    vectors: str
    facts: Mapping[str, Any]
    fitted_on_more: bool


def dataset_card(card: CardFacts) -> str:
    """The card as Markdown; nothing in a text of the rows or columns is read as Markdown, HTML or YAML."""
    return f"---\n{_front_matter(card)}---\n\n{_body(card)}"


def load_lines(name: str) -> Mapping[str, str]:
    """Python that loads a published space, by what it is for."""
    return {
        "With its searches, in Explorer": f'import explorer\n\nspace = explorer.open_space("{name}")',
        "With `datasets`": (
            f'from datasets import load_dataset\n\nrows = load_dataset("{name}", split="train")'
        ),
        "With pandas": (
            "import pandas as pd\nfrom huggingface_hub import hf_hub_download\n\n"
            f'rows = pd.read_parquet(\n    hf_hub_download("{name}", "{_FILE}", repo_type="dataset")\n)'
        ),
    }


def source_line(corpus: Corpus) -> str:
    """Where rows came from, as Markdown: a dataset at its revision, a sample's source, or a name."""
    origin = corpus.origin
    if origin is not None:
        place = escaped_markdown(f"{origin.config}, {origin.split}")
        at = f" at revision `{origin.revision}`"
        return f"[{escaped_markdown(origin.id)}]({_HUB}/datasets/{origin.id}), {place},{at}"
    return escaped_markdown(corpus.source or corpus.name)


def _front_matter(card: CardFacts) -> str:
    import yaml

    rows = card.facts["rows"]
    data = {
        "license": card.licence,
        "tags": [DATASET.tag, "embeddings"],
        "size_categories": [next((name for most, name in _SIZES.items() if rows < most), _LARGER)],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": _FILE}]}],
    }
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


def _body(card: CardFacts) -> str:
    made_by = _model(card)
    rows = card.facts["rows"]
    lines = [
        f"# {escaped_markdown(card.name.partition('/')[2])}",
        "",
        f"{_items(card)} with {'its' if rows == 1 else 'their'} embeddings"
        + (f" by {made_by}." if made_by else "; which model made them is not known."),
        "",
        "| | |",
        "| --- | --- |",
        *(f"| {label} | {value} |" for label, value in _facts(card)),
        "",
        "## Load it",
        "",
    ]
    if card.private:
        lines += ["The dataset is private: sign in first, with `hf auth login` or `HF_TOKEN`.", ""]
    for title, code in load_lines(card.name).items():
        lines += [f"{title}:", "", "```python", code, "```", ""]
    lines += ["Pushed with Explorer, which also opens it by its name on the Data page.", ""]
    return "\n".join(lines)


def _items(card: CardFacts) -> str:
    """What the rows are, with their number."""
    rows, images = card.facts["rows"], card.facts["images"]
    number = 0 if images is None else images["number"]
    if 0 < number < rows:
        return f"{count(rows, 'row')}, {number:,} of which {'is' if number == 1 else 'are'} images,"
    return count(rows, "image" if number else "text")


def _facts(card: CardFacts) -> Iterator[tuple[str, str]]:
    facts, corpus, encoder = card.facts, card.facts["corpus"], card.facts["encoder"]
    if encoder is not None:
        yield "Model", _model(card)
        if encoder["spec"]["kind"] != "tfidf":
            revision = encoder["spec"].get("revision") or card.revision
            yield "Revision", escaped_markdown(revision_words(revision))
        yield "Prompt of the rows", escaped_markdown(prompt_words(encoder["prompt"]))
        yield "Prompt of queries", escaped_markdown(prompt_words(encoder["query_prompt"]))
        yield "Precision", f"computed in {encoder['dtype']}, stored as float32"
        yield "Compared by", encoder["similarity"]
        if card.fitted_on_more:
            yield "Searches", "for rows like a row; not for texts, which takes the rows that are not here"
    yield "Dimensions", f"{facts['dims']:,}"
    if changes := [_CHANGES[step["kind"]] for step in facts["transforms"]]:
        yield "Changed after encoding", ", ".join(changes)
    yield "Rows", f"{facts['rows']:,}"
    if images := facts["images"]:
        yield "Image column", f"{escaped_markdown(images['column'])}; the images have no metadata"
    yield "Text column", escaped_markdown(corpus["text"])
    if corpus["label"]:
        yield "Label column", escaped_markdown(corpus["label"])
    named = (corpus["text"], corpus["label"])
    if others := [column["name"] for column in facts["columns"] if column["name"] not in named]:
        yield "Other columns", ", ".join(map(escaped_markdown, others))
    yield "Column of vectors", escaped_markdown(card.vectors)
    yield "The rows are from", card.source
    yield "Licence of the rows", f"{escaped_markdown(LICENCES[card.licence])} (`{card.licence}`)"


def _model(card: CardFacts) -> str:
    """The model as Markdown, a link if it is one of the Hub; "" if it is not known."""
    encoder = card.facts["encoder"]
    if encoder is None:
        return ""
    model = encoder["spec"].get("model")
    if not model:
        return f"TF-IDF, fitted on {'more rows than these' if card.fitted_on_more else 'the rows'}"
    by = encoder["spec"].get("provider")
    run = f", run by {escaped_markdown(by)}" if by else ""
    if encoder["in_folder"] or not is_model_id(model):
        return escaped_markdown(model) + run
    return f"[{escaped_markdown(model)}]({_HUB}/{model}){run}"
