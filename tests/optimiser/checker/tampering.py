"""Right plans with something wrong put into them, and what the checker must say to that."""

from collections.abc import Callable

from optimiser.checker import check_plan
from optimiser.domain import (
    PlanRequest,
    Site,
)
from optimiser.plan import Plan
from tests.optimiser.checker.builders import (
    make_plan,
    make_request,
    make_session,
    make_site,
    with_segment,
)

Case = tuple[PlanRequest, Plan]


def tampered(base: Callable[[], Case], change: Callable[[Plan], Plan]) -> Callable[[], Case]:
    """A right plan with something replaced in it."""

    def case() -> Case:
        request, plan = base()
        return request, change(plan)

    return case


def segment(base: Callable[[], Case], row: int, **values: object) -> Callable[[], Case]:
    return tampered(base, lambda plan: with_segment(plan, row, **values))


def one_bus(
    *stretches: tuple[float, float, float],
    stay: tuple[float, float] = (0, 120),
    site: Site | None = None,
    reason: str = "site-cap",
    asked: dict[str, object] | None = None,
    **session: object,
) -> Callable[[], Case]:
    """One bus that charges so, with every figure right."""

    def case() -> Case:
        bus = make_session("one", *stay, **dict(session))
        request = make_request(bus, site=site or make_site(), **(asked or {}))
        return request, make_plan(request, {"one": stretches}, reason=reason)

    return case


def assert_breaks_only(rule: str, case: Case) -> None:
    """The breach is found, it is the right one, it says where, and nothing else is blamed."""
    breaches = check_plan(*case)
    assert {breach.rule for breach in breaches} == {rule}, breaches
    assert all(breach.where and breach.message for breach in breaches)
