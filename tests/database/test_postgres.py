"""What only PostgreSQL meets: servers that change their part."""

import msgspec
import pytest
from sqlalchemy import Label, literal_column, select, update

from ticketpen.database.postgres import PostgresDatabase
from ticketpen.database.statements import Batch, Query
from ticketpen.errors import Code, Problem
from ticketpen.outbox.tables import idempotency_keys


class One(msgspec.Struct):
    one: int


_one: Label[int] = literal_column("1").label("one")
READ = Query(select(_one), One)
WRITE = Batch(update(idempotency_keys).values(claim="c").returning(_one), into=One)


async def demote(database: PostgresDatabase) -> None:
    """Its server takes no more writes on the connection at hand, as after a failover."""
    (connection,) = database._idle
    await connection.execute("SET default_transaction_read_only = on")


async def test_a_server_that_lost_its_part_is_unavailable_and_left_for_the_one_that_has_it(
    postgres_url: str,
) -> None:
    database = PostgresDatabase(postgres_url, 1)
    await database.open()

    await demote(database)
    assert await database.fetch_one(READ, {}) is not None
    with pytest.raises(Problem) as refused:
        await database.run(WRITE, {})
    assert refused.value.code is Code.UNAVAILABLE
    await database.run(WRITE, {})

    await demote(database)
    with pytest.raises(Problem) as refused_body:
        async with database.transaction() as tx:
            await tx.run(WRITE, {})
    assert refused_body.value.code is Code.UNAVAILABLE
    await database.run(WRITE, {})
    await database.close()
