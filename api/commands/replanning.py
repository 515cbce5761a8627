"""What `depot replan` does, behind its options."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from types import FrameType

import typer

from adapters.chargeye.client import ChargEyeClient
from adapters.chargeye.push_plan import PushMode
from adapters.ports import Clock
from adapters.store import open_store
from adapters.store.exceptions import StoreError, StoreUrlError
from api.clock import now_ms
from api.commands.files import write_bytes
from api.commands.progress import print_report, showing_progress
from api.exceptions import BadSettingError
from api.jobs.electricity import Grid
from api.jobs.pools import open_pool
from api.jobs.reading import Planning
from api.jobs.replan import Audience, Job, Order, replan_sites
from api.jobs.report import OUT_OF_REACH, ReplanReport
from api.jobs.vehicles_word import vehicles_word
from api.jobs.watch import Rhythm, watch
from api.service import json_text
from api.settings import Settings, read_settings
from optimiser.units import to_ms

_SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of the command; `now_ms` None is the clock's."""

    location_uids: tuple[str, ...] | None
    now_ms: int | None
    dry_run: bool
    force: bool
    every_minutes: float | None
    poll_seconds: float
    workers: int | None
    scheduler: str | None


def instant_option(text: str | None) -> int | None:
    """Epoch milliseconds of an ISO 8601 time with offset. Raises typer.BadParameter."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = datetime.min
    if instant.tzinfo is None:
        raise typer.BadParameter("must be a time like 2026-03-09T18:00:00+02:00", param_hint="--now")
    return to_ms(instant)


def run(wanted: Wanted, json: Path | None) -> int:
    """Replan once, or again and again until told to end; the exit code, then that of the last run.

    Raises ApiError.
    """
    last: list[ReplanReport] = []

    def report(made: ReplanReport) -> None:
        last[:] = [made]
        print_report(made)
        if json is not None:
            write_bytes(json, json_text(made.as_json(), indent=2))

    try:
        with ExitStack() as stack:
            stop = stack.enter_context(_told_to_stop())
            _replan(_job(read_settings(), wanted, stack), wanted, stop, report)
    except StoreUrlError as error:
        raise BadSettingError(f"DEPOT_DATABASE_URL: {error}") from None
    except StoreError as error:
        typer.echo(f"depot: the store: {error}", err=True)
        return OUT_OF_REACH
    return last[0].exit_code if last else 0


def _replan(job: Job, wanted: Wanted, stop: Event, report: Callable[[ReplanReport], None]) -> None:
    order = Order(wanted.location_uids, wanted.dry_run, wanted.force)
    if wanted.every_minutes is not None:
        rhythm = Rhythm(wanted.every_minutes * _SECONDS_PER_MINUTE, wanted.poll_seconds)
        watch(job, order, rhythm, stop, report)
        return
    with showing_progress() as show:
        made = replan_sites(job, order, Audience(on_progress=show, cancelled=stop.is_set))
    report(made)


def _job(settings: Settings, wanted: Wanted, stack: ExitStack) -> Job:
    clock: Clock = now_ms if wanted.now_ms is None else lambda: wanted.now_ms or 0
    chargeye = stack.enter_context(_chargeye(settings, clock))
    store = open_store(settings.database_url.get_secret_value(), now_ms)
    stack.callback(store.close)
    return Job(
        store=store,
        chargeye=chargeye,
        pool=stack.enter_context(open_pool(wanted.workers, wanted.scheduler)),
        clock=clock,
        wall_clock=now_ms,
        planning=Planning(grid=Grid(settings.chargeye_line_voltage, settings.chargeye_power_factor)),
        push_mode=PushMode(settings.chargeye_push),
        sharpen=stack.enter_context(vehicles_word(settings, store, clock)),
    )


def _chargeye(settings: Settings, clock: Clock) -> ChargEyeClient:
    token = settings.chargeye_refresh_token
    if token is None or not token.get_secret_value().strip():
        raise BadSettingError("DEPOT_CHARGEYE_REFRESH_TOKEN is not set")
    try:
        return ChargEyeClient(token, settings.chargeye_url, clock_ms=clock)
    except ValueError as error:
        raise BadSettingError(f"DEPOT_CHARGEYE_URL, DEPOT_CHARGEYE_REFRESH_TOKEN: {error}") from None


@contextmanager
def _told_to_stop() -> Iterator[Event]:
    """Set by SIGTERM or Ctrl-C; a second Ctrl-C ends at once.

    A handler may interrupt whoever holds the event's lock, so it only writes to a pipe, and a thread sets it.
    """
    stop, (told_fd, tell_fd) = Event(), os.pipe()

    def told(number: int, _frame: FrameType | None) -> None:
        os.write(tell_fd, b"x")
        if number == signal.SIGINT:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def listen() -> None:
        if os.read(told_fd, 1):
            stop.set()

    listener = Thread(target=listen, daemon=True)
    listener.start()
    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(tell_fd)
        listener.join()
        os.close(told_fd)
