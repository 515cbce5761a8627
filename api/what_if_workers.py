"""Many changed requests planned at once, on all cores, always with the same answer in the same order."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from api.processes import settle_in, usable_cores
from optimiser.domain import PlanRequest
from optimiser.key_figures import KeyFigures, key_figures
from optimiser.what_if import Change, apply

# What a worker takes to start, most of it for imports: whoever has less to do is not worth starting.
_START_SECONDS = 0.5
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
    settle_in()
    _subjects[:] = [subject]


def _figures(change: Change) -> KeyFigures:
    return _subjects[0].figures(change)


def all_figures(
    base: PlanRequest,
    changes: Sequence[Change],
    *,
    engine: str = "auto",
    workers: int = 1,
    on_progress: Progress = no_progress,
) -> list[KeyFigures]:
    """The figures of a dated request with each of these changes, in their order.

    With one worker they are planned in this process, else in so many others.
    """
    found: list[KeyFigures] = []
    with _figures_of_each(_Subject(base, engine), changes, min(workers, len(changes))) as figures:
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


def worthwhile_workers(plans: int, seconds_each: float) -> int:
    """As many processes as the cores can run and as have more to do than to start."""
    return max(1, min(usable_cores(), int(plans * seconds_each / _START_SECONDS)))
