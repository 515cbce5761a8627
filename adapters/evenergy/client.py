"""Every ev.energy endpoint that says what vehicles and charge points do, typed; its traps end here."""

from collections.abc import Iterator, Sequence
from typing import Self, TypeVar

import httpx
from pydantic import SecretStr, TypeAdapter

from adapters.answers import json_of, validated
from adapters.evenergy.payloads import (
    CommandLog,
    CpmsProvider,
    ErrorLog,
    Evse,
    EvseSite,
    LocationLog,
    Onboarding,
    ReconnectLink,
    StatusLog,
    Vehicle,
)
from adapters.evenergy.queries import DEFAULT_BASE_URL, LOGGED, SAMPLED, VENDOR, Onboardee, Page, Span
from adapters.exceptions import VendorAnswerError
from adapters.paging import pages
from adapters.paths import filled
from adapters.rate_limit import RollingLimit
from adapters.tokens import TokenSource
from adapters.transport import DEFAULT_TIMEOUT, Call, Retries, Transport

T = TypeVar("T")

_ALL = Page()
_EVER = Span()


class EvEnergyClient:
    """Calls ev.energy. Safe to share between threads; close it, or use it as a context.

    Lists are read page by page as they are asked for, and `expand` names references to be sent as objects.
    Every method raises a VendorError where the call does not end well, RateLimitedError where its share of
    the hour is used up for longer than `limit` is patient, and ValueError for an id that cannot be part of a
    path. A 404 says that a thing is absent or not ours; the vendor does not tell which.
    """

    def __init__(
        self,
        tokens: TokenSource,
        base_url: str = DEFAULT_BASE_URL,
        *,
        user_id: str | None = None,
        retries: Retries | None = None,
        timeout: httpx.Timeout = DEFAULT_TIMEOUT,
        limit: RollingLimit | None = None,
    ) -> None:
        """`user_id` is the user to act for, sent as the bare id; client credentials may need one."""
        self._transport = Transport(
            VENDOR, base_url, tokens, retries=retries, timeout=timeout, limit=limit or RollingLimit(VENDOR)
        )
        self._headers = {"EvEnergy-Version": "2"} | ({"EvEnergy-User": user_id} if user_id else {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def vehicles(self, page: Page = _ALL) -> Iterator[Vehicle]:
        """All vehicles; `expand`: user, trim, trim.model, trim.model.make, latest_status_log."""
        return self._list(Vehicle, "/vehicles", page)

    def vehicle(self, vehicle_id: str, expand: Sequence[str] = ()) -> Vehicle:
        """One vehicle; `expand` as for all."""
        return self._one(Vehicle, filled("/vehicles/{vehicle_id}", vehicle_id=vehicle_id), expand)

    def status_logs(self, vehicle_id: str, span: Span = _EVER, page: Page = _ALL) -> Iterator[StatusLog]:
        """What a vehicle measured, newest first; `expand`: vehicle and what hangs on it, as for every log."""
        return self._logs(StatusLog, vehicle_id, "status_logs", span.params(SAMPLED), page)

    def location_logs(self, vehicle_id: str, span: Span = _EVER, page: Page = _ALL) -> Iterator[LocationLog]:
        """Whether a vehicle was at home, newest first."""
        return self._logs(LocationLog, vehicle_id, "location_logs", span.params(SAMPLED), page)

    def command_logs(self, vehicle_id: str, span: Span = _EVER, page: Page = _ALL) -> Iterator[CommandLog]:
        """What was sent to a vehicle, newest first. Needs the scope `debug:read`."""
        return self._logs(CommandLog, vehicle_id, "command_logs", span.params(LOGGED), page)

    def error_logs(self, vehicle_id: str, span: Span = _EVER, page: Page = _ALL) -> Iterator[ErrorLog]:
        """What went wrong between ev.energy and a vehicle, newest first."""
        return self._logs(ErrorLog, vehicle_id, "error_logs", span.params(LOGGED), page)

    def status_log(self, vehicle_id: str, sampled_at: str, expand: Sequence[str] = ()) -> StatusLog:
        """The status log of a timestamp, given as the very string that was received."""
        return self._log(StatusLog, vehicle_id, "status_logs", sampled_at, expand)

    def location_log(self, vehicle_id: str, sampled_at: str, expand: Sequence[str] = ()) -> LocationLog:
        """The location log of a timestamp."""
        return self._log(LocationLog, vehicle_id, "location_logs", sampled_at, expand)

    def command_log(self, vehicle_id: str, logged_at: str, expand: Sequence[str] = ()) -> CommandLog:
        """The command log of a timestamp."""
        return self._log(CommandLog, vehicle_id, "command_logs", logged_at, expand)

    def error_log(self, vehicle_id: str, logged_at: str, expand: Sequence[str] = ()) -> ErrorLog:
        """The error log of a timestamp."""
        return self._log(ErrorLog, vehicle_id, "error_logs", logged_at, expand)

    def evse_sites(self) -> Iterator[EvseSite]:
        """All sites. It documents no page parameters but sends a `Link`, which is followed."""
        return self._list(EvseSite, "/evse_sites", None)

    def evse_site(self, site_id: str) -> EvseSite:
        """One site."""
        return self._one(EvseSite, filled("/evse_sites/{site_id}", site_id=site_id))

    def cpms_providers(self) -> Iterator[CpmsProvider]:
        """The charge-point management systems that ev.energy connects to."""
        return self._list(CpmsProvider, "/cpms_providers", None)

    def cpms_provider(self, provider_id: str) -> CpmsProvider:
        """One charge-point management system, by its word."""
        return self._one(CpmsProvider, filled("/cpms_providers/{provider_id}", provider_id=provider_id))

    def evses(self, page: Page = _ALL) -> Iterator[Evse]:
        """All charge points; `expand`: user, model, model.make, latest_status_log, ct_clamp."""
        return self._list(Evse, "/evses", page)

    def onboarding_redirect(self, who: Onboardee) -> SecretStr:
        """Where the user's browser is to go to connect a vehicle."""
        call = Call("GET", "/vehicle_onboarding", who.params(), headers=self._headers, redirects=True)
        response = self._transport.send(call)
        if not response.has_redirect_location:
            raise VendorAnswerError(VENDOR, call.name, "answered without a redirect", response.status_code)
        return SecretStr(str(response.url.join(response.headers["location"])))

    def onboarding(self, who: Onboardee) -> Onboarding:
        """The same as an object; the vendor wants a make, a model or a trim for it."""
        params = [*who.params(), ("response_type", "json")]
        return self._answer(Onboarding, Call("GET", "/vehicle_onboarding", params, headers=self._headers))

    def reconnect(self, vehicle_id: str) -> ReconnectLink:
        """A new link to connect a vehicle again; each call makes another, which harms nothing."""
        path = filled("/vehicles/{vehicle_id}/reconnect", vehicle_id=vehicle_id)
        return self._answer(ReconnectLink, Call("POST", path, body={}, headers=self._headers))

    def _logs(
        self, shape: type[T], vehicle_id: str, kind: str, span: list[tuple[str, str]], page: Page
    ) -> Iterator[T]:
        path = filled(f"/vehicles/{{vehicle_id}}/{kind}", vehicle_id=vehicle_id)
        return self._list(shape, path, page, span)

    def _log(self, shape: type[T], vehicle_id: str, kind: str, key: str, expand: Sequence[str]) -> T:
        path = filled(f"/vehicles/{{vehicle_id}}/{kind}/{{key}}", vehicle_id=vehicle_id, key=key)
        return self._one(shape, path, expand)

    def _one(self, shape: type[T], path: str, expand: Sequence[str] = ()) -> T:
        params = [("expand", name) for name in expand]
        return self._answer(shape, Call("GET", path, params, headers=self._headers))

    def _answer(self, shape: type[T], call: Call) -> T:
        return validated(TypeAdapter(shape), VENDOR, call.name, self._transport.json(call))

    def _list(
        self, shape: type[T], path: str, page: Page | None, span: Sequence[tuple[str, str]] = ()
    ) -> Iterator[T]:
        params = [*span, *(page.params() if page else [])]
        items = TypeAdapter(list[shape])  # type: ignore[valid-type]
        call = Call("GET", path, params, headers=self._headers)
        for response in pages(self._transport, VENDOR, call):
            yield from validated(items, VENDOR, call.name, json_of(VENDOR, call.name, response))
