"""Whether the service is alive: open to everyone, and quick whatever else is going on."""

from fastapi import APIRouter

router = APIRouter(tags=["operations"])


@router.get("/healthz", summary="Is the service alive?")
async def healthz() -> dict[str, str]:
    """Answer at once."""
    return {"status": "ok"}
