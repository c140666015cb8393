from explorer.record.visitors import new_secret
from explorer.session import recording
from explorer.session.recording import Recording, Recordings


def test_nothing_is_recorded_unless_it_was_chosen():
    assert Recordings().of("a", "") == Recording("", False)
    assert Recording().cookie == ""


def test_a_cookie_brings_back_what_was_chosen():
    for on in (True, False):
        chosen = Recording().switched(on)
        assert Recording.from_cookie(chosen.cookie) == chosen
        assert chosen.switched(not on).secret == chosen.secret


def test_a_cookie_that_is_not_valid_records_nothing():
    secret = new_secret()
    for cookie in (
        secret,
        f"{secret}.",
        f"{secret}.ON",
        f"{secret}.on.on",
        "../x.on",
        ".on",
        "é" * 64 + ".on",
    ):
        assert Recording.from_cookie(cookie) == Recording()


def test_what_was_chosen_here_is_newer_than_the_cookie_of_a_tab():
    store, before = Recordings(), Recording().switched(True)
    assert store.of("a", before.cookie) == before
    store.choose("a", Recording())  # erased in another tab
    assert store.of("a", before.cookie) == Recording()
    assert store.of("b", "") == Recording()


def test_the_choices_of_few_are_kept(monkeypatch):
    monkeypatch.setattr(recording, "_KEEP", 2)
    store, on = Recordings(), Recording().switched(True)
    for visitor in "abc":
        store.choose(visitor, on)
    assert store.of("a", "") == Recording()
    assert store.of("b", "") == store.of("c", "") == on
