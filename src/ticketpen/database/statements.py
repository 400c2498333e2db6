"""Statements: written once in SQLAlchemy Core, compiled once per dialect to the bare driver's SQL.

A `Query` reads rows into Structs. A `Batch` is a set of writes that succeed together: on PostgreSQL
one statement with a CTE for each write, on SQLite one body of a group commit."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

import msgspec
from sqlalchemy import (
    Column,
    Delete,
    Insert,
    MetaData,
    Select,
    Table,
    Text,
    TextClause,
    Update,
    bindparam,
    exists,
    insert,
    literal_column,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects.postgresql import TEXT as PG_TEXT
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.expression import ClauseElement, Executable

metadata: Final = MetaData()
"""All tables of all features; each feature's `tables.py` adds its own."""

# Bytewise order on both databases: PostgreSQL would otherwise sort by the cluster's language.
PlainText: Final = Text().with_variant(PG_TEXT(collation="C"), "postgresql")
Params = Mapping[str, object]
Row = TypeVar("Row", bound=msgspec.Struct)

_SQLITE: Final = SQLiteDialect_pysqlite(paramstyle="named")
_POSTGRES: Final[Any] = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
_NUMBERED: Final = re.compile(r"\$(\d+)")


class Sql(msgspec.Struct, frozen=True):
    """One statement as a bare driver takes it: text, parameter names in order, constants."""

    text: str
    order: tuple[str, ...]
    constants: dict[str, object]

    def named(self, params: Params) -> Params:
        """Parameters for sqlite3."""
        return {**self.constants, **params} if self.constants else params

    def numbered(self, params: Params) -> list[object]:
        """Parameters for asyncpg. Raises KeyError when one is missing."""
        constants = self.constants
        if constants:
            return [params[n] if n in params else constants[n] for n in self.order]
        return [params[n] for n in self.order]


def compile_sqlite(statement: ClauseElement) -> Sql:
    """The statement for `sqlite3`, with `:name` parameters."""
    return _compile(statement, _SQLITE)


def compile_postgres(statement: ClauseElement) -> Sql:
    """The statement for `asyncpg`, with `$1` parameters."""
    return _compile(statement, _POSTGRES)


def _compile(statement: ClauseElement, dialect: Any) -> Sql:
    compiled: Any = statement.compile(dialect=dialect)
    names = compiled.positiontup if compiled.positional else list(compiled.params)
    constants = {
        name: value for name, value in compiled.params.items() if not compiled.binds[name].required
    }
    return Sql(str(compiled), tuple(names or ()), constants)


class Query(Generic[Row]):
    """A read. Columns stand in the order of the Struct's fields.

    `long` marks what may take more than a millisecond: SQLite then reads in a thread.
    `postgres` is for the rare statement that differs there."""

    def __init__(
        self,
        statement: Executable,
        into: type[Row],
        *,
        long: bool = False,
        postgres: Executable | None = None,
    ) -> None:
        self.statement = statement
        self.into = into
        self.long = long
        self._on_postgres = statement if postgres is None else postgres
        columns = getattr(statement, "selected_columns", None)
        if columns is not None:
            names = tuple(column.name for column in columns)
            if names != into.__struct_fields__:
                raise TypeError(f"columns {names} are not the fields of {into.__name__}")

    @cached_property
    def sqlite(self) -> Sql:
        """Compiled for SQLite."""
        return compile_sqlite(self.statement)  # type: ignore[arg-type]

    @cached_property
    def postgres(self) -> Sql:
        """Compiled for PostgreSQL."""
        return compile_postgres(self._on_postgres)  # type: ignore[arg-type]


