import asyncio

import pytest

from tests.people.make import PASSWORD, add_account, find_account, know, set_clock
from tests.people.test_profiles import version_of, words_of
from ticketpen import clock
from ticketpen.clock import now
from ticketpen.database import Database
from ticketpen.errors import Code, Problem
from ticketpen.identity.caller import Channel, Role, Scope
from ticketpen.identity.passwords import is_password
from ticketpen.identity.sessions import begin_session, find_caller
from ticketpen.people.accounts import (
    Change,
    Listing,
    NewPerson,
    add_person,
    change_person,
    count_admins,
    get_person,
    list_people,
    set_password,
)
from ticketpen.people.queries import FIND_ACCOUNT, FIND_ACCOUNT_BY_ID, Account


async def account_of(database: Database, email: str) -> Account:
    account = await database.fetch_one(FIND_ACCOUNT, {"email_key": email})
    assert account is not None
    return account


async def names_of(database: Database, listing: Listing) -> list[str]:
    people, total = await list_people(database, listing)
    assert total == len(people)
    return sorted(str(person.name) for person in people)


async def test_a_person_is_added_as_told(database: Database) -> None:
    scopes = frozenset((Scope.TICKETS_READ, Scope.SETTINGS_READ))
    added = await add_person(
        database, NewPerson(" Ada Lindqvist ", " Ada@Example.com ", Role.ADMIN, scopes, PASSWORD)
    )
    person = await get_person(database, added.id)
    assert person == added
    assert (person.name, person.email, person.role) == ("Ada Lindqvist", "Ada@Example.com", "admin")
    assert person.scopes == "settings:read tickets:read"
    assert person.has_password
    account = await account_of(database, "ada@example.com")
    assert account.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await is_password(PASSWORD, account.password_hash)
    assert await words_of(database, person.id) == ["ada", "com", "example", "lindqvist"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "\u200b"}, "name"),
        ({"name": "n" * 256}, "name"),
        ({"email": "nobody"}, "email"),
        ({"email": "a b@example.com"}, "email"),
        ({"email": "a@" + "b" * 320}, "email"),
        ({"password": "elevenchars"}, "password"),
        ({"password": "x" * 1025}, "password"),
    ],
)
async def test_what_cannot_be_a_person_is_refused(
    database: Database, changes: dict[str, str], field: str
) -> None:
    values = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD} | changes
    with pytest.raises(Problem) as caught:
        await add_person(database, NewPerson(**values))  # type: ignore[arg-type]
    assert [error.field for error in caught.value.errors] == [field]
    assert (await list_people(database, Listing()))[1] == 0


async def test_an_address_logs_in_to_one_account_whatever_its_case(database: Database) -> None:
    await add_account(database, "Straße@example.com")
    with pytest.raises(Problem) as caught:
        await add_person(database, NewPerson("S", "STRASSE@EXAMPLE.COM", password=PASSWORD))
    assert caught.value.code is Code.CONFLICT
    await add_account(database, "strasse@example.com", password=None)
    found = await find_account(database, "strasse@EXAMPLE.com")
    assert found is not None
    assert found.email == "Straße@example.com"
    assert await find_account(database, "nobody@example.com") is None


async def test_of_several_accounts_made_at_once_with_one_address_one_is_made(
    database: Database,
) -> None:
    made = await asyncio.gather(
        *(
            add_person(database, NewPerson("Ada", "ada@example.com", password=PASSWORD))
            for _ in range(5)
        ),
        return_exceptions=True,
    )
    refused = [one for one in made if isinstance(one, Problem)]
    assert len(refused) == 4
    assert {problem.code for problem in refused} == {Code.CONFLICT}


async def test_only_what_is_named_changes(database: Database) -> None:
    clock.set_source(lambda: 1_000_000)
    person = await add_account(database, "ada@example.com")
    clock.set_source(lambda: 2_000_000)
    changed = await change_person(database, person.id, Change(name="Ada L."))
    assert (changed.name, changed.email, changed.role) == ("Ada L.", "ada@example.com", "admin")
    assert (changed.created_at, changed.updated_at) == (1_000_000, 2_000_000)
    assert await version_of(database, person.id) == 2
    assert await words_of(database, person.id) == ["ada", "com", "example", "l"]
    await change_person(database, person.id, Change(email="lind@example.com"))
    assert await words_of(database, person.id) == ["ada", "com", "example", "l", "lind"]
    assert await find_account(database, "lind@example.com") is not None


async def test_a_change_to_what_is_already_so_moves_nothing(database: Database) -> None:
    person = await add_account(database, "ada@example.com")
    clock.set_source(lambda: person.updated_at + 1_000_000)
    same = Change(name="Ada", email="ada@example.com", role=Role.ADMIN, scopes=None, disabled=False)
    assert await change_person(database, person.id, same) == person
    assert await version_of(database, person.id) == 1


async def test_scopes_are_limited_and_freed_again(database: Database) -> None:
    person = await add_account(database)
    read_only = Change(scopes=frozenset((Scope.TICKETS_READ,)))
    assert (await change_person(database, person.id, read_only)).scopes == "tickets:read"
    assert (await change_person(database, person.id, Change(scopes=frozenset()))).scopes == ""
    assert (await change_person(database, person.id, Change(scopes=None))).scopes is None


