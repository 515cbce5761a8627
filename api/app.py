"""The HTTP service: routes, keys and errors put together, with no state of its own at import."""

from fastapi import FastAPI

from api.auth import RequireKey
from api.errors import install_error_handlers
from api.idempotency import Idempotency
from api.openapi import describe, operation_id
from api.own_machine import OwnMachine
from api.request_log import RequestLog
from api.routes import checks, dashboard, health, jobs, plans, replans, sites, what_if
from api.services import Services
from api.version import VERSION

_ANSWER_MARGIN_S = 30.0


def create_app(services: Services) -> FastAPI:
    """The application on these services. Without any key it answers its own machine only."""
    app = FastAPI(
        title="Depot charging planner",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
    )
    app.state.services = services
    stale_s = services.settings.sync_limit_s + _ANSWER_MARGIN_S
    # the last one added is the outermost
    app.add_middleware(Idempotency, store=services.store, stale_s=stale_s)
    app.add_middleware(RequireKey, keys=services.keys, rate=services.rate)
    app.add_middleware(OwnMachine, keys=services.keys)
    app.add_middleware(RequestLog, metrics=services.metrics)
    install_error_handlers(app)
    for module in (dashboard, health, plans, what_if, checks, jobs, sites, replans):
        app.include_router(module.router)
    describe(app)
    return app
