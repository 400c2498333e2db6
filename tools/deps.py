"""Debian packages that tests and benchmarks need. Runs before there is any environment.

`python tools/deps.py [package…]`: as root it installs what is missing, else it says how."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Final

PROGRAMS: Final[Mapping[str, str]] = {
    "curl": "curl",
    "strace": "strace",
    "wrk": "wrk",
}
"""The programs needed, each with its package: curl and strace by tests, wrk by benches."""


def require(program: str, package: str) -> str:
    """The path of the program. Raises RuntimeError with the one line that installs it."""
    path = shutil.which(program)
    if path is None:
        raise RuntimeError(f"{program} is missing; run: {install_line([package])}")
    return path


def install_line(packages: Sequence[str]) -> str:
    """What a person runs to install them."""
    return f"sudo apt-get install -y {' '.join(packages)}"


def missing(packages: Sequence[str]) -> list[str]:
    """Those that are not installed, in order."""
    provided = {package: program for program, package in PROGRAMS.items()}
    return [
        package
        for package in packages
        if not (package in provided and shutil.which(provided[package]))
        and not _is_installed(package)
    ]


def _is_installed(package: str) -> bool:
    query = shutil.which("dpkg-query")
    if query is None:
        return False
    done = subprocess.run(  # noqa: S603
        [query, "-W", "-f", "${db:Status-Status}", package],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout == "installed"


def _install(packages: Sequence[str]) -> int:
    apt = require("apt-get", "apt")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in ([apt, "update"], [apt, "install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(command, env=environment, check=False)  # noqa: S603
        if done.returncode:
            sys.stderr.write(f"error: this failed: {' '.join(command)}\n")
            return 1
    return 0


def main(arguments: Sequence[str]) -> int:
    """Install the packages, by default all that are needed; 1 when they are still missing."""
    lacking = missing(arguments or list(PROGRAMS.values()))
    if not lacking:
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        return _install(lacking)
    sys.stderr.write(f"missing packages; run: {install_line(lacking)}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
