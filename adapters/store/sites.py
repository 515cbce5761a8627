"""Site settings in the database."""

from sqlalchemy import select

from adapters.ports import Clock
from adapters.records import JsonObject, SiteSettings
from adapters.store.database import Database, as_records, columns, upsert, values
from adapters.store.models import SiteRow

_COLUMNS = columns(SiteRow, SiteSettings)


class SqlSiteSettings:
    """`adapters.ports.SiteSettingsStore`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(self, location_uid: str, site: JsonObject, settings: JsonObject) -> SiteSettings:
        """Set a depot's description, new or not."""
        record = SiteSettings(location_uid, site, settings, updated_ms=self._clock())
        with self._database.writing() as session:
            upsert(session, SiteRow, [values(record)], key=["location_uid"])
        return record

    def get(self, location_uid: str) -> SiteSettings | None:
        """One depot, None where it was never described."""
        with self._database.reading() as session:
            row = session.execute(select(*_COLUMNS).where(SiteRow.location_uid == location_uid)).first()
        return None if row is None else SiteSettings(*row)

    def list(self) -> tuple[SiteSettings, ...]:
        """All depots, ordered by `location_uid`."""
        with self._database.reading() as session:
            rows = session.execute(select(*_COLUMNS)).all()
        # ordered here: PostgreSQL's collation need not be that of SQLite
        return tuple(sorted(as_records(rows, SiteSettings), key=lambda site: site.location_uid))
