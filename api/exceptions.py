"""What can go wrong on the ways in, beside the planner's own errors.

ApiError
├── NotJsonError        the text is not JSON at all
├── BodyTooLargeError   more bytes than the service takes
├── UnreadableFileError a file of the command line cannot be read or written
├── BadSettingError     an environment variable cannot be understood
├── UnknownSiteError    no site settings are stored, and the charging platform knows no cap
├── NoSchedulerError    the Dask cluster that was named cannot be used
├── UnsafeAddressError  a service without keys was asked to listen beyond loopback
├── SelfCheckError      our own plan broke a rule: it is kept back, and the fault is ours
├── MissingScopeError   the key is good, and does not open this
├── NotFoundError       nothing has this name
├── NotYetError         it is there, and cannot be given or done at this moment
├── KeyReusedError      an idempotency key came again with another request
├── WorkerFailedError   a worker process ended by a fault of ours
└── UnavailableError    not now: says after how long it is worth to ask again
    ├── TooManyRequestsError a key asks more often than it may
    ├── QueueFullError      too much is waiting already
    ├── TimeUpError         no answer within the time for one at once
    ├── WorkerKilledError   the worker process was killed from outside
    ├── CallerGoneError     nobody waits for the answer any more
    └── ShuttingDownError   the service is about to stop

optimiser.exceptions.InvalidRequestError
└── InvalidPlanError    a plan was handed in to be checked, and has not the shape of one
"""

from typing import TYPE_CHECKING

from optimiser.exceptions import InvalidRequestError

if TYPE_CHECKING:
    from optimiser.checker import Breach


class ApiError(Exception):
    """Base of everything that the ways in raise on purpose; the text is fit for the caller."""


class NotJsonError(ApiError):
    """The text is not JSON; the message says where it stops being so."""


class BodyTooLargeError(ApiError):
    """The body is over the limit."""


class UnreadableFileError(ApiError):
    """A file cannot be read, written or understood; the message names it."""


class BadSettingError(ApiError):
    """An environment variable cannot be understood; the message names it and hides its content."""


class UnsafeAddressError(ApiError):
    """Without keys the service speaks to its own machine only."""


class SelfCheckError(ApiError):
    """A plan of ours breaks a rule. Never the caller's doing."""

    def __init__(self, breaches: "tuple[Breach, ...]") -> None:
        self.breaches = breaches
        super().__init__("the plan failed its own check and was kept back")


class MissingScopeError(ApiError):
    """The key does not have the scope that this needs."""


class NotFoundError(ApiError):
    """Nothing has this name."""


class NotYetError(ApiError):
    """In conflict with the state of the thing asked for; may pass."""


class KeyReusedError(ApiError):
    """The idempotency key belongs to another request."""


class WorkerFailedError(ApiError):
    """A worker process ended by itself: a fault of ours; the log says which."""


class UnavailableError(ApiError):
    """Not now; `retry_after_s` says when it is worth to ask again."""

    retry_after_s: int = 1


class TooManyRequestsError(UnavailableError):
    """The key has used up its share for the moment."""

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"too many requests with this key: ask again in {retry_after_s} s")


class QueueFullError(UnavailableError):
    """As much is waiting as may wait."""

    retry_after_s = 5


class TimeUpError(UnavailableError):
    """The work was not done within its time limit, and was ended."""

    retry_after_s = 30


class WorkerKilledError(UnavailableError):
    """The worker process was killed, as by the system when memory runs out."""


class CallerGoneError(UnavailableError):
    """The caller's connection was closed before there was an answer."""


class ShuttingDownError(UnavailableError):
    """The service is about to stop."""

    retry_after_s = 5


class InvalidPlanError(InvalidRequestError):
    """A plan that was handed in to be checked has not the shape of one; pointers lead into the plan."""


class UnknownSiteError(ApiError):
    """Nothing tells the power cap of a site; the message names the site."""


class NoSchedulerError(ApiError):
    """The Dask cluster that was named cannot be used."""
