"""How known models are asked, as a page: `python -m explorer.encode.prompt_table > docs/models.md`."""

from __future__ import annotations

from explorer.encode.prompt_families import FAMILIES, Family

_HEAD = """\
# How models are asked

Many models were trained with a prompt before each text, and give poorer vectors without it. Unless you write
prompts of your own, Explorer puts before rows and queries, on this machine and with hosted models alike:

1. what the model's own files say (`config_sentence_transformers.json`): `query` before queries; `document`,
   else `passage`, else `corpus` before rows; for clusters and maps `clustering` before both;
2. where they say nothing, what the table has for the model's family;
3. else nothing. Instructions under other names are listed on the page, and none of them is guessed.

Rows are encoded for search, or for clusters and maps (`task="clustering"` in Python). For those, rows are
compared with one another, so rows and queries get the same prompt. A model without a prompt for that is asked
as for search.

Names of Ollama's library are known too, with or without a tag. The table is made by
`python -m explorer.encode.prompt_table > docs/models.md`. A test holds each model that
[MTEB](https://github.com/embeddings-benchmark/mteb) knows against what it is evaluated with there.

| family | before queries | before rows | before both, for clusters and maps | models | source |
| --- | --- | --- | --- | --- | --- |
"""


def as_markdown() -> str:
    """The page."""
    return _HEAD + "".join(map(_row, FAMILIES))


def _row(family: Family) -> str:
    prompts = family.prompts
    served = [f"Ollama: {', '.join(family.served)}"] if family.served else []
    cells = (
        family.name,
        _cell(prompts.query),
        _cell(prompts.document),
        _cell(prompts.clustering or ""),
        "<br>".join([*family.models, *served]),
        f"[model card]({family.source})",
    )
    return f"| {' | '.join(cells)} |\n"


def _cell(prompt: str) -> str:
    return "`" + prompt.replace("\n", "\\n").replace("|", "\\|") + "`" if prompt else "–"


if __name__ == "__main__":
    print(as_markdown(), end="")
