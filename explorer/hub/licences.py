"""Names of licences by their code on the Hub, and whether they forbid commercial use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from explorer.hub.json_values import as_list, as_text
from explorer.hub.model_search import MAX_CHARS

_OTHER = "other"
# huggingface.co/docs/hub/repositories-licenses, as of August 2026.
_NAMES = {
    "apache-2.0": "Apache license 2.0",
    "mit": "MIT",
    "openrail": "OpenRAIL license family",
    "bigscience-openrail-m": "BigScience OpenRAIL-M",
    "creativeml-openrail-m": "CreativeML OpenRAIL-M",
    "bigscience-bloom-rail-1.0": "BigScience BLOOM RAIL 1.0",
    "bigcode-openrail-m": "BigCode Open RAIL-M v1",
    "afl-3.0": "Academic Free License v3.0",
    "artistic-2.0": "Artistic license 2.0",
    "bsl-1.0": "Boost Software License 1.0",
    "bsd": "BSD license family",
    "bsd-2-clause": "BSD 2-clause license",
    "bsd-3-clause": 'BSD 3-clause "New" or "Revised" license',
    "bsd-3-clause-clear": "BSD 3-clause Clear license",
    "c-uda": "Computational Use of Data Agreement",
    "cc": "Creative Commons license family",
    "cc0-1.0": "Creative Commons Zero v1.0 Universal",
    "cc-by-2.0": "Creative Commons Attribution 2.0",
    "cc-by-2.5": "Creative Commons Attribution 2.5",
    "cc-by-3.0": "Creative Commons Attribution 3.0",
    "cc-by-4.0": "Creative Commons Attribution 4.0",
    "cc-by-sa-3.0": "Creative Commons Attribution ShareAlike 3.0",
    "cc-by-sa-4.0": "Creative Commons Attribution ShareAlike 4.0",
    "cc-by-nc-2.0": "Creative Commons Attribution NonCommercial 2.0",
    "cc-by-nc-3.0": "Creative Commons Attribution NonCommercial 3.0",
    "cc-by-nc-4.0": "Creative Commons Attribution NonCommercial 4.0",
    "cc-by-nd-4.0": "Creative Commons Attribution NoDerivatives 4.0",
    "cc-by-nc-nd-3.0": "Creative Commons Attribution NonCommercial NoDerivatives 3.0",
    "cc-by-nc-nd-4.0": "Creative Commons Attribution NonCommercial NoDerivatives 4.0",
    "cc-by-nc-sa-2.0": "Creative Commons Attribution NonCommercial ShareAlike 2.0",
    "cc-by-nc-sa-3.0": "Creative Commons Attribution NonCommercial ShareAlike 3.0",
    "cc-by-nc-sa-4.0": "Creative Commons Attribution NonCommercial ShareAlike 4.0",
    "cdla-sharing-1.0": "Community Data License Agreement – Sharing, Version 1.0",
    "cdla-permissive-1.0": "Community Data License Agreement – Permissive, Version 1.0",
    "cdla-permissive-2.0": "Community Data License Agreement – Permissive, Version 2.0",
    "wtfpl": "Do What The F*ck You Want To Public License",
    "ecl-2.0": "Educational Community License v2.0",
    "epl-1.0": "Eclipse Public License 1.0",
    "epl-2.0": "Eclipse Public License 2.0",
    "etalab-2.0": "Etalab Open License 2.0",
    "eupl-1.1": "European Union Public License 1.1",
    "eupl-1.2": "European Union Public License 1.2",
    "agpl-3.0": "GNU Affero General Public License v3.0",
    "gfdl": "GNU Free Documentation License family",
    "gpl": "GNU General Public License family",
    "gpl-2.0": "GNU General Public License v2.0",
    "gpl-3.0": "GNU General Public License v3.0",
    "lgpl": "GNU Lesser General Public License family",
    "lgpl-2.1": "GNU Lesser General Public License v2.1",
    "lgpl-3.0": "GNU Lesser General Public License v3.0",
    "isc": "ISC",
    "h-research": "H Research License",
    "intel-research": "Intel Research Use License Agreement",
    "lppl-1.3c": "LaTeX Project Public License v1.3c",
    "ms-pl": "Microsoft Public License",
    "apple-ascl": "Apple Sample Code license",
    "apple-amlr": "Apple Model License for Research",
    "mpl-2.0": "Mozilla Public License 2.0",
    "odc-by": "Open Data Commons License Attribution family",
    "odbl": "Open Database License family",
    "openmdw-1.0": "Open Model, Data & Weights License Agreement",
    "openmdw-1.1": "Open Model, Data & Weights License Agreement v1.1",
    "openrail++": "Open Rail++-M License",
    "osl-3.0": "Open Software License 3.0",
    "postgresql": "PostgreSQL License",
    "ofl-1.1": "SIL Open Font License 1.1",
    "ncsa": "University of Illinois/NCSA Open Source License",
    "unlicense": "The Unlicense",
    "zlib": "zLib License",
    "pddl": "Open Data Commons Public Domain Dedication and License",
    "lgpl-lr": "Lesser General Public License For Linguistic Resources",
    "deepfloyd-if-license": "DeepFloyd IF Research License Agreement",
    "fair-noncommercial-research-license": "FAIR Noncommercial Research License",
    "llama2": "Llama 2 Community License Agreement",
    "llama3": "Llama 3 Community License Agreement",
    "llama3.1": "Llama 3.1 Community License Agreement",
    "llama3.2": "Llama 3.2 Community License Agreement",
    "llama3.3": "Llama 3.3 Community License Agreement",
    "llama4": "Llama 4 Community License Agreement",
    "grok2-community": "Grok 2 Community License Agreement",
    "gemma": "Gemma Terms of Use",
}
LICENCES: Mapping[str, str] = {**_NAMES, "unknown": "Unknown", _OTHER: "Another licence"}
"""The name of every licence that a card can state, by its code."""
# Research-only licences, in addition to the NC licences of Creative Commons: "solely for research purposes"
# (Intel, Apple), "non-commercial research" (DeepFloyd, FAIR).
_NON_COMMERCIAL = {
    "apple-amlr",
    "deepfloyd-if-license",
    "fair-noncommercial-research-license",
    "intel-research",
}
_NON_COMMERCIAL_NAME = re.compile(r"(^|[^a-z])nc([^a-z]|$)|non-?\s?commercial|research[-\s]only")


@dataclass(frozen=True)
class Licence:
    """A licence as a card states it.

    Attributes:
        code: Its code on the Hub.
        name: Its name.
        link: For a licence that the Hub does not list: an http(s) URL or a file in the repository; empty if
            not stated.
        non_commercial: Whether it is known, by its name or code, to forbid commercial use.
    """

    code: str
    name: str
    link: str
    non_commercial: bool


def licence_of(card: Mapping[str, Any], code: str | None) -> Licence | None:
    """The licence of a repository; None if not stated.

    Args:
        card: The metadata of its card, unchecked.
        code: The code in its tags, used if the card states none.
    """
    declared = card.get("license")
    stated = as_list(declared)[0] if as_list(declared) else declared
    code = (as_text(stated, MAX_CHARS) or code or "").lower()
    if not code:
        return None
    name, link = _NAMES.get(code, code), ""
    if code == _OTHER:
        name = as_text(card.get("license_name"), MAX_CHARS) or "a licence of its own"
        link = as_text(card.get("license_link"), MAX_CHARS) or ""
    by_name = any(_NON_COMMERCIAL_NAME.search(text.lower()) for text in (code, name))
    return Licence(code, name, link, non_commercial=by_name or code in _NON_COMMERCIAL)


def licence_address(licence: Licence, repository: str, commit: str) -> str:
    """URL of a licence that the Hub does not list; empty if not stated.

    Args:
        licence: The licence.
        repository: URL of the repository's page.
        commit: Commit of the repository.
    """
    if re.match(r"https?://", licence.link, re.IGNORECASE):
        return licence.link
    if re.fullmatch(r"[\w./-]+", licence.link) and ".." not in licence.link:
        return f"{repository}/blob/{quote(commit, safe='')}/{quote(licence.link.lstrip('./'))}"
    return ""