class NewRows:
    """An INSERT of one row for each prefix: every column from the parameter prefix + its name.

    Several rows of one table stand in one INSERT, since PostgreSQL runs the members of a batch in
    no order, and rows that are numbered must be numbered in theirs."""

    def __init__(
        self, into: Table, columns: Sequence[str], prefixes: Sequence[str] = ("",)
    ) -> None:
        self._table = into
        self._columns = list(columns)
        self._prefixes = prefixes

    def plain(self) -> Insert:
        """INSERT … VALUES, or SELECTs for several rows."""
        if len(self._prefixes) == 1:
            values = dict(zip(self._columns, self._params(self._prefixes[0]), strict=True))
            return insert(self._table).values(values)
        return self._from(*(select(*self._params(prefix)) for prefix in self._prefixes))

    def when(self, guard: str) -> Insert:
        """INSERT … SELECT … FROM the guard: nothing when the guard found no row."""
        found = table(guard)
        return self._from(
            *(select(*self._params(prefix)).select_from(found) for prefix in self._prefixes)
        )

    def _from(self, *rows: Select[Any]) -> Insert:
        source = rows[0] if len(rows) == 1 else union_all(*rows)
        return insert(self._table).from_select(self._columns, source)

    def _params(self, prefix: str) -> list[ColumnElement[Any]]:
        return [param(self._table.c[name], prefix + name) for name in self._columns]


class PerDialect:
    """A write that is written differently for the two databases."""

    def __init__(self, sqlite: Sequence["Write"], postgres: Sequence["Write"]) -> None:
        self.sqlite = sqlite
        self.postgres = postgres


Write = NewRows | Insert | Update | Delete | PerDialect


class Batch(Generic[Row]):
    """Writes that succeed together. `head` has a RETURNING clause, whose row is the answer.

    When `guarded`, the rest happens only if the head touched a row: a compare-and-set. Members
    must not depend on each other's effects but through the head (PostgreSQL runs them all on one
    snapshot), and inserts stand in an order that foreign keys allow."""

    def __init__(
        self,
        head: Insert | Update | Delete | TextClause,
        *rest: Write,
        into: type[Row],
        guarded: bool = False,
    ) -> None:
        self.head = head
        self.rest = rest
        self.into = into
        self.guarded = guarded

    @cached_property
    def sqlite(self) -> tuple[Sql, tuple[Sql, ...]]:
        """The head, and the rest in order."""
        rest = [
            compile_sqlite(write.plain() if isinstance(write, NewRows) else write)
            for write in _flat(self.rest, "sqlite")
        ]
        return compile_sqlite(self.head), tuple(rest)

    @cached_property
    def postgres(self) -> Sql:
        """One statement: `WITH s0 AS (head), s1 AS (…) SELECT * FROM s0`."""
        members = [compile_postgres(self.head)]
        members += [
            compile_postgres(self._guard(write) if self.guarded else _plain(write))
            for write in _flat(self.rest, "postgres")
        ]
        if len(members) == 1:
            return members[0]
        order: list[str] = []
        constants: dict[str, object] = {}
        texts = []
        for place, member in enumerate(members):
            # Members compile alone, so their constants (`param_1`) would collide: rename them.
            names = [f"{n}@{place}" if n in member.constants else n for n in member.order]
            constants |= {f"{n}@{place}": v for n, v in member.constants.items()}
            texts.append(f"s{place} AS ({_renumbered(member.text, len(order))})")
            order += names
        whole = f"WITH {', '.join(texts)} SELECT * FROM s0"  # noqa: S608
        return Sql(whole, tuple(order), constants)

    @staticmethod
    def _guard(write: NewRows | Insert | Update | Delete) -> ClauseElement:
        if isinstance(write, NewRows):
            return write.when("s0")
        if isinstance(write, Insert):
            raise TypeError("a guarded batch inserts with NewRows")
        return write.where(exists(select(literal_column("1")).select_from(table("s0"))))


def _renumbered(text: str, by: int) -> str:
    return _NUMBERED.sub(lambda match: f"${int(match[1]) + by}", text)


def _plain(write: NewRows | Insert | Update | Delete) -> ClauseElement:
    return write.plain() if isinstance(write, NewRows) else write


def _flat(writes: Sequence[Write], dialect: str) -> list[NewRows | Insert | Update | Delete]:
    flat: list[NewRows | Insert | Update | Delete] = []
    for write in writes:
        if isinstance(write, PerDialect):
            flat += _flat(getattr(write, dialect), dialect)
        else:
            flat.append(write)
    return flat


def param(column: Column[Any], name: str | None = None) -> ColumnElement[Any]:
    """The required parameter for a column, by default under the column's own name."""
    return bindparam(name or column.name, type_=column.type, required=True)
