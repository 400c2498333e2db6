import base64
import json
import timeit
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from ticketpen import clock
from ticketpen.clock import MINUTE, SECOND, now
from ticketpen.errors import Code, Problem
from ticketpen.identity import jwt
from ticketpen.identity.caller import Role
from ticketpen.identity.jwt import VerifiedToken, Verifier, issue_token
from ticketpen.settings import Settings, SettingsError

SECRET = "a-secret-of-the-tests-with-enough-bytes"
SETTINGS = Settings(secret=SECRET)
RSA = RSAKey.generate_key(2048)
OTHER_RSA = RSAKey.generate_key(2048)
EC = ECKey.generate_key("P-256")
ED = OKPKey.generate_key("Ed25519")


class AnyAlgorithm(jws.JWSRegistry):
    """Signs whatever an attacker would, without a word of warning."""

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


def claims_with(**changes: object) -> dict[str, object]:
    claims = {"sub": "cleo", "exp": now() // SECOND + 600} | changes
    return {name: value for name, value in claims.items() if value is not None}


def signed(key: Key, algorithm: str, claims: object = None, **header: object) -> str:
    payload = json.dumps(claims_with() if claims is None else claims).encode()
    registry = AnyAlgorithm(strict_check_header=False)
    return jws.serialize_compact({"alg": algorithm} | header, payload, key, registry=registry)


def by_secret(settings: Settings = SETTINGS, /, **changes: object) -> str:
    return signed(OctKey.import_key(settings.jwt_key), "HS256", claims_with(**changes))


def pem_file(
    folder: Path, name: str, key: RSAKey | ECKey | OKPKey, *, private: bool = False
) -> str:
    path = folder / f"{name}.pem"
    path.write_bytes(key.as_pem(private=private))
    return str(path)


def verifier_for(*keys: str, **settings: str) -> Verifier:
    return Verifier.from_settings(
        Settings(secret=SECRET, jwt_public_keys=",".join(keys), **settings)  # type: ignore[arg-type]
    )


@pytest.fixture
def several(tmp_path: Path) -> Verifier:
    return verifier_for(
        "rsa=" + pem_file(tmp_path, "rsa", RSA),
        "ec=" + pem_file(tmp_path, "ec", EC),
        "ed=" + pem_file(tmp_path, "ed", ED),
    )


def outcome(verifier: Verifier, token: str) -> VerifiedToken | Code:
    try:
        return verifier.verify(token)
    except Problem as problem:
        refusal = problem
    assert refusal.status == 401
    assert refusal.headers == {"WWW-Authenticate": "Bearer"}
    return refusal.code


def told_by(token: str, verifier: Verifier | None = None) -> VerifiedToken:
    found = outcome(verifier or verifier_for(), token)
    assert isinstance(found, VerifiedToken)
    return found


def test_a_token_by_the_shared_secret_tells_who_calls() -> None:
    token = by_secret(name=" Cleo Marchetti ", email="cleo@example.org", role="admin")
    found = told_by(token)
    assert (found.id, found.name, found.email) == ("cleo", "Cleo Marchetti", "cleo@example.org")
    assert found.role is Role.ADMIN


def test_a_token_we_issue_is_one_we_take() -> None:
    settings = Settings(secret=SECRET, jwt_issuer="host", jwt_audience="support", claim_id="uid")
    token = issue_token(
        settings, user_id="7", name="Ada", email=None, role=Role.ADMIN, ttl_seconds=60
    )
    found = Verifier.from_settings(settings).verify(token)
    assert (found.id, found.name, found.email, found.role) == ("7", "Ada", None, Role.ADMIN)


def test_a_secret_of_the_host_takes_the_place_of_the_derived_one() -> None:
    settings = Settings(secret=SECRET, jwt_secret="x" * 32)
    verifier = Verifier.from_settings(settings)
    assert told_by(by_secret(settings), verifier).id == "cleo"
    assert outcome(verifier, by_secret(SETTINGS)) is Code.NOT_AUTHENTICATED


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"), [(RSA, "RS256", "rsa"), (EC, "ES256", "ec"), (ED, "EdDSA", "ed")]
)
def test_each_kind_of_public_key_is_found_by_its_kid(
    several: Verifier, key: Key, algorithm: str, kid: str
) -> None:
    assert told_by(signed(key, algorithm, kid=kid), several).id == "cleo"
    assert outcome(several, signed(key, algorithm)) is Code.NOT_AUTHENTICATED
    assert outcome(several, signed(key, algorithm, kid="other")) is Code.NOT_AUTHENTICATED


