"""Running the service: from its first request to the end of its last."""

from socket import socket
from threading import Thread

import uvicorn

from api.app import create_app
from api.services import Services, open_services
from api.settings import Settings

_CLOSE_MARGIN_S = 5


class DrainingServer(uvicorn.Server):
    """uvicorn's server, which on a signal also tells the services to stop.

    uvicorn then takes no new connection and waits for open requests; those that still run after
    `shutdown_s` are answered that the service stops, before uvicorn would cut them off.
    """

    def __init__(self, config: uvicorn.Config, services: Services) -> None:
        super().__init__(config)
        self._services = services

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Begin to end, on the loop: a lock taken in a signal's handler waits for ever if the next signal
        comes while it is held."""
        self._services.stopping.set()
        grace_s = self._services.settings.shutdown_s
        Thread(target=self._services.solver.close, args=(grace_s,), daemon=True).start()
        await super().shutdown(sockets)


def run_server(settings: Settings, host: str, port: int) -> None:
    """Serve until a signal comes. Raises BadSettingError, StoreUnavailableError."""
    with open_services(settings) as services:
        config = uvicorn.Config(
            create_app(services),
            host=host,
            port=port,
            server_header=False,
            access_log=False,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=round(settings.shutdown_s) + _CLOSE_MARGIN_S,
        )
        DrainingServer(config, services).run()
