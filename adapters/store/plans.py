"""Plans, their history, and the running plan of each vehicle in the database."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Select, delete, func, select, true, tuple_, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

from adapters.records import JsonObject, PlanSummary, RunningPlan, StoredPlan
from adapters.store.database import Database, as_records, columns, insert_into, upsert, values
from adapters.store.documents import unpacked_text
from adapters.store.models import PlanRequestRow, PlanRow, RunningPlanRow

_SUMMARY = columns(PlanRow, PlanSummary)
_RUNNING = columns(RunningPlanRow, RunningPlan)
_NEWEST_FIRST = (PlanRow.created_ms.desc(), PlanRow.plan_id.desc())


class SqlPlans:
    """`adapters.ports.PlanStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(
        self,
        plan: StoredPlan,
        running: Iterable[RunningPlan] | None = None,
        request: JsonObject | None = None,
    ) -> None:
        """Keep a plan; with `running` it becomes, in the same step, what the site's vehicles do."""
        row = {**values(plan.summary), "document": plan.document}
        with self._database.writing() as session:
            session.execute(insert_into(session, PlanRow).values(row))
            if request is not None:
                kept = {"plan_id": plan.summary.plan_id, "document": request}
                session.execute(insert_into(session, PlanRequestRow).values(kept))
            if running is not None:
                _replace_running(session, plan.summary, list(running))

    def get(self, plan_id: str) -> StoredPlan | None:
        """One plan with its document."""
        with self._database.reading() as session:
            row = session.execute(
                select(*_SUMMARY, PlanRow.document).where(PlanRow.plan_id == plan_id)
            ).first()
        return None if row is None else StoredPlan(PlanSummary(*row[:-1]), row[-1])

    def text(self, plan_id: str) -> bytes | None:
        """The document of a plan as JSON text, unread."""
        return self._text(select(_as_stored(PlanRow.document)).where(PlanRow.plan_id == plan_id))

    def request_text(self, plan_id: str) -> bytes | None:
        """The plan request that a plan answers, as JSON text; None where it was not kept."""
        kept = select(_as_stored(PlanRequestRow.document))
        return self._text(kept.where(PlanRequestRow.plan_id == plan_id))

    def _text(self, query: Select[Any]) -> bytes | None:
        with self._database.reading() as session:
            data = session.scalar(query)
        return None if data is None else unpacked_text(bytes(data))

    def newest(self, *, given: bool = True) -> dict[str, PlanSummary]:
        """The newest plan that every site was given, or of all; one made on request only has no trigger."""
        wanted = PlanRow.trigger.is_not(None) if given else true()
        latest = select(PlanRow.location_uid, func.max(PlanRow.created_ms)).where(wanted)
        of_site = tuple_(PlanRow.location_uid, PlanRow.created_ms)
        query = select(*_SUMMARY).where(wanted, of_site.in_(latest.group_by(PlanRow.location_uid)))
        with self._database.reading() as session:
            rows = session.execute(query.order_by(PlanRow.plan_id)).all()
        return {plan.location_uid: plan for plan in as_records(rows, PlanSummary)}

    def planned_sites(self) -> tuple[str, ...]:
        """The sites of which any plan is kept, in order."""
        with self._database.reading() as session:
            return tuple(sorted(session.scalars(select(PlanRow.location_uid).distinct())))

    def latest(self, location_uid: str) -> StoredPlan | None:
        """The newest plan of a site with its document, running or not."""
        newest = select(PlanRow.plan_id).where(PlanRow.location_uid == location_uid)
        with self._database.reading() as session:
            plan_id = session.scalar(newest.order_by(*_NEWEST_FIRST).limit(1))
        return None if plan_id is None else self.get(plan_id)

    def history(
        self, location_uid: str, limit: int = 50, before_ms: int | None = None, before_id: str = ""
    ) -> tuple[PlanSummary, ...]:
        """A site's plans, newest first; with `before_ms` only those before then and that id."""
        query = select(*_SUMMARY).where(PlanRow.location_uid == location_uid)
        if before_ms is not None:
            query = query.where(tuple_(PlanRow.created_ms, PlanRow.plan_id) < (before_ms, before_id))
        with self._database.reading() as session:
            return as_records(session.execute(query.order_by(*_NEWEST_FIRST).limit(limit)).all(), PlanSummary)

    def locations(self) -> tuple[str, ...]:
        """The sites that have running plans, departed ones included, in order."""
        with self._database.reading() as session:
            return tuple(sorted(session.scalars(select(RunningPlanRow.location_uid).distinct())))

    def running(self, location_uid: str, from_ms: int = 0) -> tuple[RunningPlan, ...]:
        """A site's running plans that depart after `from_ms`, ordered by departure, then vehicle."""
        query = select(*_RUNNING).where(
            RunningPlanRow.location_uid == location_uid, RunningPlanRow.departure_ms > from_ms
        )
        with self._database.reading() as session:
            plans = as_records(session.execute(query).all(), RunningPlan)
        return tuple(sorted(plans, key=lambda plan: (plan.departure_ms, plan.vehicle_id)))

    def running_for(self, vehicle_id: str, departure_ms: int) -> RunningPlan | None:
        """What a vehicle is meant to do until this departure."""
        query = select(*_RUNNING).where(
            RunningPlanRow.vehicle_id == vehicle_id, RunningPlanRow.departure_ms == departure_ms
        )
        with self._database.reading() as session:
            row = session.execute(query).first()
        return None if row is None else RunningPlan(*row)


def _as_stored(document: InstrumentedAttribute[JsonObject]) -> ColumnElement[bytes]:
    return type_coerce(document, LargeBinary())


def _replace_running(session: Session, plan: PlanSummary, running: Sequence[RunningPlan]) -> None:
    """Everything of the site that is still to depart goes, these come; a key of another site moves here."""
    session.execute(
        delete(RunningPlanRow).where(
            RunningPlanRow.location_uid == plan.location_uid, RunningPlanRow.departure_ms > plan.now_ms
        )
    )
    upsert(session, RunningPlanRow, [values(row) for row in running], key=["vehicle_id", "departure_ms"])