def test_a_single_key_needs_no_kid_in_the_token(tmp_path: Path) -> None:
    path = pem_file(tmp_path, "rsa", RSA)
    for verifier in (verifier_for(path), verifier_for("rsa=" + path)):
        assert told_by(signed(RSA, "RS256"), verifier).id == "cleo"
    assert told_by(signed(RSA, "RS256", kid="any"), verifier_for(path)).id == "cleo"
    named = verifier_for("rsa=" + path)
    assert outcome(named, signed(RSA, "RS256", kid="any")) is Code.NOT_AUTHENTICATED


def test_the_shared_secret_stays_valid_beside_public_keys(several: Verifier) -> None:
    assert told_by(by_secret(), several).id == "cleo"


def test_a_public_key_is_never_a_shared_secret(several: Verifier, tmp_path: Path) -> None:
    pem = RSA.as_pem(private=False)
    forged = signed(OctKey(pem, pem), "HS256", kid="rsa")
    assert outcome(several, forged) is Code.NOT_AUTHENTICATED
    with pytest.raises(SettingsError, match="public key"):
        Verifier.from_settings(Settings(secret=SECRET, jwt_secret=pem.decode()))


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"),
    [(RSA, "RS512", "rsa"), (RSA, "PS256", "rsa"), (EC, "ES256", "rsa"), (RSA, "RS256", "ec")],
)
def test_the_algorithm_belongs_to_the_key_and_not_to_the_token(
    several: Verifier, key: Key, algorithm: str, kid: str
) -> None:
    assert outcome(several, signed(key, algorithm, kid=kid)) is Code.NOT_AUTHENTICATED


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_only_hs256_is_taken_by_shared_secret(algorithm: str) -> None:
    token = signed(OctKey.import_key(SETTINGS.jwt_key), algorithm)
    assert outcome(verifier_for(), token) is Code.NOT_AUTHENTICATED


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 1, ["HS256"]])
def test_a_token_without_a_signature_is_refused(several: Verifier, algorithm: object) -> None:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = part(claims_with(role="admin"))
    signature = by_secret().rpartition(".")[2]
    for header in ({"alg": algorithm}, {"alg": algorithm, "kid": "rsa"}, {}, [], ["alg"], 1, None):
        for end in ("", signature):
            token = f"{part(header)}.{claims}.{end}"
            assert outcome(several, token) is Code.NOT_AUTHENTICATED


@pytest.mark.parametrize(
    "header",
    [
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"jwk": RSA.as_dict(private=False)},
        {"x5c": ["MII"]},
        {"crit": []},
        {"b64": True},
    ],
)
def test_a_token_that_brings_its_own_key_or_extension_is_refused(header: dict[str, object]) -> None:
    token = signed(OctKey.import_key(SETTINGS.jwt_key), "HS256", None, **header)
    assert outcome(verifier_for(), token) is Code.NOT_AUTHENTICATED


def test_header_fields_nobody_knows_are_ignored() -> None:
    token = signed(OctKey.import_key(SETTINGS.jwt_key), "HS256", None, nonce="1", typ="JWT")
    assert told_by(token).id == "cleo"


def test_another_key_or_a_changed_claim_is_refused(several: Verifier) -> None:
    assert outcome(several, signed(OTHER_RSA, "RS256", kid="rsa")) is Code.NOT_AUTHENTICATED
    head, _, end = by_secret(role="user").split(".")
    forged = by_secret(role="admin").split(".")[1]
    assert outcome(several, f"{head}.{forged}.{end}") is Code.NOT_AUTHENTICATED


