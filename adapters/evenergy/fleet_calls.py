"""The same question about many vehicles, a few at a time, until the vendor fails."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import Generic, TypeVar

from adapters.exceptions import VendorError, VendorRefusedError

T = TypeVar("T")

_WORKERS = 8


@dataclass
class Answers(Generic[T]):
    """By ev.energy's id: what was answered, what was refused for one vehicle alone; and what ended it all."""

    answered: dict[str, T] = field(default_factory=dict)
    refused: dict[str, VendorError] = field(default_factory=dict)
    trouble: VendorError | None = None


def ask_each(vehicle_ids: Iterable[str], ask: Callable[[str], T]) -> Answers[T]:
    """Ask about each vehicle. Raises no VendorError: after the first trouble nobody else is asked about."""
    answers: Answers[T] = Answers()
    failed = Event()

    def one(vehicle_id: str) -> None:
        if failed.is_set():
            return
        try:
            answers.answered[vehicle_id] = ask(vehicle_id)
        except VendorRefusedError as error:
            answers.refused[vehicle_id] = error
        except VendorError as error:
            failed.set()
            answers.trouble = answers.trouble or error

    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(one, vehicle_ids))
    return answers
