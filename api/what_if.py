"""The what-if use case: a request and changes of it go in, figures for each come out.

Nothing is planned before the last change has been read. Many plans are made on all cores.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from pydantic import ValidationError

from adapters.chargeye.plan_payload import Json
from api.chart.document import chart_document
from api.requests import ReadRequest, read_request
from api.responses import phases
from api.service import Clock
from api.shape import faults_of
from api.what_if_plans import whole_plan
from api.what_if_reading import ReadChange, ReadDraws, read_changes
from api.what_if_rendering import base_answer, changed_answer, draws_answer
from api.what_if_schemas import WhatIfFrame
from api.what_if_shapes import Path, read_shapes
from api.what_if_workers import Progress, all_figures, no_progress, worthwhile_workers
from optimiser.draws import summarise
from optimiser.exceptions import Fault, InvalidRequestError
from optimiser.key_figures import KeyFigures, key_figures
from optimiser.stopwatch import Stopwatch
from optimiser.units import iso_z
from optimiser.what_if import Change, LatenessDraw, Together, apply, dated

_AS_IT_CAME = ReadChange("base", "base", Together())


@dataclass(frozen=True, slots=True)
class Extras:
    """What is given back of every plan beside its figures."""

    plans: bool = False
    charts: bool = False

    @property
    def need_plans(self) -> bool:
        """Whether plans are made whole."""
        return self.plans or self.charts


@dataclass(frozen=True, slots=True)
class Question:
    """A what-if question without faults; the request's rules are expanded."""

    read: ReadRequest
    changes: tuple[ReadChange | ReadDraws, ...]
    created_at_ms: int
    extras: Extras = Extras()


@dataclass(frozen=True, slots=True)
class _Found:
    """What one plan comes to, and its response where that was asked for."""

    figures: KeyFigures
    plan: Json | None = None


@dataclass(frozen=True, slots=True)
class _Hands:
    """Who does the work: so many processes, or as many as pay where a plan takes so long; and who is told."""

    workers: int | None
    seconds_each: float
    on_progress: Progress


def answer_document(
    document: Any,
    *,
    clock: Clock,
    engine: str = "auto",
    workers: int | None = None,
    on_progress: Progress = no_progress,
) -> Json:
    """The answer to a what-if document (`api.what_if_schemas.WhatIfBody`).

    Raises InvalidRequestError with every fault of the request and of every change, and what planning raises.
    """
    question = read_question(document, clock)
    return answer(question, engine=engine, workers=workers, on_progress=on_progress)


def read_question(document: Any, clock: Clock) -> Question:
    """One document with the request and the changes in it; pointers lead into that."""
    try:
        frame = WhatIfFrame.model_validate(document)
    except ValidationError as error:
        raise InvalidRequestError(faults_of(error, document)) from None
    return read_parts(
        frame.request,
        frame.changes,
        clock,
        paths=(("request",), ("changes",)),
        extras=Extras(frame.include_plans, frame.include_charts),
    )


def read_parts(
    request_document: Any,
    change_documents: Sequence[Any],
    clock: Clock,
    *,
    paths: tuple[Path, Path] = ((), ()),
    extras: Extras = Extras(),
) -> Question:
    """A request and its changes that came apart; `paths` lead to each of them.

    Raises InvalidRequestError. What a change means is only looked at where the request is sound.
    """
    created_at_ms = clock()
    shaped, faults = read_shapes(change_documents, paths[1])
    read = _dated_request(request_document, created_at_ms, paths[0], faults)
    changes, meaning_faults = read_changes(shaped, read)
    if faults or meaning_faults:
        raise InvalidRequestError([*faults, *meaning_faults])
    return Question(read, tuple(changes), created_at_ms, extras)


def _dated_request(
    document: Any, clock_now_ms: int, path: Path, other_faults: Sequence[Fault]
) -> ReadRequest:
    try:
        read = read_request(document, clock_now_ms=clock_now_ms)
        return replace(read, plan_request=dated(read.plan_request))
    except InvalidRequestError as error:
        faults = [Fault((*path, *fault.path), fault.message) for fault in error.faults]
        raise InvalidRequestError([*faults, *other_faults]) from None


def answer(
    question: Question,
    *,
    engine: str = "auto",
    workers: int | None = None,
    on_progress: Progress = no_progress,
) -> Json:
    """The answer (`api.what_if_answers.WhatIfResponse`). Same question, same figures.

    `workers` is the number of processes; None: as many of the cores as pay.
    """
    watch = Stopwatch(perf_counter)
    base = _planned(question, _AS_IT_CAME, engine)
    watch.lap("base")
    found = _found(question, engine, _Hands(workers, watch.phases_ms["base"] / 1000.0, on_progress))
    watch.lap("changes")
    return {
        "now": iso_z(question.read.plan_request.now_ms),
        "currency": question.read.plan_request.site.currency,
        "engine": base.figures.engine,
        "base": base_answer(base.figures, _extras(question, base)),
        "changes": [
            _answer_to(question, change, each, base.figures)
            for change, each in zip(question.changes, found, strict=True)
        ],
        "phasesMs": phases(watch.phases_ms),
    }


def _found(question: Question, engine: str, hands: _Hands) -> list[list[_Found]]:
    """What came of every change, of draws one by one. Figures alone are gathered for all changes at once."""
    wholes = [_whole(question, change, engine) for change in question.changes]
    tasks = [[] if whole else _tasks(change) for whole, change in zip(wholes, question.changes, strict=True)]
    flat = [task for group in tasks for task in group]
    count = hands.workers or worthwhile_workers(len(flat), hands.seconds_each)
    request, told = question.read.plan_request, hands.on_progress
    figures = iter(all_figures(request, flat, engine=engine, workers=count, on_progress=told))
    return [
        [whole] if whole else [_Found(next(figures)) for _ in group]
        for whole, group in zip(wholes, tasks, strict=True)
    ]


def _planned(question: Question, change: ReadChange, engine: str) -> _Found:
    """One plan made here and now, whole where plans are asked for."""
    if question.extras.need_plans:
        return _Found(
            *whole_plan(
                question.read,
                change.change,
                change.schedules,
                engine=engine,
                created_at_ms=question.created_at_ms,
            )
        )
    return _Found(key_figures(apply(change.change, question.read.plan_request), engine=engine))


def _whole(question: Question, change: ReadChange | ReadDraws, engine: str) -> _Found | None:
    if isinstance(change, ReadDraws) or not question.extras.need_plans:
        return None
    return _planned(question, change, engine)


def _tasks(change: ReadChange | ReadDraws) -> list[Change]:
    if isinstance(change, ReadDraws):
        return [LatenessDraw(change.lateness, draw) for draw in range(change.draws)]
    return [change.change]


def _answer_to(
    question: Question, change: ReadChange | ReadDraws, found: Sequence[_Found], base: KeyFigures
) -> Json:
    if isinstance(change, ReadDraws):
        summary = summarise([each.figures for each in found])
        return draws_answer(change, summary, question.read.plan_request.sessions)
    return changed_answer(change, found[0].figures, base, _extras(question, found[0]))


def _extras(question: Question, found: _Found) -> Json:
    if found.plan is None:
        return {}
    plan = {"plan": found.plan} if question.extras.plans else {}
    return {**plan, **_chart(question, found.plan)}


def _chart(question: Question, plan: Json) -> Json:
    return {"chart": chart_document(question.read.document, plan)} if question.extras.charts else {}