@pytest.mark.parametrize(
    ("times", "code"),
    [
        ({"exp": -59}, None),
        ({"exp": -60}, Code.TOKEN_EXPIRED),
        ({"exp": -10_000}, Code.TOKEN_EXPIRED),
        ({"nbf": 60}, None),
        ({"nbf": 61}, Code.NOT_AUTHENTICATED),
        ({"iat": 60}, None),
        ({"iat": 61}, Code.NOT_AUTHENTICATED),
    ],
)
def test_times_have_a_minute_of_leeway(times: dict[str, int], code: Code | None) -> None:
    clock.set_source(lambda: 1_800_000_000 * SECOND)
    changes = {name: 1_800_000_000 + offset for name, offset in times.items()}
    token = by_secret(SETTINGS, **changes)
    found = outcome(verifier_for(), token)
    assert found is code if code else isinstance(found, VerifiedToken)


@pytest.mark.parametrize("value", [None, "2030-01-01", True, [], {}, 1e300, -(2**60), "1e99"])
def test_a_token_without_a_true_end_is_refused(value: object) -> None:
    claims = {"sub": "cleo"} if value is None else {"sub": "cleo", "exp": value}
    token = signed(OctKey.import_key(SETTINGS.jwt_key), "HS256", claims)
    assert outcome(verifier_for(), token) is Code.NOT_AUTHENTICATED


def test_a_fraction_of_a_second_is_a_time() -> None:
    assert told_by(by_secret(exp=now() / SECOND + 100.5)).id == "cleo"


def test_issuer_and_audience_count_when_they_are_set() -> None:
    limits = {"jwt_issuer": "https://idp", "jwt_audience": "support"}
    verifier = verifier_for(**limits)
    assert told_by(by_secret(iss="https://idp", aud="support"), verifier)
    assert told_by(by_secret(iss="https://idp", aud=["other", "support"]), verifier)
    for wrong in ({}, {"iss": "https://idp"}, {"iss": "x", "aud": "support"}, {"aud": ["support"]}):
        assert outcome(verifier, by_secret(**wrong)) is Code.NOT_AUTHENTICATED
    assert told_by(by_secret(iss="anybody", aud=7)).id == "cleo"


@pytest.mark.parametrize(
    "sub", [None, "", " ", "\u200b", 7, True, ["a"], "a" * 256, "a\0", "a\nb", "\x7f", "\u2028a"]
)
def test_an_id_that_is_none_is_refused(sub: object) -> None:
    assert outcome(verifier_for(), by_secret(sub=sub)) is Code.NOT_AUTHENTICATED


@pytest.mark.parametrize("sub", ["a", "a" * 255, "auth0|1", "https://idp/user/1", "é 猫"])
def test_any_visible_text_is_an_id(sub: str) -> None:
    assert told_by(by_secret(sub=sub)).id == sub


@pytest.mark.parametrize(
    ("name", "email", "told"),
    [
        (7, ["a@b"], (None, None)),
        (" ", "\t", (None, None)),
        ("A\nB\0", "a\0@b", ("A B", None)),
        ("n" * 300, "e" * 321, ("n" * 255, None)),
        (" Ada ", " ada@example.com ", ("Ada", "ada@example.com")),
    ],
)
def test_a_wrong_name_or_address_is_no_reason_to_refuse(
    name: object, email: object, told: tuple[str | None, str | None]
) -> None:
    found = told_by(by_secret(name=name, email=email))
    assert (found.name, found.email) == told


@pytest.mark.parametrize(
    ("role", "is_admin"),
    [
        *(("admin", True), (["user", "admin"], True), ("Admin", False), ("administrator", False)),
        *(([], False), ({"admin": True}, False), (True, False), (None, False), (["x"], False)),
    ],
)
def test_only_the_word_admin_makes_an_admin(role: object, is_admin: bool) -> None:
    assert (told_by(by_secret(role=role)).role is Role.ADMIN) is is_admin


def test_claim_names_can_be_those_of_the_host() -> None:
    verifier = verifier_for(claim_id="uid", claim_role="groups", claim_name="n", claim_email="m")
    found = told_by(by_secret(uid="9", groups=["admin"], n="Max", m="m@x", role="user"), verifier)
    assert (found.id, found.name, found.email, found.role) == ("9", "Max", "m@x", Role.ADMIN)


