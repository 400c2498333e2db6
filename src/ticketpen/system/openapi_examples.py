"""The examples of the API's description: one story, told in the shapes that are sent."""

from typing import Any, Final

import msgspec

from ticketpen.attachments.images import Kind
from ticketpen.identity.caller import Role, Scope
from ticketpen.identity.payloads import Key, KeyList, NewKey, Session, User
from ticketpen.people.payloads import PersonList, PersonView
from ticketpen.tickets.events import EventType
from ticketpen.tickets.payloads import (
    ActorPayload,
    AttachmentPayload,
    Counts,
    EventList,
    EventPayload,
    MessagePayload,
    TicketItem,
    TicketList,
    TicketPayload,
)
from ticketpen.tickets.ticket import Priority, Sender, Status

TICKET_ID: Final = "0197f3c2-5b1e-7c44-9a77-0c6f2e8d4b1a"
MESSAGE_ID: Final = "0197f3c2-5b1e-7d02-8c15-5b7a90e4f3d6"
ANSWER_ID: Final = "0197f3d0-11a7-7b3f-8f20-93c1d47e6a58"
EVENT_ID: Final = "0197f3c2-5b1e-7e60-b1f4-2a86c09d7e35"
KEY_ID: Final = "0197f3e4-7c20-7aa9-9d3b-68f15e02b7c4"
FILENAME: Final = "3fa9c1d2_api-key-error.png"
CURSOR: Final = "Nq3yR0bXw1mJc2VkZ5OqYWJjZGVmMDEyMzQ1Njc4"
REQUEST_ID: Final = "0197f3c2-5b1d-7f10-a2c8-4e9d3b607f21"
_OPENED_AT: Final = "2026-04-08T12:00:00.123456Z"
_ANSWERED_AT: Final = "2026-04-08T12:15:00.654321Z"

SUBJECT: Final = "Cannot create API key"
QUESTION: Final = "When I click Create, a 500 error appears. Screenshot attached."
REPLY: Final = "Which workspace is affected?"

_ATTACHMENT = AttachmentPayload(
    filename=FILENAME,
    original_name="API key error.png",
    size=48_213,
    content_type=Kind.PNG,
    url=f"/api/v1/support/tickets/{TICKET_ID}/attachments/{MESSAGE_ID}/{FILENAME}",
    thumbnail_url=None,
    width=1280,
    height=800,
)
_QUESTION = MessagePayload(
    id=MESSAGE_ID,
    ticket_id=TICKET_ID,
    sender_id="cleo",
    sender_type=Sender.USER,
    sender_name="Cleo Marchetti",
    sender_email="cleo@example.org",
    body=QUESTION,
    attachments=[_ATTACHMENT],
    created_at=_OPENED_AT,
)
_ANSWER = MessagePayload(
    id=ANSWER_ID,
    ticket_id=TICKET_ID,
    sender_id="ada",
    sender_type=Sender.ADMIN,
    sender_name="Ada Lindqvist",
    sender_email="ada@example.com",
    body=REPLY,
    attachments=[],
    created_at=_ANSWERED_AT,
)
_ITEM = TicketItem(
    id=TICKET_ID,
    number=1042,
    user_id="cleo",
    user_name="Cleo Marchetti",
    user_email="cleo@example.org",
    subject=SUBJECT,
    status=Status.IN_PROGRESS,
    priority=Priority.NORMAL,
    message_count=2,
    last_message_at=_ANSWERED_AT,
    created_at=_OPENED_AT,
    updated_at=_ANSWERED_AT,
)
_TICKET = TicketPayload(**msgspec.structs.asdict(_ITEM), messages=[_QUESTION, _ANSWER])
_OPENED = msgspec.structs.replace(
    _TICKET,
    status=Status.OPEN,
    message_count=1,
    last_message_at=_OPENED_AT,
    updated_at=_OPENED_AT,
    messages=[_QUESTION],
)
_LIST = TicketList(
    tickets=[_ITEM],
    total=1,
    page=1,
    page_size=20,
    next_cursor=None,
    counts=Counts(open=0, in_progress=1, resolved=0, closed=0),
)
_EVENTS = EventList(
    events=[
        EventPayload(
            id=EVENT_ID,
            type=EventType.STATUS_CHANGED,
            ticket_id=TICKET_ID,
            actor=ActorPayload("ada", Sender.ADMIN, "Ada Lindqvist"),
            created_at=_ANSWERED_AT,
            changes=msgspec.Raw(b'{"status":{"from":"open","to":"in_progress"}}'),
        )
    ],
    next_after=CURSOR,
)
_USER = User("ada", "Ada Lindqvist", "ada@example.com", Role.ADMIN, list(Scope))
_SESSION = Session("tps_…", "2026-07-07T12:00:00.000000Z", _USER)
_PERSON = PersonView(
    id="ada",
    name="Ada Lindqvist",
    email="ada@example.com",
    role=Role.ADMIN,
    scopes=None,
    disabled=False,
    has_password=True,
    created_at=_OPENED_AT,
    updated_at=_OPENED_AT,
)
_KEY = Key(
    id=KEY_ID,
    name="Nightly export",
    person_id="ada",
    scopes=[Scope.TICKETS_READ],
    hint="tp_Zq81x",
    created_at=_OPENED_AT,
    revoked_at=None,
)
_NEW_KEY = NewKey(**msgspec.structs.asdict(_KEY), secret="tp_Zq81x…")  # noqa: S106


def _plain(value: msgspec.Struct) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


OPENED: Final = _plain(_OPENED)
TICKET: Final = _plain(_TICKET)
TICKETS: Final = _plain(_LIST)
USER_MESSAGE: Final = _plain(_QUESTION)
ADMIN_MESSAGE: Final = _plain(_ANSWER)
EVENTS: Final = _plain(_EVENTS)
USER: Final = _plain(_USER)
SESSION: Final = _plain(_SESSION)
PERSON: Final = _plain(_PERSON)
PEOPLE: Final = _plain(PersonList([_PERSON], 1, 1, 20))
KEYS: Final = _plain(KeyList([_KEY]))
NEW_KEY: Final = _plain(_NEW_KEY)
