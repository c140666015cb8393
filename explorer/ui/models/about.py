"""The description of one model: facts, prompts, published results and the model card."""

from __future__ import annotations

import datetime
import html
from collections.abc import Iterable

import streamlit as st

from explorer.data.corpus import Corpus
from explorer.encode.model_facts import ModelFacts
from explorer.encode.prompt_families import family_of
from explorer.encode.prompts import text_prompts
from explorer.hub.licences import Licence, licence_address
from explorer.hub.model_details import ModelDetails
from explorer.hub.model_results import PublishedResult
from explorer.ui.shell.text import markdown

_SHOWN_TAGS = 30
_SHOWN_NAMES = 30  # of training data sets
_SHOWN_PROMPTS = 12  # some models have one for each benchmark
_SHOWN_PROMPT_CHARS = 300
_CARD_HEIGHT = 480
_CARD_STYLE = (
    "<style>.explorer-card { overflow-x: auto; overflow-wrap: anywhere } .explorer-card a { color: inherit } "
    ".explorer-card pre { overflow-x: auto } "
    ".explorer-card :is(h3, h4, h5, h6) { font-size: 1.1rem; padding: 0.5rem 0 }</style>"
)
_SIMILARITIES = {
    "cosine": "cosine",
    "dot": "dot product",
    "euclidean": "Euclidean distance",
    "manhattan": "Manhattan distance; rows are searched by cosine here",
}


def show_about(facts: ModelFacts, corpus: Corpus | None) -> None:
    """Draw the description of a model.

    Args:
        facts: The model.
        corpus: The open rows, if there are any; a warning is drawn if they are from the model's training
            data.
    """
    details = facts.details
    if corpus is not None:
        _warn_of_training_rows(details, corpus)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.html(_definitions(_facts(facts)))
        if details.listing.tags:
            with st.expander("Tags"):
                st.html(html.escape(" · ".join(details.listing.tags[:_SHOWN_TAGS])))
    with right:
        _show_prompts(details)
        if details.results:
            _show_results(details.results)
    if details.card:
        with st.expander("Model card"), st.container(height=_CARD_HEIGHT, border=False):
            # Safe HTML made by card_html; the style lets a wide table scroll within the card.
            st.html(f"{_CARD_STYLE}<div class='explorer-card'>{details.card}</div>")


def _warn_of_training_rows(details: ModelDetails, corpus: Corpus) -> None:
    listed = {name.lower() for name in details.training_datasets}
    if corpus.origin is not None and corpus.origin.id.lower() in listed:
        st.warning(
            f"The model card lists {markdown(corpus.origin.id)}, the source of the open rows, as training "
            "data. Results on these rows say little about new texts.",
            icon=":material/school:",
        )


def _facts(facts: ModelFacts) -> list[tuple[str, str | None]]:
    """Names and values of facts, as HTML; a value is None if it is not known."""
    details, listing = facts.details, facts.details.listing
    kind = {True: " (an organisation)", False: " (a person)", None: ""}[listing.is_organisation]
    texts: list[tuple[str, str | None]] = [
        ("Reads", "texts and images" if details.takes_images else "texts"),
        ("Dimensions", _dimensions(details)),
        ("Maximum length", _length(details)),
        ("Pooling", "mean of the tokens' own vectors (static)" if details.is_static else details.pooling),
        ("Trained for", _SIMILARITIES.get(details.similarity or "")),
        ("Trained on", _names(details.training_datasets)),
        ("Languages", ", ".join(listing.languages)),
        ("Served by", _names(tuple(f"{one.provider} ({one.task})" for one in details.served_by))),
        ("Also exported to", ", ".join(details.exports)),
        ("Base model", _names(details.base_models)),
        ("Downloads in 30 days", None if listing.downloads is None else f"{listing.downloads:,}"),
        ("Likes", None if listing.likes is None else f"{listing.likes:,}"),
        ("Created", _day(listing.created)),
        ("Last modified", _day(listing.modified)),
        ("Task", listing.task),
        ("Library", listing.library),
        ("Safetensors weights", "yes" if listing.has_safetensors else "no"),
        ("Gated", _gated(details)),
        ("Needs custom code", "yes" if listing.needs_remote_code else "no"),
        ("Commit", details.commit),
    ]
    return [
        ("Author", listing.author and html.escape(listing.author + kind)),
        ("Licence", None if details.licence is None else _licence(details.licence, details)),
        *((name, text and html.escape(text)) for name, text in texts),
    ]


