"""Sends the plans of one site, one vehicle after the other, so that a kill at any moment loses nothing.

An intent is stored before a vehicle is written and closed once the platform has been read back. What is
sent is never the stored intent but the vehicle as it is read a moment before, with the newest plan in it:
so an intent that a dead worker left is either found done, or done again, which a full replace can bear.
"""

from collections.abc import Callable, Iterator

from adapters.chargeye.client import ChargEyeClient
from adapters.chargeye.push_list import (
    Planned,
    by_departure,
    changed_departures,
    ends_about,
    full_list,
    inputs_differ,
    not_as_sent,
    plan_patches,
)
from adapters.chargeye.push_plan import (
    PushMode,
    PushState,
    SitePlan,
    VehiclePush,
    fingerprint,
    same_stays,
)
from adapters.chargeye.wire import ScheduleJson
from adapters.exceptions import (
    UnsafeWriteError,
    VendorError,
    VendorUnauthorizedError,
    VendorUnavailableError,
)
from adapters.ports import HeldLock, Outbox
from adapters.records import Intent
from optimiser.domain import Window
from optimiser.units import MS_PER_DAY, MS_PER_MINUTE

# Without a range the vendor may list what it likes, and what is not read would be deleted by a replace.
_EVERYTHING_MS = 36_525 * MS_PER_DAY
# A stay that ends now by our clock may have ended, or not, by the vendor's: to send it is refused, to leave
# it out deletes it. So the vehicle waits until it has surely ended.
_CLOCK_DOUBT_MS = MS_PER_MINUTE
_FAILURES_IN_A_ROW = 2


