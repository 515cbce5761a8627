"""What of ev.energy is what of ours, in the database."""

from collections.abc import Iterable

from sqlalchemy import delete, select

from adapters.ports import Clock
from adapters.records import LinkSource, SiteLink, VehicleLink
from adapters.store.database import Database, as_records, columns, upsert, values
from adapters.store.models import SiteLinkRow, VehicleLinkRow

_VEHICLE_COLUMNS = columns(VehicleLinkRow, VehicleLink)
_SITE_COLUMNS = columns(SiteLinkRow, SiteLink)


class SqlVendorLinks:
    """`adapters.ports.VendorLinks`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def vehicles(self) -> tuple[VehicleLink, ...]:
        """All linked vehicles, ordered by `vehicle_id`."""
        with self._database.reading() as session:
            rows = session.execute(select(*_VEHICLE_COLUMNS)).all()
        return tuple(sorted(as_records(rows, VehicleLink), key=lambda link: link.vehicle_id))

    def link_vehicle(self, vehicle_id: str, evenergy_id: str) -> VehicleLink:
        """Link by hand; whatever either of the two was linked to before is let go."""
        link = VehicleLink(vehicle_id, evenergy_id, LinkSource.HAND, self._clock())
        with self._database.writing() as session:
            session.execute(delete(VehicleLinkRow).where(VehicleLinkRow.evenergy_id == evenergy_id))
            upsert(session, VehicleLinkRow, [values(link)], key=["vehicle_id"])
        return link

    def match_vehicles(self, pairs: Iterable[tuple[str, str]]) -> tuple[VehicleLink, ...]:
        """Link what was matched by VIN; what is linked already, on either side, stays as it is."""
        now_ms = self._clock()
        with self._database.writing() as session:
            known = session.execute(select(VehicleLinkRow.vehicle_id, VehicleLinkRow.evenergy_id)).all()
            ours, theirs = {row[0] for row in known}, {row[1] for row in known}
            new = [
                VehicleLink(vehicle_id, evenergy_id, LinkSource.VIN, now_ms)
                for vehicle_id, evenergy_id in pairs
                if vehicle_id not in ours and evenergy_id not in theirs
            ]
            upsert(session, VehicleLinkRow, [values(link) for link in new], key=["vehicle_id"])
        return tuple(new)

    def unlink_vehicle(self, vehicle_id: str) -> bool:
        """Forget a vehicle's link; False where there was none."""
        forgotten = delete(VehicleLinkRow).where(VehicleLinkRow.vehicle_id == vehicle_id)
        with self._database.writing() as session:
            return bool(session.execute(forgotten.returning(VehicleLinkRow.vehicle_id)).all())

    def sites(self) -> tuple[SiteLink, ...]:
        """All linked sites, ordered by `evenergy_id`."""
        with self._database.reading() as session:
            rows = session.execute(select(*_SITE_COLUMNS)).all()
        return tuple(sorted(as_records(rows, SiteLink), key=lambda link: link.evenergy_id))

    def link_site(self, evenergy_id: str, location_uid: str) -> SiteLink:
        """Say of which depot a site is a part, in place of any other."""
        link = SiteLink(evenergy_id, location_uid, self._clock())
        with self._database.writing() as session:
            upsert(session, SiteLinkRow, [values(link)], key=["evenergy_id"])
        return link
