"""Runs the app under uvicorn: one process, or several that share a port."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec
import structlog
import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.lifespan.on import LifespanOn
from uvicorn.server import HANDLED_SIGNALS
from uvicorn.supervisors import Multiprocess

from ticketpen.edge.asgi import App
from ticketpen.edge.connection import Connection
from ticketpen.edge.log import LogFormat, configure_logging
from ticketpen.settings import Settings, SettingsError

AppFactory = Callable[[], App]

_BACKLOG: Final = 2048
# How long workers may take to start before the log stops waiting for them.
_WORKERS_START: Final = 30.0
# The library's own name; it must be set before a worker imports it (see edge/metrics.py).
_METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_SETTINGS_ERROR: Final = f"{SettingsError.__module__}.{SettingsError.__name__}: "


class Place(msgspec.Struct, frozen=True):
    """Where and how to serve. Port 0 takes a free one."""

    host: str
    port: int
    workers: int = 1
    log_format: LogFormat = "json"


def run_server(
    settings: Settings, host: str, port: int, workers: int, log_format: LogFormat
) -> None:
    """Serve Ticketpen until SIGTERM or SIGINT; then finish what was asked, and return.

    Raises SettingsError, also for a port that is in use. SystemExit when the app cannot start:
    the log says why."""
    from ticketpen.app import create_app  # half of the start-up time: not for a wrong option

    run_app(partial(create_app, settings), settings, Place(host, port, workers, log_format))


def run_app(factory: AppFactory, settings: Settings, place: Place) -> None:
    """As `run_server`, for any app. With several workers each calls `factory`, which must be
    picklable."""
    if place.workers > 1 and not settings.is_postgres:
        raise SettingsError(
            "SQLite takes one process: leave --workers away, or set TICKETPEN_DATABASE_URL to a "
            "PostgreSQL database"
        )
    sockets = listen(place.host, place.port)
    config = ServerConfig(factory, settings, place)
    if place.workers == 1:
        Server(config).run(sockets)
        return
    with _shared_metrics(settings):
        Workers(config, sockets).run()


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets on every address of `host`, all on one port. Raises SettingsError."""
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            taken = sockets[0].getsockname()[1] if sockets else port
            sockets.append(_listen(family, kind, protocol, (address[0], taken, *address[2:])))
    except OSError as error:
        for opened in sockets:
            opened.close()
        reason = (error.strerror or str(error)).lower()
        raise SettingsError(f"cannot listen on {host} port {port}: {reason}") from None
    return sockets


def _listen(family: int, kind: int, protocol: int, address: tuple[Any, ...]) -> socket.socket:
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # `::` means every address there is; any other means itself.
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(address[0] != "::"))
        opened.bind(address)
        opened.listen(_BACKLOG)
        opened.set_inheritable(True)
    except OSError:
        opened.close()
        raise
    return opened


def address_of(opened: socket.socket) -> str:
    """`http://127.0.0.1:8000`, `http://[::1]:8000`."""
    host, port = opened.getsockname()[:2]
    return (
        f"http://[{host}]:{port}" if opened.family == socket.AF_INET6 else f"http://{host}:{port}"
    )


class ServerConfig(uvicorn.Config):
    """uvicorn's configuration, and what our connections read besides."""

    def __init__(self, factory: AppFactory, settings: Settings, place: Place) -> None:
        self.settings = settings
        self.is_going = False
        self._log_format = place.log_format
        super().__init__(
            factory,
            factory=True,
            host=place.host,
            port=place.port,
            workers=place.workers,
            http=Connection,
            ws="none",
            loop="uvloop",
            lifespan="on",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=_BACKLOG,
            timeout_graceful_shutdown=settings.shutdown_timeout,
        )

    def configure_logging(self) -> None:
        """In this process, and again in every worker."""
        configure_logging(self._log_format)

    def load(self) -> None:
        """Make the app."""
        super().load()
        self.lifespan_class = _Lifespan


class _Lifespan(LifespanOn):
    """Says a wrong setting in one line; only what nobody expected needs a trace."""

    async def send(self, message: MutableMapping[str, Any]) -> None:  # type: ignore[override]
        for line in str(message.get("message", "")).splitlines():
            if line.startswith(_SETTINGS_ERROR):
                message = {**message, "message": line.removeprefix(_SETTINGS_ERROR)}
        await super().send(message)  # type: ignore[arg-type]


class Server(uvicorn.Server):
    """One process: says when it listens, and ends quietly."""

    config: ServerConfig

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the app, then take connections."""
        await super().startup(sockets)
        _log_listening(sockets or [])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what was asked."""
        self.config.is_going = True
        waiting = [opened.dup() for opened in sockets or []]
        for server in self.servers:
            server.close()
        for opened in waiting:
            await self._let_in_the_last(opened)
        await super().shutdown(sockets)
        structlog.get_logger("ticketpen").info("stopped")

    async def _let_in_the_last(self, listening: socket.socket) -> None:
        """Clients in the kernel's queue believe that they are connected, and have asked already:
        closing the door on them would be a reset for each."""
        arrived: list[socket.socket] = []
        with listening, suppress(OSError):  # of which the usual one says: nobody is left
            listening.setblocking(False)
            while len(arrived) < _BACKLOG:
                arrived.append(listening.accept()[0])
        for client in arrived:
            await asyncio.get_running_loop().connect_accepted_socket(self._connect, client)

    def _connect(self) -> Connection:
        return Connection(self.config, self.server_state, self.lifespan.state)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn would raise the signal again at the end, and the process would die of it: a
        stop that was asked for ends with 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {sig: signal.signal(sig, self.handle_exit) for sig in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for sig, action in before.items():
                signal.signal(sig, action)


class Workers(Multiprocess):
    """Several processes under uvicorn's supervisor."""

    def init_processes(self) -> None:
        """Start the workers, and say when they listen."""
        super().init_processes()
        if all(worker.wait_until_ready(_WORKERS_START) for worker in self.processes):
            _log_listening(self.sockets)

    def run(self) -> None:
        """Until a signal; then every worker finishes what it was asked.

        SystemExit when one could not start."""
        super().run()
        if any(worker.exitcode == STARTUP_FAILURE for worker in self.processes):
            raise SystemExit(STARTUP_FAILURE)
        structlog.get_logger("ticketpen").info("stopped")


def _log_listening(sockets: list[socket.socket]) -> None:
    addresses = ", ".join(address_of(opened) for opened in sockets)
    structlog.get_logger("ticketpen").info("listening", address=addresses)


@contextmanager
def _metrics_folder() -> Iterator[None]:
    with TemporaryDirectory(prefix="ticketpen-metrics-") as folder:
        os.environ[_METRICS_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[_METRICS_FOLDER]


def _shared_metrics(settings: Settings) -> AbstractContextManager[None]:
    """A folder where workers add up their counts, when metrics are on."""
    return _metrics_folder() if settings.metrics_token else nullcontext()
