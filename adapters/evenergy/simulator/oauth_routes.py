"""The simulated ev.energy's token endpoint: client credentials."""

import base64
import binascii
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from adapters.evenergy.simulator.world import Simulated

oauth_routes = APIRouter(prefix="/o")


@oauth_routes.post("/token/")
@oauth_routes.post("/token")
async def issue_token(request: Request, world: Simulated) -> JSONResponse:
    """A token for an application that names itself by HTTP Basic (RFC 6749, 4.4)."""
    form = parse_qs((await request.body()).decode("latin-1"))
    if form.get("grant_type") != ["client_credentials"]:
        return JSONResponse({"error": "unsupported_grant_type"}, 400)
    issued = world.tokens.issue(_basic(request))
    if issued is None:
        return JSONResponse({"error": "invalid_client"}, 401)
    answer = {"access_token": issued[0], "token_type": "Bearer", "expires_in": int(world.tokens.lifetime_s)}
    return JSONResponse(answer)


def _basic(request: Request) -> str:
    """`id:secret` of the Authorization header, empty where there is none."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        return base64.b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""
