"""API keys: made, listed, revoked, and recognised. A key acts as one person, never above them."""

import zlib
from typing import Final

import msgspec

from ticketpen.clock import now
from ticketpen.database import Database
from ticketpen.errors import Code, FieldError, Problem, invalid
from ticketpen.identity import policy, queries
from ticketpen.identity.caller import Caller, Channel, Role, Scope, scopes_from, scopes_text
from ticketpen.identity.queries import ApiKey
from ticketpen.identity.sessions import hash_of
from ticketpen.ids import new_id, new_secret
from ticketpen.people.queries import FIND_PERSON

PREFIX: Final = "tp_"
_BODY: Final = 43  # 256 bits in base64url
_CHECK: Final = 6  # 32 bits in base 62
_HINT: Final = 8
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class NewKey(msgspec.Struct, frozen=True):
    """What a key is made of."""

    person_id: str
    name: str
    scopes: frozenset[Scope]


def new_key_secret() -> str:
    """`tp_`, 43 URL-safe characters of 256 random bits, and 6 characters of checksum."""
    body = PREFIX + new_secret()
    return body + _checksum(body)


def is_key_secret(text: str) -> bool:
    """Whether it can be one of ours, told by its checksum: no typo costs a look-up, and scanners
    of leaked secrets need no database."""
    return (
        len(text) == len(PREFIX) + _BODY + _CHECK
        and text.startswith(PREFIX)
        and text.isascii()
        and text[-_CHECK:] == _checksum(text[:-_CHECK])
    )


async def create_key(database: Database, new: NewKey) -> tuple[ApiKey, str]:
    """A new key and its secret, which nobody can show again.

    Raises Problem `invalid_value` for a person who is not there or is disabled."""
    person = await database.fetch_one(FIND_PERSON, {"id": new.person_id})
    if person is None or person.disabled_at is not None:
        raise invalid(FieldError("person_id", "must be a person who is not disabled."))
    secret = new_key_secret()
    key = ApiKey(
        id=new_id(),
        name=new.name,
        person_id=new.person_id,
        scopes=scopes_text(new.scopes),
        hint=secret[:_HINT],
        created_at=now(),
        revoked_at=None,
    )
    params = msgspec.structs.asdict(key) | {"secret_hash": hash_of(secret)}
    await database.run(queries.ADD_KEY, params)
    return key, secret


async def list_keys(database: Database) -> list[ApiKey]:
    """All keys, revoked ones too, the newest first."""
    return await database.fetch_all(queries.LIST_KEYS, {})


async def revoke_key(database: Database, key_id: str) -> None:
    """End a key at once; one revoked before stays so. Raises Problem `not_found`."""
    if await database.run(queries.REVOKE_KEY, {"id": key_id, "moment": now()}) is None:
        raise Problem(Code.NOT_FOUND, "There is no such key.")


async def find_caller(database: Database, secret: str) -> Caller:
    """Whom the key acts as. Raises Problem `not_authenticated`."""
    if not is_key_secret(secret):
        raise policy.not_authenticated("This API key is misspelt or cut short.")
    key = await database.fetch_one(queries.FIND_KEY, {"secret_hash": hash_of(secret)})
    if key is None or key.revoked_at is not None:
        raise policy.not_authenticated("This API key does not exist or was revoked.")
    if key.disabled_at is not None:
        raise policy.disabled()
    role = Role(key.role)
    scopes = scopes_from(key.scopes)
    key_scopes = scopes_from(key.key_scopes)
    return Caller(
        id=key.person_id,
        name=key.name,
        email=key.email,
        role=role,
        channel=Channel.KEY,
        scopes=scopes,
        key_scopes=key_scopes & scopes if role is Role.ADMIN else key_scopes,
        stored_scopes=key.scopes,
    )


def _checksum(text: str) -> str:
    rest = zlib.crc32(text.encode())
    digits = []
    for _ in range(_CHECK):
        rest, digit = divmod(rest, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
