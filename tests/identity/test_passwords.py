import asyncio

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from ticketpen.errors import Code, Problem
from ticketpen.identity import passwords
from ticketpen.identity.passwords import check_password, hash_password, is_password


async def test_a_password_is_known_by_its_hash() -> None:
    first, second = await hash_password("correct horse"), await hash_password("correct horse")
    assert first != second
    assert await is_password("correct horse", first)
    assert not await is_password("correct horsf", first)
    assert not await is_password("correct horse", "not a hash")


async def test_without_an_account_the_work_is_the_same_and_the_answer_no() -> None:
    assert extract_parameters(passwords._NOBODY) == RFC_9106_LOW_MEMORY
    assert PasswordHasher().check_needs_rehash(passwords._NOBODY) is False
    assert not await is_password("correct horse", None)


@pytest.mark.parametrize("password", ["x" * 12, "x" * 1024, " \n\t" * 4, "пароль пароль"])
def test_long_enough_is_good_enough(password: str) -> None:
    assert check_password("password", password) == password


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 1025, "x" * 12 + "\0", "\ud800" * 12])
def test_what_is_no_password_names_its_field(password: str) -> None:
    with pytest.raises(Problem) as caught:
        check_password("new_password", password)
    assert [error.field for error in caught.value.errors] == ["new_password"]


async def test_a_flood_is_turned_away_instead_of_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_QUEUE", 2)
    answers = await asyncio.gather(
        *(is_password("x", None) for _ in range(4)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Problem)]
    assert [problem.code for problem in refused] == [Code.UNAVAILABLE] * 2
    assert "Retry-After" in refused[0].headers
    assert await is_password("x", None) is False
