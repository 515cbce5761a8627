"""Runs a simulator: for the command line, and in a thread for tests and notebooks."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

LOOPBACK = "127.0.0.1"


class _CuttableConnection(H11Protocol):
    """Hands the connection to the application, so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "connection": transport}


def run(app: FastAPI, host: str, port: int) -> None:
    """Serve until interrupted."""
    uvicorn.Server(_config(app, host, port)).run()


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The base URL of an application on a free port of the loopback, as long as the context lasts."""
    server = uvicorn.Server(_config(app, LOOPBACK, 0, log_level="critical"))
    thread = Thread(target=server.run, name=app.title, daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield f"http://{LOOPBACK}:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def _config(app: FastAPI, host: str, port: int, log_level: str = "info") -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=_CuttableConnection,
        log_level=log_level,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )


def _wait_until_started(server: uvicorn.Server, thread: Thread) -> None:
    while not server.started:
        if not thread.is_alive():
            raise OSError("the simulator did not start")
        time.sleep(0.005)
