"""Money on the peak of the billing hours: one more column that meets every row of those hours."""

from benchmarks.generator import DepotKind, at
from benchmarks.subject import Subject, of_kind

WORKING_HOURS = [{"from": at(300), "to": at(540)}, {"from": at(1140), "to": at(1440)}]
CHARGE = {"pricePerKw": 3.2, "billedPeakKw": 0, "windows": WORKING_HOURS}

SUBJECT = Subject(
    name="demand-charge",
    purpose="the peak between 07:00 and 21:00 costs 3.20 per kW",
    build=of_kind(DepotKind(demand_charge=CHARGE)),
)
