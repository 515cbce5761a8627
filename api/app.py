"""The HTTP service: routes, keys and errors put together, with no state of its own at import."""

from fastapi import FastAPI

from api.auth import RequireKey
from api.errors import install_error_handlers
from api.openapi import describe
from api.routes import health, plans, what_if
from api.settings import Settings
from api.version import VERSION


def create_app(settings: Settings) -> FastAPI:
    """The application with these settings. Without keys it answers its own machine only."""
    app = FastAPI(title="Depot charging planner", version=VERSION, docs_url=None, redoc_url=None)
    app.add_middleware(RequireKey, keys=settings.api_keys)
    install_error_handlers(app)
    app.include_router(health.router)
    app.include_router(plans.router)
    app.include_router(what_if.router)
    describe(app)
    return app
