from __future__ import annotations

import datetime

from explorer.hub.dataset_search import DatasetFilter, search_datasets
from tests.hub_datasets import serve

FACTS = {
    "downloads": 120,
    "likes": 7,
    "lastModified": "2026-03-01T10:00:00.000Z",
    "tags": ["license:mit", "language:en", "language:de", "size_categories:1K<n<10K", "task_categories:x-y"],
    "description": "Tickets.",
}


def test_a_listing_says_what_the_hub_says_and_nothing_else(dataset_hub, tmp_path):
    serve(dataset_hub, tmp_path, facts=FACTS)
    serve(dataset_hub, tmp_path, name="me/bare")
    full, bare = search_datasets(DatasetFilter())
    assert (full.id, full.author, full.downloads, full.likes, full.licence) == (
        "me/tickets",
        "me",
        120,
        7,
        "mit",
    )
    assert (full.languages, full.size, full.tasks) == (("en", "de"), "1K<n<10K", ("x-y",))
    assert full.modified == datetime.datetime(2026, 3, 1, 10, tzinfo=datetime.UTC)
    assert (bare.downloads, bare.likes, bare.licence, bare.modified, bare.size) == (None,) * 5


def test_a_search_asks_for_words_tags_order_and_no_gated_ones(dataset_hub, tmp_path):
    serve(dataset_hub, tmp_path, facts=FACTS)
    for name, downloads in (("me/other", 500), ("you/tickets-2", 900), ("you/secret-tickets", 1)):
        serve(dataset_hub, tmp_path, name=name, facts={**FACTS, "downloads": downloads})
    dataset_hub.gated.add("you/secret-tickets")
    found = search_datasets(DatasetFilter(search="tickets", task="x-y", language="de", licence="mit"))
    assert [listing.id for listing in found] == ["you/tickets-2", "me/tickets"]
    assert len(search_datasets(DatasetFilter(search="tickets", gated=True))) == 3
    assert search_datasets(DatasetFilter(size="n>1T")) == []
    assert {query["limit"][0] for query in dataset_hub.queries} == {"50"}
