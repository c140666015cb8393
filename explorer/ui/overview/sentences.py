"""What was found, in one to three sentences: from figures alone, without a model that writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.analysis.languages import language_name
from explorer.data.corpus import Corpus
from explorer.data.images.image_rows import has_images, has_only_images
from explorer.data.tables.values import count
from explorer.numbers import percent
from explorer.ui.overview.images import size_words, usual_sizes
from explorer.ui.shell.text import markdown

if TYPE_CHECKING:
    from explorer.analysis.cluster_words import ClusterSummary
    from explorer.analysis.odd_rows import Isolation
    from explorer.analysis.text_profile import TextProfile

NEAR = 0.9
"""The cosine from which rows count as near-duplicates here, as on the Similarity page when it opens."""
_NEARLY_ALL = 0.98
_MOST = 0.6
_OTHERS = 3  # languages that are named beside the first
_WORTH_NAMING = 0.005


def sentences(
    corpus: Corpus,
    profile: TextProfile | None = None,
    clusters: list[tuple[str, ClusterSummary]] | None = None,
    isolation: Isolation | None = None,
    *,
    divided: str = "",
    close: str = "a near-duplicate",
) -> str:
    """What was found so far, as Markdown.

    Args:
        corpus: The rows.
        profile: What their texts are like; None while that is measured.
        clusters: The name and the contents of each cluster, the largest first; None while they are made.
        isolation: How close rows are to their nearest; None while that is computed.
        divided: How the clusters were made, after "of the clusters".
        close: What a row has that scores so high with another, after "has".
    """
    told = [_of_texts(corpus, profile)]
    if clusters and len(clusters) > 1:
        name, largest = clusters[0]
        called = "named" if has_images(corpus) else "about"  # names of images are guesses
        told.append(
            f"Of the {len(clusters):,} clusters {divided}, the largest is {called} "
            f"**{markdown(name.partition('. ')[2] or name)}** "
            f"({percent(largest.size / len(corpus))})."
        )
    if isolation is not None and len(isolation.rows):
        told.append(_of_neighbours(corpus, isolation, close))
    return " ".join(told)


def _of_texts(corpus: Corpus, profile: TextProfile | None) -> str:
    if has_only_images(corpus):
        return _of_images(corpus)
    rows = f"**{count(len(corpus), 'row')}**"
    repeated = ""
    if corpus.repeated:
        repeated = (
            f"; {corpus.repeated:,} of them repeat{'s' if corpus.repeated == 1 else ''} an earlier text"
        )
    if profile is None:
        return f"{rows}{repeated}."
    one = profile.median == 1
    length = (
        f", {profile.median:,} {profile.unit.removesuffix('s') if one else profile.unit} long in the median"
    )
    return f"{rows}{_in_languages(profile)}{length}{repeated}."


def _of_images(corpus: Corpus) -> str:
    median, smallest, largest = usual_sizes(corpus)
    size = f"of {size_words(median)} pixels"
    if smallest != largest:
        size = f"{size_words(median)} pixels large in the median, from {size_words(smallest)} to "
        size += size_words(largest)
    repeated = corpus.repeated
    repeats = f"; {repeated:,} of them repeat{'s' if repeated == 1 else ''} the pixels of an earlier one"
    return f"**{count(len(corpus), 'image')}** {size}{repeats if repeated else ''}."


def _in_languages(profile: TextProfile) -> str:
    if not profile.languages:
        return ""
    first, *others = profile.languages
    name = language_name(first.code)
    if first.share >= _NEARLY_ALL:
        return f", {'nearly all ' if first.share < 1 else ''}in {name} as far as can be told"
    named = [language_name(one.code) for one in others[:_OTHERS] if one.share >= _WORTH_NAMING]
    also = f", also {_listed(named)}" if named else ""
    if first.share >= _MOST:
        return f", {percent(first.share)} in {name}{also}"
    return f", in several languages: {name} {percent(first.share)}{also}"


def _of_neighbours(corpus: Corpus, isolation: Isolation, what: str) -> str:
    checked, close, odd = len(isolation.rows), isolation.close(NEAR), isolation.odd_count
    drawn = f"Of {checked:,} rows drawn at random, " if checked < len(corpus) else ""
    near = f"{close:,} ({percent(close / checked)}) {'has' if close == 1 else 'have'} {what}"
    if not close:
        near = f"none has {what}"
    far = f"{odd:,} {'is' if odd == 1 else 'are'} unlike all others" if odd else "none is unlike all others"
    sentence = f"{drawn}{near}, and {far}."
    return sentence[0].upper() + sentence[1:]


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
