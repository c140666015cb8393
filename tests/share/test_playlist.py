import pytest
from hypothesis import given
from hypothesis import strategies as st

import explorer
from explorer.share.playlist import playlist_file, song_columns

HOSTILE = ["a\n#EXT-X-KEY:x", "\r\n/etc/passwd", "../../x", "#EXTVLCOPT", "\u2028#", "\x85\x0b\x1c", "\ud800"]


def songs(pairs):
    table = {"artist": [a for a, _ in pairs], "title": [t for _, t in pairs], "about": ["x"] * len(pairs)}
    return explorer.open_corpus(table, text="about", label=None)


def test_a_sample_becomes_a_playlist_in_the_order_of_the_rows():
    corpus = explorer.open_corpus("song-moods")
    columns = song_columns(corpus)
    assert columns == ("artist", "title")
    assert playlist_file(corpus, [3, 0], columns).decode() == (
        "#EXTM3U\n"
        "#EXTINF:-1,Dottie Flanagan's Hot Eleven - Jitterbug in the Boiler Room\n"
        "Dottie Flanagan's Hot Eleven - Jitterbug in the Boiler Room.mp3\n"
        "#EXTINF:-1,Kilohertz Twins - Rooftop Rope Count\n"
        "Kilohertz Twins - Rooftop Rope Count.mp3\n"
    )


@given(st.lists(st.tuples(*[st.text(max_size=12) | st.sampled_from(HOSTILE)] * 2), min_size=1, max_size=5))
def test_no_text_makes_a_line_a_directive_or_a_folder(pairs):
    corpus = songs(pairs)
    lines = playlist_file(corpus, range(len(pairs)), ("artist", "title")).decode().split("\n")
    assert lines[0] == "#EXTM3U"
    assert lines.pop() == ""
    assert "\n".join(lines).splitlines() == lines
    assert len(lines) == 1 + 2 * len(pairs)
    for entry, place in zip(lines[1::2], lines[2::2], strict=True):
        assert entry.startswith("#EXTINF:-1,")
        assert " - " in entry
        assert not place.startswith(("#", ".", " "))
        assert place.endswith(".mp3")
        assert not set(place) & set('/\\:*?"<>|')


def test_a_song_without_an_artist_or_a_title_has_an_entry():
    corpus = songs([(None, "One"), ("Two", "")])
    lines = playlist_file(corpus, [0, 1], ("artist", "title")).decode().splitlines()
    assert lines[1::2] == ["#EXTINF:-1,unknown - One", "#EXTINF:-1,Two - unknown"]


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (("Artist", "Track"), ("Artist", "Track")),
        (("band", "song"), ("band", "song")),
        (("title", "author"), None),
        (("artist", "year"), None),
    ],
)
def test_songs_are_known_by_their_columns(columns, found):
    corpus = explorer.open_corpus(
        {"about": ["x"], **{name: ["y"] for name in columns}}, text="about", label=None
    )
    assert song_columns(corpus) == found


def test_numbers_are_no_titles():
    corpus = explorer.open_corpus({"about": ["x"], "artist": ["y"], "title": [1]}, text="about", label=None)
    assert song_columns(corpus) is None