class ChargEyePush:
    """Pushes plans to ChargEye. Safe to use for several sites at once, each under its lock."""

    def __init__(
        self,
        client: ChargEyeClient,
        outbox: Outbox,
        clock: Callable[[], int],
        mode: PushMode = PushMode.REPLACE,
    ) -> None:
        self._client = client
        self._outbox = outbox
        self._clock = clock
        self._mode = mode

    def push(
        self, plan: SitePlan, held: HeldLock, *, force: bool = False, stop_on_change: bool = True
    ) -> tuple[VehiclePush, ...]:
        """Send what changed; a tuple with every vehicle that had something to send.

        With `force` every planned vehicle has. A vehicle whose schedules are not those that were planned
        is not written, and with `stop_on_change` nor is any after it: then it is the last in the tuple.
        Raises StoreError.
        """
        self._outbox.recover(plan.location_uid)
        self._store_intents(plan, force=force)
        done = tuple(self._send_due(plan, held, stop_on_change=stop_on_change))
        if stop_on_change and done and done[-1].state is PushState.CHANGED_MEANWHILE:
            return done
        return (*done, *self._left(plan.location_uid, {push.vehicle_id for push in done}))

    def _store_intents(self, plan: SitePlan, *, force: bool) -> None:
        changed = plan.changed_vehicles(self._clock(), force=force)
        open_intents = {intent.vehicle_id: intent for intent in self._outbox.open_intents(plan.location_uid)}
        for vehicle_id, intent in open_intents.items():
            if vehicle_id not in changed:
                self._close_overtaken(plan, intent)
        for vehicle_id in changed:
            payload = plan.payload(vehicle_id)
            self._outbox.put(
                vehicle_id,
                plan.location_uid,
                payload,
                fingerprint(payload, force=force),
                keep_pauses=not force and same_stays(open_intents.get(vehicle_id), payload),
            )

    def _close_overtaken(self, plan: SitePlan, intent: Intent) -> None:
        """The platform has what is wanted now: as this intent wanted it, or otherwise."""
        wanted = by_departure(intent.payload["schedules"])
        if changed_departures(wanted, plan.seen.get(intent.vehicle_id, ()), self._clock()):
            self._outbox.give_up(intent.intent_id, "overtaken by a newer plan, which the platform has")
        else:
            self._outbox.confirm(intent.intent_id)

    def _send_due(self, plan: SitePlan, held: HeldLock, *, stop_on_change: bool) -> Iterator[VehiclePush]:
        """Until nothing is due, or the vendor is plainly not there."""
        failures = 0
        while failures < _FAILURES_IN_A_ROW and (intent := self._outbox.claim_next(plan.location_uid)):
            held.verify()
            push = self._attempted(plan, intent)
            yield push
            if stop_on_change and push.state is PushState.CHANGED_MEANWHILE:
                return  # the intent stays in flight, and is due at once in the push that follows
            self._close(intent, push)
            failures = failures + 1 if push.vendor_trouble else 0

    def _attempted(self, plan: SitePlan, intent: Intent) -> VehiclePush:
        vehicle_id = intent.vehicle_id
        try:
            return self._sent(plan, vehicle_id)
        except (VendorError, UnsafeWriteError) as error:
            return VehiclePush(vehicle_id, PushState.FAILED, str(error), _is_outage(error))

    def _close(self, intent: Intent, push: VehiclePush) -> None:
        if push.state is PushState.CONFIRMED:
            self._outbox.confirm(intent.intent_id)
        elif push.state is PushState.NOTHING_TO_PATCH:
            self._outbox.give_up(intent.intent_id, push.detail or "")
        else:
            self._outbox.fail(intent.intent_id, push.detail or "")

    def _sent(self, plan: SitePlan, vehicle_id: str) -> VehiclePush:
        planned = by_departure(plan.planned[vehicle_id])
        now_ms, fresh = self._clock(), self._read(vehicle_id)
        if ends_about(fresh, now_ms, _CLOCK_DOUBT_MS):
            return VehiclePush(vehicle_id, PushState.NOT_CONFIRMED, "a stay of it ends about now")
        seen = plan.seen.get(vehicle_id, ())
        if inputs_differ(plan.about(seen, now_ms), plan.about(fresh, now_ms)):
            detail = "its schedules changed while they were planned"
            return VehiclePush(vehicle_id, PushState.CHANGED_MEANWHILE, detail)
        sent = self._write(vehicle_id, fresh, planned, plan.location_uid, now_ms)
        if not sent:
            return VehiclePush(vehicle_id, PushState.NOTHING_TO_PATCH, "its schedules exist only as a rule")
        wrong = "; ".join(not_as_sent(sent, self._read(vehicle_id), now_ms))
        state = PushState.NOT_CONFIRMED if wrong else PushState.CONFIRMED
        return VehiclePush(vehicle_id, state, wrong or None)

    def _read(self, vehicle_id: str) -> list[ScheduleJson]:
        now_ms = self._clock()
        return self._client.vehicle_schedules(
            vehicle_id, Window(now_ms - MS_PER_DAY, now_ms + _EVERYTHING_MS)
        )

    def _write(
        self, vehicle_id: str, fresh: list[ScheduleJson], planned: Planned, location_uid: str, now_ms: int
    ) -> list[ScheduleJson]:
        """Write, and say which schedules should now be there; none where there is nothing to write."""
        wanted = full_list(fresh, planned, location_uid, now_ms)
        if self._mode is PushMode.REPLACE:
            self._client.replace_future_schedules(vehicle_id, wanted)
            return wanted
        patches = plan_patches(fresh, planned, location_uid, now_ms)
        if patches:
            self._client.patch_schedules(vehicle_id, patches)
        patched = {patch["id"] for patch in patches}
        return [entry for entry in wanted if entry.get("id") in patched]

    def _left(self, location_uid: str, done: set[str]) -> Iterator[VehiclePush]:
        """What is still open and was not tried now."""
        for intent in self._outbox.open_intents(location_uid):
            if intent.vehicle_id not in done:
                detail = f"attempt {intent.attempts + 1} waits"
                reason = f"{detail}; the last one: {intent.last_error}" if intent.last_error else detail
                yield VehiclePush(intent.vehicle_id, PushState.WAITING, reason)


def _is_outage(error: VendorError | UnsafeWriteError) -> bool:
    return isinstance(error, VendorUnavailableError | VendorUnauthorizedError)
