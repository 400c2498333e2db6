"""SQL about attachments alone."""

from typing import Final

import msgspec
from sqlalchemy import select

from ticketpen.attachments.tables import attachments
from ticketpen.database.statements import Query, param


class KeyRow(msgspec.Struct):
    """The place of a file in the store."""

    storage_key: str


FIND_BY_KEY: Final = Query(
    select(attachments.c.storage_key).where(
        attachments.c.storage_key == param(attachments.c.storage_key)
    ),
    KeyRow,
)
