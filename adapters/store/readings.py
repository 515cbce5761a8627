"""What the charging platform last said of each site, in the database."""

from collections.abc import Iterable

from sqlalchemy import select

from adapters.ports import Clock
from adapters.records import JsonObject
from adapters.service_records import SiteReading
from adapters.store.database import Database, upsert
from adapters.store.models import ReadingRow


class SqlSiteReadings:
    """`adapters.service_ports.SiteReadings`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(
        self, location_uid: str, schedules: Iterable[JsonObject], vehicles: Iterable[JsonObject]
    ) -> SiteReading:
        """Keep what was read now, in place of what was read before."""
        reading = SiteReading(location_uid, self._clock(), [*schedules], [*vehicles])
        document = {"schedules": reading.schedules, "vehicles": reading.vehicles}
        row = {"location_uid": location_uid, "read_ms": reading.read_ms, "document": document}
        with self._database.writing() as session:
            upsert(session, ReadingRow, [row], key=["location_uid"])
        return reading

    def get(self, location_uid: str) -> SiteReading | None:
        """What was read last, None where nothing ever was."""
        query = select(ReadingRow.read_ms, ReadingRow.document)
        with self._database.reading() as session:
            row = session.execute(query.where(ReadingRow.location_uid == location_uid)).first()
        if row is None:
            return None
        return SiteReading(location_uid, row[0], row[1]["schedules"], row[1]["vehicles"])

    def read_ms(self) -> dict[str, int]:
        """When each site was read last."""
        with self._database.reading() as session:
            rows = session.execute(select(ReadingRow.location_uid, ReadingRow.read_ms)).all()
        return {row.location_uid: row.read_ms for row in rows}
