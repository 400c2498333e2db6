"""People for tests, stored as the app stores them."""

from argon2 import PasswordHasher

from ticketpen import clock
from ticketpen.database import Database
from ticketpen.identity.caller import Role, Scope
from ticketpen.people.accounts import NewPerson, add_person, get_person
from ticketpen.people.profiles import Told, email_key, find_profile, follow_token
from ticketpen.people.queries import FIND_ACCOUNT, Person, change_person

PASSWORD = "correct horse battery"
# A stored hash says itself how costly it is: a cheap one, for a suite that is done in minutes.
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


async def add_account(
    database: Database,
    email: str = "ada@example.com",
    role: Role = Role.ADMIN,
    scopes: frozenset[Scope] | None = None,
    password: str | None = PASSWORD,
) -> Person:
    """Somebody who logs in here with PASSWORD, or elsewhere without one."""
    name = email.partition("@")[0].title()
    person = await add_person(database, NewPerson(name, email, role, scopes))
    if password is None:
        return person
    params = {
        "id": person.id,
        "new_password_hash": _QUICK.hash(password),
        "kept_session": "",
        "moment": person.updated_at,
    }
    await database.run(change_person(frozenset(("password_hash",)), None), params)
    return await get_person(database, person.id)


async def know(
    database: Database,
    person_id: str,
    name: str | None = None,
    email: str | None = None,
    role: Role = Role.USER,
) -> None:
    """Somebody whom a token told us of."""
    told = Told(person_id, name, email, role.value)
    await follow_token(database, told, await find_profile(database, person_id))


def set_clock(moment: int) -> None:
    """Let it be `moment` until the test ends or sets the clock again."""
    clock.set_source(lambda: moment)


async def find_account(database: Database, email: str) -> Person | None:
    """The person who logs in here with this address, in any case, or None."""
    account = await database.fetch_one(FIND_ACCOUNT, {"email_key": email_key(email)})
    return None if account is None else await get_person(database, account.id)
