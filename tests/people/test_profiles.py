import asyncio

import msgspec
from sqlalchemy import select

from tests.people.make import add_account, know
from ticketpen import clock
from ticketpen.clock import now
from ticketpen.database import Database
from ticketpen.database.statements import Query, param
from ticketpen.identity.caller import Role
from ticketpen.people.accounts import Change, change_person, get_person
from ticketpen.people.profiles import Told, find_profile, is_news
from ticketpen.people.queries import Profile
from ticketpen.people.tables import people, person_words


class Version(msgspec.Struct):
    version: int


class Word(msgspec.Struct):
    word: str


VERSION = Query(select(people.c.version).where(people.c.id == param(people.c.id)), Version)
WORDS = Query(
    select(person_words.c.word)
    .where(person_words.c.person_id == param(people.c.id))
    .order_by(person_words.c.word),
    Word,
)


async def version_of(database: Database, person_id: str) -> int:
    row = await database.fetch_one(VERSION, {"id": person_id})
    assert row is not None
    return row.version


async def words_of(database: Database, person_id: str) -> list[str]:
    return [row.word for row in await database.fetch_all(WORDS, {"id": person_id})]


async def test_a_person_is_known_once_a_token_told_of_them(database: Database) -> None:
    assert await find_profile(database, "cleo") is None
    await know(database, "cleo", "Cleo Marchetti", "Cleo@Example.org")
    person = await get_person(database, "cleo")
    assert (person.name, person.email, person.role) == (
        *("Cleo Marchetti", "Cleo@Example.org", "user"),
    )
    assert not person.has_password
    assert person.created_at == person.updated_at
    assert await words_of(database, "cleo") == ["cleo", "example", "marchetti", "org"]


async def test_what_a_token_does_not_tell_stays_as_it_is(database: Database) -> None:
    await know(database, "cleo", "Cleo Marchetti", "cleo@example.org")
    await know(database, "cleo", None, None, Role.ADMIN)
    person = await get_person(database, "cleo")
    assert (person.name, person.email) == ("Cleo Marchetti", "cleo@example.org")
    assert person.role == "admin"
    assert await words_of(database, "cleo") == ["cleo", "example", "marchetti", "org"]


async def test_the_version_rises_only_when_others_see_a_change(database: Database) -> None:
    await know(database, "cleo", "Cleo", "cleo@example.org")
    assert await version_of(database, "cleo") == 1
    await know(database, "cleo", "Cleo", "cleo@example.org", Role.ADMIN)
    assert await version_of(database, "cleo") == 1
    await know(database, "cleo", "Cleo M.", None)
    assert await version_of(database, "cleo") == 2
    await know(database, "cleo", None, "c@example.org")
    assert await version_of(database, "cleo") == 3
    assert await words_of(database, "cleo") == ["c", "cleo", "example", "m", "org"]


async def test_following_a_token_leaves_scopes_standing_and_age_alone(database: Database) -> None:
    clock.set_source(lambda: 1_000_000)
    await know(database, "max", "Max", None, Role.ADMIN)
    await change_person(database, "max", Change(scopes=frozenset(), disabled=True))
    clock.set_source(lambda: 2_000_000)
    await know(database, "max", "Max O.", None, Role.ADMIN)
    person = await get_person(database, "max")
    assert (person.scopes, person.disabled_at) == ("", 1_000_000)
    assert (person.created_at, person.updated_at) == (1_000_000, now())


async def test_the_first_requests_of_a_person_may_come_at_the_same_moment(
    database: Database,
) -> None:
    await asyncio.gather(*(know(database, "cleo", "Cleo M.", "cleo@x.org") for _ in range(12)))
    assert await version_of(database, "cleo") == 1
    assert await words_of(database, "cleo") == ["cleo", "m", "org", "x"]


async def test_two_people_of_the_host_may_share_an_address(database: Database) -> None:
    await know(database, "cleo", "Cleo", "desk@example.org")
    await know(database, "rick", "Rick", "desk@example.org")
    assert (await get_person(database, "rick")).email == "desk@example.org"


async def test_an_address_that_logs_in_to_another_account_is_not_taken_over(
    database: Database,
) -> None:
    await add_account(database, "ada@example.com")
    max_ = await add_account(database, "max@example.com")
    await know(database, max_.id, "Max O.", "ada@example.com")
    person = await get_person(database, max_.id)
    assert (person.name, person.email) == ("Max O.", "max@example.com")


def test_only_a_difference_is_news() -> None:
    stored = Profile("Cleo", "cleo@example.org", "user", None, None)
    assert is_news(Told("cleo", "Cleo", None, "user"), None)
    assert not is_news(Told("cleo", "Cleo", "cleo@example.org", "user"), stored)
    assert not is_news(Told("cleo", None, None, "user"), stored)
    assert is_news(Told("cleo", "C", None, "user"), stored)
    assert is_news(Told("cleo", None, "c@example.org", "user"), stored)
    assert is_news(Told("cleo", None, None, "admin"), stored)
