import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.people.make import add_account, know
from ticketpen.database import Database
from ticketpen.errors import Code, Problem
from ticketpen.identity.api_keys import (
    NewKey,
    create_key,
    find_caller,
    is_key_secret,
    list_keys,
    new_key_secret,
    revoke_key,
)
from ticketpen.identity.caller import ALL_SCOPES, Channel, Role, Scope
from ticketpen.identity.sessions import hash_of
from ticketpen.ids import new_id
from ticketpen.people.accounts import Change, change_person

SECRET = new_key_secret()
READ = frozenset((Scope.TICKETS_READ,))


def test_a_secret_is_recognised_by_its_form_and_checksum() -> None:
    secret = new_key_secret()
    assert re.fullmatch(r"tp_[\w-]{43}[0-9A-Za-z]{6}", secret)
    assert is_key_secret(secret)
    assert new_key_secret() != secret


@given(st.integers(0, len(SECRET) - 1), st.characters())
def test_a_single_wrong_character_is_noticed(place: int, typo: str) -> None:
    assume(typo != SECRET[place])
    assert not is_key_secret(SECRET[:place] + typo + SECRET[place + 1 :])
    assert not is_key_secret(SECRET[:place] + SECRET[place + 1 :])


@given(st.text(st.characters()))
def test_junk_is_no_key(text: str) -> None:
    assert not is_key_secret(text)
    assert not is_key_secret("tp_" + text)


async def test_a_key_acts_as_its_person(database: Database) -> None:
    await know(database, "max", "Max", "max@example.com", Role.ADMIN)
    key, secret = await create_key(database, NewKey("max", "Reports", READ))
    caller = await find_caller(database, secret)
    assert (caller.id, caller.name, caller.email) == ("max", "Max", "max@example.com")
    assert (caller.role, caller.channel) == (Role.ADMIN, Channel.KEY)
    assert (caller.scopes, caller.key_scopes) == (ALL_SCOPES, READ)
    assert secret.startswith(key.hint)
    assert len(key.hint) == 8


async def test_only_a_hash_of_the_secret_is_stored(database: Database) -> None:
    await know(database, "max")
    key, secret = await create_key(database, NewKey("max", "Reports", READ))
    [listed] = await list_keys(database)
    assert listed == key
    assert secret not in repr(listed)
    assert hash_of(secret) not in repr(listed)


async def test_a_key_never_does_more_than_its_person_may(database: Database) -> None:
    await know(database, "max", role=Role.ADMIN)
    _, secret = await create_key(database, NewKey("max", "All", ALL_SCOPES))
    await change_person(database, "max", Change(scopes=READ))
    assert (await find_caller(database, secret)).key_scopes == READ
    await know(database, "max", role=Role.USER)
    assert (await find_caller(database, secret)).role is Role.USER


@pytest.mark.parametrize("person_id", ["nobody", "disabled"])
async def test_a_key_needs_a_person_who_may_act(database: Database, person_id: str) -> None:
    await know(database, "disabled")
    await change_person(database, "disabled", Change(disabled=True))
    with pytest.raises(Problem) as caught:
        await create_key(database, NewKey(person_id, "K", READ))
    assert [error.field for error in caught.value.errors] == ["person_id"]


async def test_a_key_ends_with_its_revocation_or_with_its_person(database: Database) -> None:
    person = await add_account(database, password=None)
    key, secret = await create_key(database, NewKey(person.id, "One", READ))
    other, other_secret = await create_key(database, NewKey(person.id, "Two", READ))
    await revoke_key(database, key.id)
    [second, first] = await list_keys(database)
    assert (first.id, second.id, second.revoked_at) == (key.id, other.id, None)
    assert first.revoked_at is not None
    await revoke_key(database, key.id)
    assert (await list_keys(database))[1] == first
    assert (await find_caller(database, other_secret)).id == person.id
    await change_person(database, person.id, Change(disabled=True))
    for ended in (secret, other_secret):
        with pytest.raises(Problem) as caught:
            await find_caller(database, ended)
        assert caught.value.code is Code.NOT_AUTHENTICATED


async def test_a_key_nobody_made_is_unknown(database: Database) -> None:
    for secret in (new_key_secret(), "tp_", "tp_" + "a" * 49):
        with pytest.raises(Problem) as caught:
            await find_caller(database, secret)
        assert caught.value.code is Code.NOT_AUTHENTICATED
    with pytest.raises(Problem) as caught:
        await revoke_key(database, new_id())
    assert caught.value.code is Code.NOT_FOUND
