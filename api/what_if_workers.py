"""Many changed requests planned at once, on all cores, always with the same answer in the same order."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from optimiser.domain import PlanRequest
from optimiser.key_figures import KeyFigures, key_figures
from optimiser.what_if import Change, apply

# A worker takes 0.5 s to start, in which one process plans ten depots of 50 vehicles.
FEWEST_PER_WORKER = 16
# Small, so that progress is seen and no worker waits long for the other at the end.
_LARGEST_CHUNK = 8

Progress = Callable[[int, int], None]
"""Told how many plans are made, of how many."""


def no_progress(_made: int, _of: int) -> None:
    """For callers who do not ask."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """What all tasks of a worker are about: a dated request, and the engine's name."""

    base: PlanRequest
    engine: str

    def figures(self, change: Change) -> KeyFigures:
        return key_figures(apply(change, self.base), engine=self.engine)


# Set once in every worker process when it starts, so that a task is one change and not a whole request.
_subjects: list[_Subject] = []


def _begin(subject: _Subject) -> None:
    _subjects[:] = [subject]


def _figures(change: Change) -> KeyFigures:
    return _subjects[0].figures(change)


def all_figures(
    base: PlanRequest,
    changes: Sequence[Change],
    *,
    engine: str = "auto",
    workers: int | None = None,
    on_progress: Progress = no_progress,
) -> list[KeyFigures]:
    """The figures of a dated request with each of these changes, in their order.

    `workers` is the most processes to use, all cores if None; few changes are planned in this process.
    """
    found: list[KeyFigures] = []
    subject = _Subject(base, engine)
    count = min(workers or usable_cores(), len(changes) // FEWEST_PER_WORKER)
    with _figures_of_each(subject, changes, count) as figures:
        for each in figures:
            found.append(each)
            on_progress(len(found), len(changes))
    return found


@contextmanager
def _figures_of_each(
    subject: _Subject, changes: Sequence[Change], workers: int
) -> Iterator[Iterator[KeyFigures]]:
    if workers <= 1:
        yield map(subject.figures, changes)
        return
    chunk = max(1, min(_LARGEST_CHUNK, len(changes) // (4 * workers)))
    # Spawned and not forked: a fork in a service with threads can stop for ever on a lock of another thread.
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=spawn, initializer=_begin, initargs=(subject,))
    try:
        yield pool.map(_figures, changes, chunksize=chunk)
    finally:
        pool.shutdown(cancel_futures=True)


def usable_cores() -> int:
    """The cores that this process may use, where the system tells; else all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
