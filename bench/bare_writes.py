"""The yardstick's writes: the form parsed, the file made durable, the same batch, the answer."""

import asyncio
import hashlib
import os
import secrets
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from multipart import MultipartSegment, PushMultipartParser

from bench.engines import Engine
from bench.world import Person, named_person, picture_size
from ticketpen.clock import Moment, now, rfc3339
from ticketpen.ids import new_id
from ticketpen.search.tokens import words_of
from ticketpen.tickets import queries
from ticketpen.tickets.payloads import AttachmentPayload, MessagePayload, TicketPayload
from ticketpen.tickets.ticket import PRIORITIES, STATUSES, Priority, Sender, Status

Params = dict[str, object]

_encode: Final = msgspec.json.Encoder().encode
_OPENED: Final = '{"status":{"from":null,"to":"open"},"priority":{"from":null,"to":"normal"}}'
_NORMAL: Final = PRIORITIES.index(Priority.NORMAL)


class Form:
    """The texts by field, and the bytes of the one file, if there is one."""

    __slots__ = ("_name", "_parser", "file", "texts")

    def __init__(self, content_type: bytes) -> None:
        self.texts: dict[str, bytearray] = {}
        self.file: bytearray | None = None
        self._name = ""
        self._parser = PushMultipartParser(content_type.partition(b"boundary=")[2])

    def take(self, chunk: bytes) -> None:
        """The next bytes of the body."""
        for event in self._parser.parse(chunk):
            if isinstance(event, MultipartSegment):
                self._name = event.name
                if event.filename is None:
                    self.texts[event.name] = bytearray()
                else:
                    self.file = bytearray()
            elif event:
                if self._name == "files" and self.file is not None:
                    self.file += event
                else:
                    self.texts[self._name] += event


class _New(msgspec.Struct):
    """Whose message it is, where, when."""

    user: Person
    ticket_id: str
    message_id: str
    body: str
    moment: Moment


class BareWrites:
    """Create and reply, with or without a file."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    async def create(self, caller_id: str, form: Form) -> bytes:
        """Open a ticket."""
        subject, body = form.texts["subject"].decode(), form.texts["message"].decode()
        moment = now()
        new = _New(named_person(caller_id), new_id(moment), new_id(moment), body, moment)
        params = _ticket_params(new, subject)
        files = []
        if form.file is not None:
            files = [await self._keep(form.file, new, params)]
        row = await self._engine.write(queries.open_ticket(len(files)), params)
        user, at = new.user, rfc3339(moment)
        return _encode(
            TicketPayload(
                *(new.ticket_id, row[0], user.id, user.name, user.email, subject),
                *(Status.OPEN, Priority.NORMAL, 1, at, at, at),
                [_message(new, at, files)],
            )
        )

    async def reply(self, caller_id: str, ticket_id: str, form: Form) -> bytes:
        """Write to a ticket that is open or in progress."""
        # The same look at the ticket as ours: the batch needs the status it was decided on.
        rows = await self._engine.read(
            queries.FIND_OWNED_HEAD, {"ticket_id": ticket_id, "caller_id": caller_id}
        )
        status, moment = rows[0][1], now()
        body = form.texts["body"].decode()
        new = _New(named_person(caller_id), ticket_id, new_id(moment), body, moment)
        params: Params = {
            "ticket_id": ticket_id,
            "seen_status": status,
            "next_status": status,
            "files": 0,
            "user_spoke_last": 1,
            "needs_reply": int(STATUSES[status] in (Status.OPEN, Status.IN_PROGRESS)),
            "moment": moment,
            "words": " ".join(words_of(body)),
        }
        posted = f'{{"message":{{"from":null,"to":"{new.message_id}"}}}}'
        params |= _message_params(new) | _event_params(new, "message.posted", posted)
        await self._engine.write(queries.add_reply(0, 1), params)
        return _encode(_message(new, rfc3339(moment), []))

    async def _keep(self, data: bytearray, new: _New, params: Params) -> AttachmentPayload:
        file_id = new_id()
        key = f"{file_id[-2:]}/{file_id}.png"
        filename = f"{secrets.token_hex(4)}_screenshot.png"
        width, height = picture_size(data)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, partial(_write_durably, self._folder / key, data))
        params |= {
            "ticket_attachment_count": 1,
            "file0_id": file_id,
            "file0_message_id": new.message_id,
            "file0_ticket_id": new.ticket_id,
            "file0_place": 0,
            "file0_filename": filename,
            "file0_original_name": "screenshot.png",
            "file0_content_type": "image/png",
            "file0_size": len(data),
            "file0_width": width,
            "file0_height": height,
            "file0_sha256": hashlib.sha256(data).hexdigest(),
            "file0_storage_key": key,
            "file0_created_at": new.moment,
        }
        place = f"/api/v1/support/tickets/{new.ticket_id}/attachments/{new.message_id}/"
        return AttachmentPayload(
            *(filename, "screenshot.png", len(data), "image/png"),
            *(place + filename, None, width, height),
        )


def _ticket_params(new: _New, subject: str) -> Params:
    subject_words = words_of(subject)
    return {
        "ticket_id": new.ticket_id,
        "ticket_user_id": new.user.id,
        "ticket_subject": subject,
        "ticket_subject_words": f" {' '.join(subject_words)}",
        "ticket_status": 0,
        "ticket_priority": _NORMAL,
        "ticket_message_count": 1,
        "ticket_messages_written": 1,
        "ticket_attachment_count": 0,
        "ticket_user_spoke_last": 1,
        "ticket_needs_reply": 1,
        "ticket_user_version": 1,
        "ticket_admin_version": 1,
        "ticket_last_message_at": new.moment,
        "ticket_created_at": new.moment,
        "ticket_updated_at": new.moment,
        "words": " ".join(dict.fromkeys([*subject_words, *words_of(new.body)])),
        **_message_params(new),
        **_event_params(new, "ticket.opened", _OPENED),
    }


def _message_params(new: _New) -> Params:
    return {
        "message_id": new.message_id,
        "message_ticket_id": new.ticket_id,
        "message_sender_id": new.user.id,
        "message_sender_type": "user",
        "message_body": new.body,
        "message_created_at": new.moment,
    }


def _event_params(new: _New, kind: str, changes: str) -> Params:
    return {
        "event0_id": new_id(new.moment),
        "event0_type": kind,
        "event0_ticket_id": new.ticket_id,
        "event0_actor_id": new.user.id,
        "event0_actor_type": "user",
        "event0_created_at": new.moment,
        "event0_changes": changes,
    }


def _message(new: _New, at: str, files: list[AttachmentPayload]) -> MessagePayload:
    user = new.user
    return MessagePayload(
        *(new.message_id, new.ticket_id, user.id, Sender.USER, user.name, user.email),
        *(new.body, files, at),
    )


def _write_durably(path: Path, data: bytearray) -> None:
    """File synced, renamed, folder synced: the same order as ours."""
    folder = path.parent
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        _sync_folder(folder.parent)
    fresh = f"{path}.part"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.rename(fresh, path)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
