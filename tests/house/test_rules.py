"""The rules of the house that no linter knows (docs/building/house.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent.parent
PACKAGE: Final = ROOT / "src" / "ticketpen"
SOURCES: Final = sorted(
    path for folder in ("src", "tests", "bench", "tools") for path in (ROOT / folder).rglob("*.py")
)
ATTICS: Final = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "core",
    "base",
    "manager",
    "service",
    "handler",
    "processor",
    "misc",
    "lib",
}
# Only these say what one database understands and the other does not.
KNOW_DIALECTS: Final = ("database/", "search/", "outbox/", "cli/doctor.py")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_file_has_at_most_400_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_function_has_at_most_60_lines(path: Path) -> None:
    long = [
        f"{function.name} has {function.end_lineno - function.lineno + 1}"
        for function in _functions(path)
        if function.end_lineno is not None and function.end_lineno - function.lineno >= 60
    ]
    assert long == []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=_name)
def test_a_public_module_class_and_function_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    silent = [] if ast.get_docstring(tree) else ["the module"]
    silent += [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not (node.name.startswith("_") or ast.get_docstring(node))
    ]
    assert silent == []


def test_no_room_is_an_attic() -> None:
    rooms = {part for path in PACKAGE.rglob("*.py") for part in path.relative_to(PACKAGE).parts}
    assert {room.removesuffix(".py") for room in rooms} & ATTICS == set()


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=_name)
def test_only_the_clock_asks_for_the_time(path: Path) -> None:
    if path.name == "clock.py":
        return
    asked = re.findall(r"\b(?:time\.time(?:_ns)?|datetime\.(?:now|utcnow))\(", path.read_text())
    assert asked == []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=_name)
def test_only_the_seam_knows_the_dialects(path: Path) -> None:
    if str(path.relative_to(PACKAGE)).startswith(KNOW_DIALECTS):
        return
    words = re.findall(
        r"\b(?:PRAGMA|sqlite_master|pg_catalog|fts5|tsvector|NOTIFY|SKIP LOCKED)\b",
        path.read_text(),
    )
    assert words == []


def test_nothing_is_left_to_do_or_skipped() -> None:
    marks = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|NotImplemented" + r"Error)\b|pytest\.skip")
    left = [_name(path) for path in SOURCES if marks.search(path.read_text("utf-8"))]
    assert left in ([], ["tests/house/test_rules.py"])
