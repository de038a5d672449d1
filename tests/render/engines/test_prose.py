"""Text is cleaned and cut without losing a word."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.render.engines.prose import clean, language_of, paragraphs, tokens, word_count


@given(st.text(max_size=300))
def test_clean_text_has_no_control_characters_and_stays_clean(text: str) -> None:
    cleaned = clean(text)
    assert not [one for one in cleaned if unicodedata.category(one) in ("Cc", "Cs") and one != "\n"]
    assert (
        clean(cleaned).split() == cleaned.split()
        or "*" in text
        or "#" in text
        or "`" in text
        or ">" in text
        or "_" in text
    )


@given(st.text(max_size=300))
def test_sentences_hold_every_character_of_the_text_in_order(text: str) -> None:
    cleaned = clean(text)
    together = "".join("".join(sentence.split()) for block in paragraphs(cleaned) for sentence in block)
    assert together == "".join(cleaned.split())


@given(st.text(max_size=200))
def test_tokens_hold_every_character_of_a_sentence_in_order(text: str) -> None:
    sentence = " ".join(clean(text).split())
    found = tokens(sentence)
    assert "".join(token.text for token in found) == sentence.replace(" ", "")
    assert [sentence[token.start : token.end] for token in found] == [token.text for token in found]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Dr. Smith went home. He slept.", ["Dr. Smith went home.", "He slept."]),
        ("It costs 3.50 euros! Really?", ["It costs 3.50 euros!", "Really?"]),
        ("Use e.g. water. Done", ["Use e.g. water.", "Done"]),
        ("水が蒸発します。雲ができます。", ["水が蒸発します。", "雲ができます。"]),
        ("one line\nanother line", ["one line", "another line"]),
        ("Wait… what?", ["Wait…", "what?"]),
        ('She said "go." Then left.', ['She said "go."', "Then left."]),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, sentences: list[str]) -> None:
    assert [sentence for block in paragraphs(text) for sentence in block] == sentences


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Why is the sky blue?", "en"),
        ("Erkläre mir die Photosynthese und was sie ist", "de"),
        ("¿Por qué el cielo es azul?", "es"),
        ("Pourquoi les chats et les chiens", "fr"),
        ("Почему небо голубое?", "ru"),
        ("今日の天気", "ja"),
        ("شرح دورة الماء", "ar"),
        ("", "en"),
    ],
)
def test_the_language_follows_from_letters_and_small_words(text: str, language: str) -> None:
    assert language_of(text, "en") == language


def test_a_chosen_language_stays_chosen_for_its_own_letters() -> None:
    assert language_of("the sky is blue and the sea is too", "nl") == "nl"
    assert language_of("دورة آب", "fa") == "fa"


def test_words_of_scripts_without_spaces_count_two_characters() -> None:
    assert word_count("one two three") == 3
    assert 2 <= word_count("水が蒸発する") <= 4
    assert word_count("") == 0
