import pytest

from explorer.analysis.languages import language_name, languages_of

SENTENCES = {
    "en": "The parcel that I ordered last week never came, and nobody answers the telephone.",
    "de": "Das Paket, das ich letzte Woche bestellt habe, ist nie angekommen, und niemand geht ans Telefon.",
    "fr": "Le colis que j'ai commandé la semaine dernière n'est jamais arrivé et personne ne répond.",
    "es": "El paquete que pedí la semana pasada nunca llegó y nadie contesta el teléfono.",
    "ru": "Посылка, которую я заказал на прошлой неделе, так и не пришла, и никто не отвечает.",
    "ja": "先週注文した荷物がまだ届いていません。電話にも誰も出てくれません。",
    "ar": "الطرد الذي طلبته الأسبوع الماضي لم يصل أبدا ولا أحد يرد على الهاتف.",
}


def test_sentences_are_in_their_languages():
    assert languages_of(SENTENCES.values()) == list(SENTENCES)


@pytest.mark.parametrize("text", ["", "   ", "12345", "🙂🙂", "ok", "\ud800"])
def test_what_is_too_short_or_has_no_words_is_in_none(text):
    assert languages_of([text]) == [""]


def test_no_texts_have_no_languages():
    assert languages_of([]) == []


def test_languages_have_english_names_and_rare_ones_their_codes():
    assert language_name("de") == "German"
    assert language_name("sdh") == "sdh"


def test_every_name_is_of_a_language_that_can_be_told():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    from explorer.analysis.languages import _NAMES

    known = {code for code, _ in LanguageIdentifier.from_model_file(MODEL_FILE).rank("text")}
    assert set(_NAMES) <= known
