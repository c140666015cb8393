import pytest

from explorer.hub.licences import licence_address, licence_of

PAGE = "https://hub.example/owner/model"


@pytest.mark.parametrize(
    ("card", "tag", "name", "non_commercial"),
    [
        ({"license": "apache-2.0"}, None, "Apache license 2.0", False),
        ({}, "mit", "MIT", False),
        ({"license": ["cc-by-nc-4.0", "mit"]}, None, "Creative Commons Attribution NonCommercial 4.0", True),
        ({"license": "cc-by-nc-sa-4.0"}, None, None, True),
        ({"license": "cc-by-nd-4.0"}, None, None, False),
        ({"license": "apple-amlr"}, None, "Apple Model License for Research", True),
        ({"license": "gemma"}, None, "Gemma Terms of Use", False),
        ({"license": "ncsa"}, None, None, False),
        ({"license": "brand-new-1.0"}, None, "brand-new-1.0", False),
        ({"license": "other", "license_name": "jina-nc-2"}, None, "jina-nc-2", True),
        ({"license": "other", "license_name": "Acme Non-Commercial"}, None, "Acme Non-Commercial", True),
        ({"license": "other", "license_name": "nvidia-open"}, None, "nvidia-open", False),
        ({"license": "other"}, None, "a licence of its own", False),
    ],
)
def test_a_licence_is_named_and_one_that_forbids_commerce_is_marked(card, tag, name, non_commercial):
    licence = licence_of(card, tag)
    assert name is None or licence.name == name
    assert licence.non_commercial is non_commercial


@pytest.mark.parametrize("card", [{}, {"license": 3}, {"license": []}, {"license": " "}, {"license": [None]}])
def test_a_card_without_a_licence_has_none(card):
    assert licence_of(card, None) is None


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("https://example.org/terms", "https://example.org/terms"),
        ("LICENSE", f"{PAGE}/blob/abc/LICENSE"),
        ("./docs/LICENSE.md", f"{PAGE}/blob/abc/docs/LICENSE.md"),
        ("javascript:alert(1)", ""),
        ("../../other/secret", ""),
        ("", ""),
    ],
)
def test_an_unlisted_licence_is_linked_where_it_can_be_read(link, address):
    licence = licence_of({"license": "other", "license_link": link}, None)
    assert licence_address(licence, PAGE, "abc") == address
    assert licence_address(licence_of({"license": "mit", "license_link": link}, None), PAGE, "abc") == ""
