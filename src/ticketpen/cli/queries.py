"""What `doctor` asks the database itself."""

from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    cast,
    extract,
    func,
    literal_column,
    select,
)

from ticketpen.database.statements import Query


class ServerTime(msgspec.Struct, frozen=True):
    """What the database takes for the present moment."""

    moment: int


_EPOCH_AS_JULIAN_DAY: Final[ColumnElement[Any]] = literal_column("2440587.5")
_SECOND: Final[ColumnElement[Any]] = literal_column("1000000")

TELL_TIME: Final = Query(
    select(
        cast(
            (func.julianday("now") - _EPOCH_AS_JULIAN_DAY) * literal_column("86400") * _SECOND,
            BigInteger,
        ).label("moment")
    ),
    ServerTime,
    postgres=select(
        cast(cast(extract("epoch", func.now()), Double) * _SECOND, BigInteger).label("moment")
    ),
)
