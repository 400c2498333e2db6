"""May this caller…? Pure rules about roles, scopes and standing."""

from collections.abc import Collection
from typing import Final

from ticketpen.errors import Code, Problem
from ticketpen.identity.caller import ALL_SCOPES, Caller, Role, Scope, scopes_from
from ticketpen.people.queries import DISABLED

CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


def not_authenticated(detail: str) -> Problem:
    """401 for a caller who did not prove who they are."""
    return Problem(Code.NOT_AUTHENTICATED, detail, headers=CHALLENGE)


def expired(detail: str) -> Problem:
    """401 for a proof whose time is over."""
    return Problem(Code.TOKEN_EXPIRED, detail, headers=CHALLENGE)


def disabled() -> Problem:
    """401 for a person whose access was taken away, however they prove who they are."""
    return not_authenticated("This account is disabled. Ask the support team.")


def check_user_path(caller: Caller, needed: Scope | None) -> None:
    """A path of everybody: only a key is limited there. Raises Problem `scope_required`."""
    if needed is None or caller.key_scopes is None or needed in caller.key_scopes:
        return
    raise _scope_required(needed)


def check_admin_path(caller: Caller, needed: Scope) -> None:
    """Raises Problem `admin_required`, then `scope_required`."""
    if not caller.is_admin:
        raise Problem(Code.ADMIN_REQUIRED, "Only admins may do this.")
    check_user_path(caller, needed)
    if needed not in caller.scopes:
        raise _scope_required(needed)


def check_standing(caller: Caller, standing: str | None, needed: Scope | None) -> None:
    """What the route's own statement said of the caller (`people.queries.standing`): an answer is
    refused when the person was disabled, or lost the scope, since the caller was made.

    `needed` is the scope of an admin path; None on paths of everybody.
    Raises Problem `not_authenticated`, `scope_required`."""
    if standing == DISABLED:
        raise disabled()
    if standing == caller.stored_scopes or needed is None or not caller.is_admin:
        return
    if needed not in scopes_from(standing):
        raise _scope_required(needed)


def effective_scopes(caller: Caller) -> frozenset[Scope]:
    """What an admin may do in all, or a key is limited to; nothing more for a user."""
    if caller.is_admin:
        limits = ALL_SCOPES if caller.key_scopes is None else caller.key_scopes
        return caller.scopes & limits
    return caller.key_scopes or frozenset()


def check_grant(caller: Caller, granted: Collection[Scope]) -> None:
    """Nobody gives away what they do not hold. Raises Problem `scope_required`."""
    missing = sorted(set(granted) - effective_scopes(caller))
    if missing:
        raise Problem(
            Code.SCOPE_REQUIRED,
            f"You can only give scopes that you have yourself; you lack {', '.join(missing)}.",
        )


def scopes_of_person(role: str, stored_scopes: str | None) -> frozenset[Scope]:
    """What a person may do at most as an admin: nothing when they are none."""
    return scopes_from(stored_scopes) if role == Role.ADMIN else frozenset()


def _scope_required(needed: Scope) -> Problem:
    return Problem(Code.SCOPE_REQUIRED, f"This needs the scope {needed}.")