def test_a_verified_token_is_remembered_until_it_ends() -> None:
    moment = 1_800_000_000 * SECOND
    clock.set_source(lambda: moment)
    verifier = verifier_for()
    token = by_secret(exp=1_800_000_000 + 60)
    first = verifier.verify(token)
    assert verifier.verify(token) is first
    moment += 2 * MINUTE
    assert outcome(verifier, token) is Code.TOKEN_EXPIRED
    assert outcome(verifier, token) is Code.TOKEN_EXPIRED


def test_the_memory_of_tokens_is_bounded_and_drops_the_one_unused_longest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jwt, "CACHE_SIZE", 3)
    verifier = verifier_for()
    tokens = [by_secret(sub=f"user-{n}") for n in range(4)]
    first, second = verifier.verify(tokens[0]), verifier.verify(tokens[1])
    verifier.verify(tokens[2])
    assert verifier.verify(tokens[0]) is first
    verifier.verify(tokens[3])
    assert verifier.verify(tokens[0]) is first
    assert verifier.verify(tokens[1]) is not second


def test_a_remembered_token_costs_next_to_nothing() -> None:
    verifier = verifier_for()
    token = by_secret(name="Cleo", email="cleo@example.org")
    verifier.verify(token)
    best = min(timeit.repeat(lambda: verifier.verify(token), number=2_000, repeat=7)) / 2_000
    assert best < 10e-6  # 1 µs on a quiet machine


JUNK = st.text(st.characters()) | st.builds(".".join, st.lists(st.text(), min_size=3, max_size=3))
JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["sub", "exp", "nbf", "iat", "iss", "aud", "name", "email", "role"])


@given(JUNK)
def test_junk_is_never_anything_but_a_problem(token: str) -> None:
    assert outcome(verifier_for(), token) is Code.NOT_AUTHENTICATED


@given(JSONISH, JSONISH, st.binary(max_size=64))
def test_junk_in_the_form_of_a_token_is_never_anything_but_a_problem(
    header: object, claims: object, signature: bytes
) -> None:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    token = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    assert outcome(verifier_for(), token) is Code.NOT_AUTHENTICATED


@given(st.dictionaries(NAMES, JSONISH) | JSONISH)
def test_well_signed_claims_of_any_shape_are_a_caller_or_a_problem(claims: object) -> None:
    found = outcome(verifier_for(), signed(OctKey.import_key(SETTINGS.jwt_key), "HS256", claims))
    if isinstance(found, VerifiedToken):
        assert 1 <= len(found.id) <= 255


def test_a_payload_that_is_nested_too_deep_is_refused() -> None:
    key = OctKey.import_key(SETTINGS.jwt_key)
    deep = jws.serialize_compact({"alg": "HS256"}, b"[" * 60_000, key)
    assert outcome(verifier_for(), deep) is Code.NOT_AUTHENTICATED


def test_keys_that_cannot_be_used_are_settings_errors(tmp_path: Path) -> None:
    rsa, ec = pem_file(tmp_path, "rsa", RSA), pem_file(tmp_path, "ec", EC)
    (tmp_path / "junk.pem").write_text("-----BEGIN PUBLIC KEY-----\njunk\n-----END PUBLIC KEY-----")
    (tmp_path / "text.pem").write_text("no key at all")
    with pytest.warns(SecurityWarning):
        small = RSAKey.generate_key(1024)
    wrong = {
        "cannot read": [str(tmp_path / "absent.pem")],
        "no PEM": [str(tmp_path / "text.pem")],
        "holds no RSA": [str(tmp_path / "junk.pem")],
        "private key": [pem_file(tmp_path, "private", RSA, private=True)],
        "2048": [pem_file(tmp_path, "small", small)],
        "curve": [pem_file(tmp_path, "p384", ECKey.generate_key("P-384"))],
        "kid=path": [rsa, "ec=" + ec],
        "same kid": ["a=" + rsa, "a=" + ec],
    }
    for message, keys in wrong.items():
        with pytest.raises(SettingsError, match=message):
            verifier_for(*keys)


def test_without_any_secret_nothing_is_signed_or_checked() -> None:
    with pytest.raises(SettingsError, match="SECRET"):
        Verifier.from_settings(Settings())
    with pytest.raises(SettingsError, match="SECRET"):
        issue_token(Settings(), user_id="a", name=None, email=None, role=Role.USER, ttl_seconds=1)
