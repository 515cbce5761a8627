"""Replans that are started over HTTP: one at a time, in the background, cancelled through the store."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event, Lock, Thread

import structlog
from pydantic import SecretStr

from adapters.chargeye.client import ChargEyeClient
from adapters.chargeye.push_plan import PushMode
from adapters.exceptions import AdapterError
from adapters.ports import Clock, Store
from adapters.records import JobRun, JobState
from api.exceptions import ApiError, NotYetError
from api.jobs.electricity import Grid
from api.jobs.pools import open_pool
from api.jobs.reading import Planning
from api.jobs.replan import KIND, Audience, Job, Order, Progress, replan_sites
from api.jobs.vehicles_word import vehicles_word
from api.settings import Settings

_LOG = structlog.get_logger()
_SILENT_MS = 60_000
_OVER = "done"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants replanned; no names mean every site."""

    location_uids: tuple[str, ...] | None = None
    dry_run: bool = False
    force: bool = False


class Replans:
    """Starts replans and knows which site is at which stage. Planning itself is done in processes."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, stopping: Event) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._stopping = stopping
        self._lock = Lock()
        self._thread: Thread | None = None
        self._stages: dict[str, str] = {}

    def start(self, wish: Wish) -> JobRun:
        """Begin a run. Raises NotYetError while one runs here, VendorError where nobody lists the sites."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                raise NotYetError("a replan that was started here is still running")
            self._refresh_token()
            self._store.jobs.close_abandoned(_SILENT_MS)
            uids = self._location_uids(wish)
            run = self._store.jobs.start(KIND, len(uids))
            order = Order(tuple(uids), wish.dry_run, wish.force, run_id=run.run_id)
            self._stages = {}
            self._thread = Thread(target=self._run, args=(order, run.run_id), name="replan", daemon=True)
            self._thread.start()
        return run

    def stages(self) -> dict[str, str]:
        """The stage of every site that is in work in this process."""
        return dict(self._stages)

    def close(self) -> None:
        """Let the sites at hand be finished; `stopping` keeps others from being begun."""
        if self._thread is not None:
            self._thread.join(self._settings.shutdown_s)

    def _location_uids(self, wish: Wish) -> Sequence[str]:
        if wish.location_uids is not None:
            return tuple(dict.fromkeys(wish.location_uids))
        with self._client() as client:
            return [location.id for location in client.list_locations()]

    def _refresh_token(self) -> SecretStr:
        token = self._settings.chargeye_refresh_token
        if token is None or not token.get_secret_value().strip():
            raise NotYetError("DEPOT_CHARGEYE_REFRESH_TOKEN is not set, so there is nothing to read from")
        return token

    def _client(self) -> ChargEyeClient:
        try:
            return ChargEyeClient(self._refresh_token(), self._settings.chargeye_url, clock_ms=self._clock)
        except ValueError:
            raise NotYetError("DEPOT_CHARGEYE_URL or its token cannot be used") from None

    def _run(self, order: Order, run_id: str) -> None:
        try:
            with ExitStack() as stack:
                audience = Audience(on_progress=self._note, cancelled=self._stopping.is_set)
                replan_sites(self._job(stack), order, audience)
        except (AdapterError, ApiError) as error:
            _LOG.error("replan failed", run_id=run_id, reason=str(error))
            self._store.jobs.finish(run_id, JobState.FAILED, {}, {"problem": "the replan could not be done"})

    def _job(self, stack: ExitStack) -> Job:
        settings = self._settings
        return Job(
            store=self._store,
            chargeye=stack.enter_context(self._client()),
            pool=stack.enter_context(open_pool()),
            clock=self._clock,
            wall_clock=self._clock,
            planning=Planning(grid=Grid(settings.chargeye_line_voltage, settings.chargeye_power_factor)),
            push_mode=PushMode(settings.chargeye_push),
            sharpen=stack.enter_context(vehicles_word(settings, self._store, self._clock)),
        )

    def _note(self, progress: Progress) -> None:
        if progress.stage == _OVER:
            self._stages.pop(progress.location_uid, None)
        else:
            self._stages[progress.location_uid] = progress.stage
