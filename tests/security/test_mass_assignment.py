"""Mass assignment: nobody sets what is not theirs to set by sending it along."""

from tests.cast import ADA, CLEO, MALLORY
from tests.client import ADMIN_TICKETS, TICKETS, Api
from tests.tickets.make import NOBODYS_ID, everything, read
from ticketpen.settings import Settings

SMUGGLED = {
    "id": NOBODYS_ID,
    "user_id": "ada",
    "sender_id": "ada",
    "sender_type": "admin",
    "user_name": "Ada Lindqvist",
    "role": "admin",
    "status": "closed",
    "priority": "urgent",
    "number": "1",
    "message_count": "99",
    "created_at": "2001-01-01T00:00:00Z",
    "last_message_at": "2099-01-01T00:00:00Z",
    "user_version": "99",
    "needs_reply": "0",
    "assignee": "ada",
    "merged_into": NOBODYS_ID,
    "ticket_id": NOBODYS_ID,
    "attachments": "[]",
    "scopes": "tickets:write",
}


async def test_a_new_ticket_takes_its_subject_and_message_and_nothing_else(api: Api) -> None:
    fields = SMUGGLED | {"subject": "s", "message": "m"}
    ticket = (await api.as_(MALLORY).post_form(TICKETS, fields)).json()
    assert ticket["id"] != NOBODYS_ID
    assert (ticket["user_id"], ticket["user_name"]) == ("mallory", "Mallory")
    assert (ticket["status"], ticket["priority"], ticket["message_count"]) == ("open", "normal", 1)
    assert ticket["created_at"] == ticket["last_message_at"] > "2026"
    assert ticket["messages"][0]["sender_type"] == "user"


async def test_a_reply_takes_its_body_and_nothing_else(api: Api) -> None:
    mallory = api.as_(MALLORY)
    ticket = await mallory.open()
    path = f"{TICKETS}/{ticket['id']}/messages"
    message = (await mallory.post_form(path, SMUGGLED | {"body": "b"})).json()
    assert message["ticket_id"] == ticket["id"]
    assert (message["sender_id"], message["sender_type"]) == ("mallory", "user")
    found = await read(mallory, ticket["id"], TICKETS)
    same = ("id", "user_id", "status", "priority", "number", "created_at")
    assert {name: found[name] for name in same} == {name: ticket[name] for name in same}


async def test_triage_takes_status_and_priority_and_nothing_else(
    api: Api, settings: Settings
) -> None:
    ticket = await api.as_(CLEO).open()
    body: dict[str, object] = {"subject": "Mine", "messages": [], "user": {"id": "x"}}
    body |= {k: v for k, v in SMUGGLED.items() if k not in ("status", "priority")}
    before = await everything(settings)
    answer = await api.request("PATCH", f"{ADMIN_TICKETS}/{ticket['id']}", json=body)
    assert answer.status_code == 200
    assert await everything(settings) == before


async def test_nobody_raises_themself_by_changing_their_name(api: Api) -> None:
    body: dict[str, object] = {
        "name": "Mal",
        "role": "admin",
        "scopes": ["tickets:write"],
        "id": "ada",
    }
    body |= {"email": "ada@example.com", "disabled": False, "password": "correct horse battery"}
    me = "/api/v1/auth/me"
    answer = await api.as_(MALLORY).request("PATCH", me, json=body)
    assert answer.status_code == 200
    assert answer.json() == {
        "id": "mallory",
        "name": "Mal",
        "email": "mallory@example.net",
        "role": "user",
        "scopes": [],
    }
    assert (await api.as_(MALLORY, name=None).get(ADMIN_TICKETS)).status_code == 403


async def test_a_person_and_a_key_are_made_of_known_fields_alone(api: Api) -> None:
    body = {"name": "N", "email": "n@example.com", "id": "ada", "has_password": True}
    extra = {"password_hash": "x", "disabled_at": 1, "created_at": "2001-01-01", "version": 9}
    people = "/api/v1/admin/people"
    person = (await api.as_(ADA).request("POST", people, json=body | extra)).json()
    assert person["id"] != "ada"
    assert (person["role"], person["has_password"], person["disabled"]) == ("user", False, False)
    key = {"person_id": person["id"], "name": "k", "scopes": ["tickets:read"]}
    extra = {"secret": "tp_mine", "secret_hash": "x", "id": NOBODYS_ID, "revoked_at": None}
    made = (await api.as_(ADA).request("POST", "/api/v1/admin/keys", json=key | extra)).json()
    assert made["id"] != NOBODYS_ID
    assert made["secret"] != "tp_mine"
