"""The service as it runs: uvicorn on a free loopback port, in a thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import sleep

import uvicorn
from pydantic import SecretStr

from api.app import create_app
from api.services import Services, open_services
from api.settings import Settings


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The base URL of a running service with a store of its own; it stops at the end."""
    with serving_services(settings) as (url, _):
        yield url


@contextmanager
def serving_services(settings: Settings) -> Iterator[tuple[str, Services]]:
    """The base URL of a running service, and what it runs on."""
    with TemporaryDirectory() as folder, open_services(_with_store(settings, folder)) as services:
        config = uvicorn.Config(
            create_app(services), host="127.0.0.1", port=0, log_config=None, access_log=False, lifespan="off"
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run)
        thread.start()
        while not server.started:
            sleep(0.005)
        try:
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", services
        finally:
            server.should_exit = True
            thread.join()


def _with_store(settings: Settings, folder: str) -> Settings:
    if settings.database_url != Settings().database_url:
        return settings
    url = SecretStr(f"sqlite:///{Path(folder, 'depot.db')}")
    return settings.model_copy(update={"database_url": url})
