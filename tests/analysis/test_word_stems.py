import pytest

from explorer.analysis.word_stems import stem

# The examples of the paper for its steps 1 and 5, after both.
OF_THE_PAPER = {
    **{"caresses": "caress", "ponies": "poni", "ties": "ti", "caress": "caress", "cats": "cat"},
    **{"feed": "feed", "agreed": "agre", "plastered": "plaster", "bled": "bled", "motoring": "motor"},
    **{"sing": "sing", "conflated": "conflat", "troubled": "troubl", "sized": "size", "hopping": "hop"},
    **{"tanned": "tan", "falling": "fall", "hissing": "hiss", "fizzed": "fizz", "failing": "fail"},
    **{"filing": "file", "happy": "happi", "sky": "sky", "probate": "probat", "rate": "rate"},
    **{"cease": "ceas", "controll": "control", "roll": "roll"},
}


@pytest.mark.parametrize(("word", "left"), OF_THE_PAPER.items())
def test_stems_are_those_of_the_paper(word, left):
    assert stem(word) == left


@pytest.mark.parametrize(
    "forms",
    [
        ["city", "cities"],
        ["charge", "charges", "charged", "charging"],
        ["delivery", "deliveries"],
        ["run", "runs", "running"],
        ["parcel", "parcels"],
        ["play", "plays", "played", "playing"],
    ],
)
def test_forms_of_a_word_have_one_stem(forms):
    assert len(set(map(stem, forms))) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("came", "camera"),
        ("plant", "plane"),
        ("car", "card"),
        ("pay", "paper"),
        ("hope", "hop"),
        ("sing", "s"),
    ],
)
def test_words_that_only_begin_alike_have_different_stems(one, other):
    assert stem(one) != stem(other)


@pytest.mark.parametrize("word", ["", "as", "été", "猫", "b2bs", "números", "don't"])
def test_what_is_not_in_english_letters_is_its_own_stem(word):
    assert stem(word) == word
