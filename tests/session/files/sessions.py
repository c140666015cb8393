"""A session with something of everything, made once."""

from __future__ import annotations

import functools
import io
import json
import zipfile

import numpy as np

from explorer.analysis.cluster_edits import Merge, Split, as_found
from explorer.analysis.specs import ClusterSpec
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.data.filters.specs import Contains, OneOf
from explorer.encode.spec import HostedModel, LocalModel, Tfidf
from explorer.session.clusters import MadeClusters
from explorer.session.files.contents import DOCUMENT, ChosenComparison
from explorer.session.files.saved_session import SavedSession
from explorer.session.files.writing import session_bytes
from explorer.session.selection import Selection
from tests.comparison.comparisons import comparison, corpus, judgements

ANSWERS = {"late parcel": {2: 1, 5: None, 7: 0}, "größer “or” not": {}}
KEY = Selection(np.array([1, 4]), "").key


@functools.cache
def everything():
    """Rows that are in the file, with all that can be said about them."""
    encoders = (LocalModel(), Tfidf(), HostedModel("hf-inference", "owner/model", "ä: ", "", "clustering"))
    return SavedSession(
        corpus(),
        encoders,
        1,
        Selection(np.array([0, 3, 47]), "the lasso"),
        Selection(np.array([1, 4]), "“two” clusters"),
        (OneOf("topic", ("login", "refunds")), Contains("body", "pas%sword;,:")),
        {3: "login: passwords", 0: "refunds"},
        (5, 2),
        {"": ClusterSpec(k=3), KEY: ClusterSpec("hdbscan", min_size=4, metric="euclidean")},
        (
            MadeClusters(Tfidf(), ClusterSpec(k=3), "", "1a2b3c4d", (Merge((0, 2)), Split(0, 3)), ()),
            MadeClusters(LocalModel(), ClusterSpec(k=5), KEY, "00000000", (), ((as_found(1), "the <b>"),)),
        ),
        ChosenComparison(
            "my comparison",
            (ContenderSpec(Tfidf(), first=16, stored_as="int8"), ContenderSpec(None), ContenderSpec(Tfidf())),
            5,
            None,
            ("id", "body"),
            judgements(),
            comparison().pairs,
            ("late parcel", "another"),
            ANSWERS,
            comparison(),
        ),
        {"Map": {"colour": ("cluster",), "map-query": ("größer & “<b>”",)}, "Compare": {"with": ("a", "b")}},
    )


@functools.cache
def content():
    return session_bytes(everything())


def parts_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts):
    """An archive of parts, as somebody could make it on purpose."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def rewritten(change, data=None):
    """The file with another document."""
    parts = parts_of(data or content())
    document = json.loads(parts[DOCUMENT])
    change(document)
    return packed({**parts, DOCUMENT: json.dumps(document).encode()})
