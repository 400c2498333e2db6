"""Passwords: Argon2id (RFC 9106, the low-memory choice), hashed in threads, two at once."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from ticketpen.errors import FieldError, invalid, unavailable
from ticketpen.text import is_storable

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 1024
# Each hash takes 64 MiB: two at once, and a queue that a flood of log-ins cannot grow.
_AT_ONCE: Final = 2
_QUEUE: Final = 64

_hasher: Final = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_threads: Final = ThreadPoolExecutor(_AT_ONCE, "ticketpen-password")
_running = 0

# The hash of a thrown-away random secret, by the same parameters: checking against it takes the
# same time, so an unknown account cannot be told from a wrong password.
_NOBODY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$l8QwvpZ+eLBqHLWLJHltcQ"
    "$Be1WXjAdIHWFtolMnH4dJeIYuwTYvbD260frZD+VSnQ"
)

Answer = TypeVar("Answer")


def check_password(field: str, password: str) -> str:
    """The password, when it can be one: 12 to 1,024 characters, anything but NUL and halves of
    surrogate pairs. Raises Problem `invalid_value`."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise invalid(FieldError(field, f"must have {MIN_LENGTH} to {MAX_LENGTH} characters."))
    if not is_storable(password):
        raise invalid(FieldError(field, "must not contain NUL or half of a surrogate pair."))
    return password


async def hash_password(password: str) -> str:
    """The Argon2id hash, with salt and parameters, as it is stored. Raises Problem `unavailable`
    when too many hashes wait."""
    return await _in_thread(lambda: _hasher.hash(password))


async def is_password(password: str, stored_hash: str | None) -> bool:
    """Whether it is the password. Without a stored hash: no, after the same time.

    Raises Problem `unavailable` when too many hashes wait."""
    return await _in_thread(lambda: _verify(password, stored_hash))


def _verify(password: str, stored_hash: str | None) -> bool:
    try:
        _hasher.verify(_NOBODY if stored_hash is None else stored_hash, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored_hash is not None


async def _in_thread(work: Callable[[], Answer]) -> Answer:
    global _running
    if _running >= _QUEUE:
        raise unavailable("Too many people log in at this moment. Try again in a moment.")
    _running += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _running -= 1
