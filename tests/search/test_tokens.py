"""Words from text: the one tokeniser that feeds both databases."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketpen.search.tokens import MAX_WORD, words_of
from ticketpen.tickets.filters import Question, ask

WORDS = {
    "Cannot create API key": ["cannot", "create", "api", "key"],
    "the THE The": ["the"],
    "Crème brûlée in São Paulo": ["creme", "brulee", "in", "sao", "paulo"],
    "cre\u0300me": ["creme"],
    "Straße STRASSE": ["strasse"],
    "ﬁle ①": ["file", "1"],
    "İstanbul ILGIN": ["istanbul", "ilgin"],
    "Ångström Ökonom": ["angstrom", "okonom"],
    "ΣΊΣΥΦΟΣ σίσυφος": ["σισυφοσ"],
    "Ёлка й": ["елка", "и"],
    "jane.doe+x@mail.example.org": ["jane", "doe", "x", "mail", "example", "org"],
    "snake_case kebab-case it's": ["snake", "case", "kebab", "it", "s"],
    "100% \"quoted\" 'single' \\back ; -- *": ["100", "quoted", "single", "back"],
    "AND OR NOT NEAR": ["and", "or", "not", "near"],
    "v2.10.3 0x1F 1,000": ["v2", "10", "3", "0x1f", "1", "000"],
    "中文没有空格 日本": ["中文没有空格", "日本"],
    "한국어": ["한국어"],
    "x² ½": ["x2", "1", "2"],
    "👩‍💻 ☃ …": [],
    "": [],
}


@pytest.mark.parametrize("text", WORDS)
def test_words_are_folded_and_told_apart(text: str) -> None:
    assert words_of(text) == [_decomposed(word) for word in WORDS[text]]


def _decomposed(word: str) -> str:
    # Hangul stays in the pieces that NFKD makes of it: in the text and in the question alike.
    return unicodedata.normalize("NFKD", word)


@given(st.text())
def test_words_hold_nothing_that_either_database_reads_as_syntax(text: str) -> None:
    for word in words_of(text):
        assert 1 <= len(word) <= MAX_WORD
        assert word.isalnum()
        assert not set(word) & set("\"'\\:*()&|!<>%_ \0")


@given(st.text())
def test_a_text_is_found_by_itself(text: str) -> None:
    assert words_of(" ".join(words_of(text))) == words_of(text)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_ascii_takes_the_short_way_to_the_same_words(text: str) -> None:
    assert words_of(text) == words_of(text + " \u2603")


def test_a_long_word_is_cut_in_text_and_question_alike() -> None:
    assert words_of("x" * 5000) == ["x" * MAX_WORD] == words_of("x" * 100)


@pytest.mark.parametrize(
    ("text", "ticket_id", "number"),
    [
        ("12", None, 12),
        (" #12 ", None, 12),
        ("##12", None, None),
        ("12 a", None, None),
        ("-12", None, None),
        ("٣", None, None),
        ("9" * 18, None, 10**18 - 1),
        ("9" * 19, None, None),
        ("0197F3C2-5B1E-7C44-9A77-0C6F2E8D4B1A", "0197f3c2-5b1e-7c44-9a77-0c6f2e8d4b1a", None),
    ],
)
def test_a_question_may_name_a_ticket_by_id_or_number(
    text: str, ticket_id: str | None, number: int | None
) -> None:
    question = ask(text)
    assert (question.ticket_id, question.number) == (ticket_id, number)


def test_a_question_of_signs_alone_finds_nothing() -> None:
    for text in ("%", "_", '"', "'", "*", "?!", "👩‍💻"):
        assert ask(text) == Question(())
        assert ask(text).finds_nothing
