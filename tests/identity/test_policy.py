import pytest

from ticketpen.errors import Code, Problem
from ticketpen.identity.caller import ALL_SCOPES, Caller, Channel, Role, Scope
from ticketpen.identity.policy import (
    check_admin_path,
    check_grant,
    check_standing,
    check_user_path,
    effective_scopes,
)
from ticketpen.people.queries import DISABLED

READ, WRITE = Scope.TICKETS_READ, Scope.TICKETS_WRITE


def caller(role: Role = Role.ADMIN, **more: object) -> Caller:
    return Caller("ada", None, None, role, Channel.TOKEN, **more)  # type: ignore[arg-type]


def code_of(check: object, *arguments: object) -> Code | None:
    assert callable(check)
    try:
        check(*arguments)
    except Problem as problem:
        return problem.code
    return None


def test_users_reach_no_admin_path_whatever_their_scopes() -> None:
    assert code_of(check_admin_path, caller(Role.USER), READ) is Code.ADMIN_REQUIRED
    key = caller(Role.USER, key_scopes=ALL_SCOPES)
    assert code_of(check_admin_path, key, READ) is Code.ADMIN_REQUIRED


def test_admins_need_the_scope_on_admin_paths_only() -> None:
    limited = caller(scopes=frozenset((READ,)))
    assert code_of(check_admin_path, caller(), WRITE) is None
    assert code_of(check_admin_path, limited, READ) is None
    assert code_of(check_admin_path, limited, WRITE) is Code.SCOPE_REQUIRED
    assert code_of(check_user_path, limited, WRITE) is None


def test_keys_need_the_scope_everywhere() -> None:
    for role in Role:
        key = caller(role, key_scopes=frozenset((READ,)))
        assert code_of(check_user_path, key, READ) is None
        assert code_of(check_user_path, key, None) is None
        assert code_of(check_user_path, key, WRITE) is Code.SCOPE_REQUIRED
    key = caller(key_scopes=frozenset((READ,)))
    assert code_of(check_admin_path, key, READ) is None
    assert code_of(check_admin_path, key, WRITE) is Code.SCOPE_REQUIRED


def test_somebody_disabled_since_is_refused() -> None:
    for role in Role:
        assert code_of(check_standing, caller(role), DISABLED, READ) is Code.NOT_AUTHENTICATED
    assert code_of(check_standing, caller(), None, READ) is None


def test_a_scope_lost_since_is_missed_by_admins() -> None:
    assert code_of(check_standing, caller(), "tickets:write", READ) is Code.SCOPE_REQUIRED
    assert code_of(check_standing, caller(), "", READ) is Code.SCOPE_REQUIRED
    assert code_of(check_standing, caller(), "tickets:read", READ) is None
    assert code_of(check_standing, caller(), "tickets:write", None) is None
    assert code_of(check_standing, caller(Role.USER), "tickets:write", READ) is None
    known = caller(scopes=frozenset((WRITE,)), stored_scopes="tickets:write")
    assert code_of(check_standing, known, "tickets:write", READ) is None


def test_nobody_gives_away_what_they_lack() -> None:
    limited = caller(scopes=frozenset((READ, Scope.SETTINGS_WRITE)))
    assert code_of(check_grant, limited, [READ]) is None
    assert code_of(check_grant, limited, ALL_SCOPES) is Code.SCOPE_REQUIRED
    key = caller(key_scopes=frozenset((Scope.SETTINGS_WRITE,)))
    assert code_of(check_grant, key, [READ]) is Code.SCOPE_REQUIRED
    assert code_of(check_grant, caller(), ALL_SCOPES) is None


@pytest.mark.parametrize(
    ("who", "scopes"),
    [
        (caller(), ALL_SCOPES),
        (caller(scopes=frozenset((READ,)), key_scopes=frozenset((READ, WRITE))), {READ}),
        (caller(Role.USER), set()),
        (caller(Role.USER, key_scopes=frozenset((READ,))), {READ}),
    ],
)
def test_what_a_caller_may_do_in_all(who: Caller, scopes: set[Scope]) -> None:
    assert effective_scopes(who) == scopes