async def test_an_address_of_another_account_cannot_be_taken(database: Database) -> None:
    await add_account(database, "ada@example.com")
    max_ = await add_account(database, "max@example.com")
    with pytest.raises(Problem) as caught:
        await change_person(database, max_.id, Change(email="ADA@example.com"))
    assert caught.value.code is Code.CONFLICT
    assert (await get_person(database, max_.id)).email == "max@example.com"


async def test_nobody_unknown_is_changed(database: Database) -> None:
    with pytest.raises(Problem) as caught:
        await change_person(database, "nobody", Change(name="N"))
    assert caught.value.code is Code.NOT_FOUND
    with pytest.raises(Problem) as caught:
        await set_password(database, "nobody", PASSWORD)
    assert caught.value.code is Code.NOT_FOUND


async def test_disabling_ends_sessions_for_good(database: Database) -> None:
    person = await add_account(database)
    known_hash = (await account_of(database, "ada@example.com")).password_hash
    session = await begin_session(database, person.id, known_hash)
    assert session is not None
    disabled = await change_person(database, person.id, Change(disabled=True))
    assert disabled.disabled_at == disabled.updated_at <= now()
    assert await begin_session(database, person.id, known_hash) is None
    enabled = await change_person(database, person.id, Change(disabled=False))
    assert enabled.disabled_at is None
    with pytest.raises(Problem) as caught:
        await find_caller(database, session.token, Channel.SESSION)
    assert caught.value.code is Code.NOT_AUTHENTICATED


async def test_a_new_password_ends_the_sessions_of_the_old_one(database: Database) -> None:
    person = await add_account(database)
    known_hash = (await account_of(database, "ada@example.com")).password_hash
    session = await begin_session(database, person.id, known_hash)
    assert session is not None
    await set_password(database, person.id, "another good password")
    assert await begin_session(database, person.id, known_hash) is None
    with pytest.raises(Problem):
        await find_caller(database, session.token, Channel.SESSION)


async def test_somebody_known_by_token_can_get_a_password(database: Database) -> None:
    await know(database, "cleo", "Cleo", "cleo@example.org")
    assert await find_account(database, "cleo@example.org") is None
    await set_password(database, "cleo", PASSWORD)
    found = await find_account(database, "cleo@example.org")
    assert found is not None
    assert found.id == "cleo"
    await know(database, "rick", "Rick", "cleo@example.org")
    with pytest.raises(Problem) as caught:
        await set_password(database, "rick", PASSWORD)
    assert caught.value.code is Code.CONFLICT


async def test_people_are_listed_by_page_the_newest_first(database: Database) -> None:
    for moment in range(1, 6):
        set_clock(moment * 1_000_000)
        await know(database, f"user-{moment}", f"User {moment}")
    people, total = await list_people(database, Listing(page=2, page_size=2))
    assert [person.id for person in people] == ["user-3", "user-2"]
    assert total == 5
    assert await list_people(database, Listing(page=2**63 - 1, page_size=100)) == ([], 5)


async def test_people_are_found_by_part_of_name_or_address_or_by_id(database: Database) -> None:
    await know(database, "u1", "Ada Lindqvist", "Ada@Example.com", Role.ADMIN)
    await know(database, "u2", "Max 100%", "max_o@example.com", Role.ADMIN)
    await know(database, "u3", None, "ÄNNE@example.org")
    await change_person(database, "u2", Change(disabled=True))
    for search, expected in {
        "LIND": ["Ada Lindqvist"],
        "ada@EX": ["Ada Lindqvist"],
        "100%": ["Max 100%"],
        "%": ["Max 100%"],
        "_": ["Max 100%"],
        "\\": [],
        "'": [],
        "änne": ["None"],
        "u3": ["None"],
        "u": [],
    }.items():
        assert await names_of(database, Listing(search=search)) == expected
    assert await names_of(database, Listing(role=Role.USER)) == ["None"]
    assert await names_of(database, Listing(disabled=True)) == ["Max 100%"]
    both = Listing(role=Role.ADMIN, disabled=False, search="example.com")
    assert await names_of(database, both) == ["Ada Lindqvist"]


async def test_admins_are_counted_while_they_may_act(database: Database) -> None:
    assert await count_admins(database) == 0
    await know(database, "cleo", "Cleo")
    person = await add_account(database, password=None)
    assert await count_admins(database) == 1
    await change_person(database, person.id, Change(disabled=True))
    assert await count_admins(database) == 0


async def test_a_password_is_not_changed_by_whoever_knew_only_the_one_before(
    database: Database,
) -> None:
    person = await add_account(database)
    account = await database.fetch_one(FIND_ACCOUNT_BY_ID, {"id": person.id})
    assert account is not None
    known = account.password_hash
    assert await set_password(database, person.id, "another good password", checked_hash=known)
    assert not await set_password(database, person.id, "a third one, late", checked_hash=known)
    kept = await database.fetch_one(FIND_ACCOUNT_BY_ID, {"id": person.id})
    assert kept is not None
    assert await is_password("another good password", kept.password_hash)
