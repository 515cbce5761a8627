"""The service as it runs: uvicorn on a free loopback port, in a thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import sleep

import uvicorn

from api.app import create_app
from api.settings import Settings


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The base URL of a running service; it stops at the end."""
    config = uvicorn.Config(
        create_app(settings), host="127.0.0.1", port=0, log_level="critical", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