def _licence(licence: Licence, details: ModelDetails) -> str:
    from huggingface_hub import constants

    page = f"{constants.ENDPOINT}/{details.listing.id}"
    address = licence_address(licence, page, details.commit)
    shown = html.escape(licence.name)
    if address:
        shown = (
            f'<a href="{html.escape(address)}" target="_blank" rel="noopener noreferrer" '
            f'style="color: inherit">{shown}</a>'
        )
    return shown + (" · <b>non-commercial use only</b>" if licence.non_commercial else "")


def _dimensions(details: ModelDetails) -> str | None:
    if details.dims is None:
        return None
    sizes = ", ".join(f"{size:,}" for size in details.matryoshka if size < details.dims)
    return f"{details.dims:,}" + (f"; can be truncated to {sizes} (Matryoshka)" if sizes else "")


def _length(details: ModelDetails) -> str | None:
    if details.is_static:
        return "no limit"
    return (
        None if details.max_length is None else f"{details.max_length:,} tokens; longer texts are truncated"
    )


def _gated(details: ModelDetails) -> str:
    if not details.listing.gated:
        return "no"
    return "yes, and this server has no access" if details.refused else "yes"


def _names(names: tuple[str, ...]) -> str:
    more = len(names) - _SHOWN_NAMES
    return ", ".join(names[:_SHOWN_NAMES]) + (f", and {more} more" if more > 0 else "")


def _definitions(rows: Iterable[tuple[str, str | None]]) -> str:
    """A definition list of names and values, both already HTML; names without a value are left out."""
    cells = "".join(
        f'<dt style="margin: 0; opacity: 0.7; overflow-wrap: anywhere">{name}</dt>'
        f'<dd style="margin: 0; overflow-wrap: anywhere" dir="auto">{value}</dd>'
        for name, value in rows
        if value
    )
    columns = "display: grid; grid-template-columns: fit-content(40%) minmax(0, 1fr); gap: 0.3rem 1rem"
    return f'<dl style="{columns}; margin: 0; padding: 0">{cells}</dl>'


def _show_prompts(details: ModelDetails) -> None:
    family, note = family_of(details.listing.id), text_prompts(details.listing.id, details.prompts).note
    st.markdown("**Prompts it expects**")
    if details.prompts:
        st.caption("From its own files:")
        prompts = list(details.prompts.items())
        st.html(_definitions(map(_prompt, prompts[:_SHOWN_PROMPTS])))
        if len(prompts) > _SHOWN_PROMPTS:
            st.caption(f"And {len(prompts) - _SHOWN_PROMPTS} more.")
        if note:
            st.caption(markdown(note))
    elif family is None:
        st.caption("Its files define none, and none are known for its family. The model card may name some.")
    else:
        st.caption(markdown(family.prompts.why))
        expected = {
            "query": family.prompts.query,
            "row": family.prompts.document,
            "both, for clusters and maps": family.prompts.clustering or "",
        }
        st.html(_definitions((role, html.escape(prompt)) for role, prompt in expected.items()))


def _prompt(named: tuple[str, str]) -> tuple[str, str]:
    name, prompt = named
    rest = "…" if len(prompt) > _SHOWN_PROMPT_CHARS else ""
    return html.escape(name), html.escape(prompt[:_SHOWN_PROMPT_CHARS]) + rest


def _show_results(results: tuple[PublishedResult, ...]) -> None:
    st.markdown("**Published results**")
    columns: dict[str, list[object]] = {
        "Benchmark": [result.benchmark for result in results],
        "Score": [result.score for result in results],
        "Metric": [result.metric for result in results],
        "Verified": [result.verified for result in results],
        "Source": [result.source for result in results],
    }
    if any(result.address for result in results):
        columns["Link"] = [result.address for result in results]
    st.dataframe(
        columns,
        column_config={
            "Score": st.column_config.NumberColumn(
                format="%.2f", help="Out of 100, also if it was published out of 1."
            ),
            "Metric": st.column_config.TextColumn(
                help="The metric, or the benchmark's task if no metric is given."
            ),
            "Verified": st.column_config.CheckboxColumn(help="Whether the Hub verified the result."),
            "Source": st.column_config.TextColumn(help="Who published it."),
            "Link": st.column_config.LinkColumn(display_text="open"),
        },
        hide_index=True,
        height=min(260, 36 * (len(results) + 1)),
        key="model-scores",
        alt="Published results by benchmark",
    )
    st.caption(
        "Scores that are not verified are self-reported. Your rows may rank models differently, especially "
        "if a model was trained on a benchmark."
    )


def _day(day: datetime.date | None) -> str | None:
    return None if day is None else f"{day.day} {day:%B %Y}"
