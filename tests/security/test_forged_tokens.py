"""Forged tokens: another algorithm than the key's, none, a key of the token's own, a role."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from tests.cast import ADA, CLEO
from tests.client import Api, running
from tests.tickets.make import ADMIN_TICKETS, TICKETS, refusal
from ticketpen.settings import Settings

CLAIMS = {"sub": "ada", "role": "admin", "exp": 4_000_000_000}


def raw(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None) -> str:
    """A token put together by hand, so that no library refuses to make it."""
    parts = [_text(json.dumps(part).encode()) for part in (header, claims)]
    signature = b"" if secret is None else hmac.digest(secret, ".".join(parts).encode(), "sha256")
    return ".".join([*parts, _text(signature)])


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


async def is_refused(api: Api, token: str) -> bool:
    for path in (TICKETS, ADMIN_TICKETS):
        assert refusal(await api.with_token(token).get(path)) == (401, "not_authenticated"), token
    return True


@pytest.fixture
def public_keys(settings: Settings, tmp_path: Path) -> tuple[Settings, dict[str, bytes]]:
    """An app that knows public keys of a host, and those keys as everybody can read them."""
    keys: dict[str, RSAKey | ECKey | OKPKey] = {
        "rsa": RSAKey.generate_key(2048, private=True),
        "ec": ECKey.generate_key("P-256", private=True),
        "ed": OKPKey.generate_key("Ed25519", private=True),
    }
    pems = {}
    for kid, key in keys.items():
        pems[kid] = key.as_pem(private=False)
        (tmp_path / f"{kid}.pem").write_bytes(pems[kid])
    listed = ",".join(f"{kid}={tmp_path / kid}.pem" for kid in keys)
    return msgspec.structs.replace(settings, jwt_public_keys=listed), pems


async def test_algorithm_confusion_a_public_key_never_serves_as_a_shared_secret(
    public_keys: tuple[Settings, dict[str, bytes]],
) -> None:
    settings, pems = public_keys
    async with running(settings) as api:
        assert (await api.as_(ADA).get(ADMIN_TICKETS)).status_code == 200
        for kid, pem in pems.items():
            for secret in (pem, pem.strip(), pem.replace(b"\n", b"\r\n"), b"".join(pem.split())):
                for header in ({"alg": "HS256", "kid": kid}, {"alg": "HS256"}):
                    assert await is_refused(api, raw(header, CLAIMS, secret))
            for algorithm in ("RS256", "ES256", "EdDSA", "HS384", "HS512", "PS256"):
                assert await is_refused(api, raw({"alg": algorithm, "kid": kid}, CLAIMS, pem))


async def test_algorithm_confusion_the_secret_signs_with_hs256_alone(
    api: Api, settings: Settings
) -> None:
    key = settings.jwt_key
    assert (await api.with_token(raw({"alg": "HS256"}, CLAIMS, key)).get(TICKETS)).is_success
    for algorithm in ("HS384", "HS512", "hs256", "RS256", "", None, ["HS256"], 256):
        assert await is_refused(api, raw({"alg": algorithm}, CLAIMS, key))
    assert await is_refused(api, raw({}, CLAIMS, key))
    for algorithm in ("HS384", "HS512"):
        token = jwt.encode({"alg": algorithm}, CLAIMS, OctKey.import_key(key), [algorithm])
        assert await is_refused(api, token)


async def test_the_algorithm_none_is_no_signature(api: Api, settings: Settings) -> None:
    good = raw({"alg": "HS256"}, CLAIMS, settings.jwt_key)
    for algorithm in ("none", "None", "NONE", "nOnE", " none"):
        header = {"alg": algorithm, "typ": "JWT"}
        assert await is_refused(api, raw(header, CLAIMS, None))
        assert await is_refused(api, raw(header, CLAIMS, settings.jwt_key))
    head, body, signature = good.split(".")
    for stripped in (f"{head}.{body}.", f"{head}.{body}", f"{head}..{signature}", "..", "a.b.c"):
        assert await is_refused(api, stripped)


async def test_a_token_does_not_bring_its_own_key(api: Api, settings: Settings) -> None:
    mine = b"a secret that the attacker chose himself"
    jwk = {"kty": "oct", "k": _text(mine)}
    for extra in (
        {"jwk": jwk},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["MIIB"]},
        {"kid": "../../../../dev/null"},
        {"kid": "' UNION SELECT 'x"},
        {"crit": ["exp"]},
    ):
        assert await is_refused(api, raw({"alg": "HS256"} | extra, CLAIMS, mine))
    assert await is_refused(api, raw({"alg": "HS256"}, CLAIMS, b""))
    own = raw({"alg": "HS256", "crit": ["b64"], "b64": False}, CLAIMS, settings.jwt_key)
    assert await is_refused(api, own)


async def test_a_forged_role_has_no_signature(api: Api, settings: Settings) -> None:
    token = raw({"alg": "HS256"}, CLAIMS | {"sub": "cleo", "role": "user"}, settings.jwt_key)
    cleo = api.with_token(token)
    assert refusal(await cleo.get(ADMIN_TICKETS)) == (403, "admin_required")
    head, _, signature = token.split(".")
    forged = _text(json.dumps(CLAIMS | {"sub": "cleo", "role": "admin"}).encode())
    assert await is_refused(api, f"{head}.{forged}.{signature}")
    for other in (b"x" * 32, hashlib.sha256(b"secret").digest(), settings.key_for("session")):
        assert await is_refused(api, raw({"alg": "HS256"}, CLAIMS, other))


async def test_only_the_role_admin_makes_an_admin(api: Api) -> None:
    roles: list[Any] = ["Admin", "ADMIN", "administrator", "admin ", "user,admin", "root", 1, {}]
    for role in roles:
        answer = await api.as_(CLEO, role=role).get(ADMIN_TICKETS)
        assert refusal(answer) == (403, "admin_required"), role
    elsewhere: list[dict[str, Any]] = [
        {"roles": ["admin"], "role": None},
        {"is_admin": True},
        {"scope": "admin"},
        {"role": {"admin": True}},
        {"role": [["admin"]]},
        {"role": ["user"]},
    ]
    for claims in elsewhere:
        answer = await api.as_(CLEO, **claims).get(ADMIN_TICKETS)
        assert refusal(answer) == (403, "admin_required"), claims
    assert (await api.as_(CLEO, role=["user", "admin"]).get(ADMIN_TICKETS)).status_code == 200


async def test_a_role_is_not_taken_from_anything_but_the_proof(api: Api) -> None:
    headers = {"X-Role": "admin", "X-User": "ada", "X-Forwarded-User": "ada", "Role": "admin"}
    for path in (ADMIN_TICKETS, ADMIN_TICKETS + "?role=admin&user=ada"):
        answer = await api.as_(CLEO).get(path, headers=headers | {"Cookie": "role=admin"})
        assert refusal(answer) == (403, "admin_required")
        anonymous = await api.as_(None).get(path, headers=headers)
        assert refusal(anonymous) == (401, "not_authenticated")
