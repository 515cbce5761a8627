"""What can go wrong on the way to a vendor and back.

AdapterError
├── UnsafeWriteError                refused on our side: it would have destroyed or doubled something
├── SchedulesChangedError           not sent: the schedules are no longer those that were planned
└── VendorError                     carries the vendor, the call and, if it answered, the HTTP status
    ├── VendorUnavailableError      may pass; was tried again as often as the retries allow
    │   ├── VendorUnreachableError  no answer: refused, cut or too slow
    │   ├── VendorFailingError      an answer of 408 or 5xx
    │   └── RateLimitedError        an answer of 429
    ├── VendorUnauthorizedError     401 although the token is fresh, or 403
    ├── VendorRefusedError          any other 4xx: the same call will not be accepted later either
    └── VendorAnswerError           answered, but not in the documented shape

No message holds a token, a header or a body; of an error body only its short text field is quoted.
"""


class AdapterError(Exception):
    """Base of everything that the adapters raise on purpose."""


class UnsafeWriteError(AdapterError):
    """A write that was not sent, because what it would do is never wanted."""


class SchedulesChangedError(AdapterError):
    """The schedules of a vehicle changed between planning and sending."""

    def __init__(self, vehicle_id: str) -> None:
        super().__init__(f"the schedules of {vehicle_id} changed while they were planned")
        self.vehicle_id = vehicle_id


class VendorError(AdapterError):
    """A call to a vendor that did not end well; `call` is method and path, `status` None without answer."""

    def __init__(self, vendor: str, call: str, problem: str, status: int | None = None) -> None:
        super().__init__(vendor, call, problem, status)
        self.vendor = vendor
        self.call = call
        self.problem = problem
        self.status = status

    def __str__(self) -> str:
        return f"{self.vendor}, {self.call}: {self.problem}"


class VendorUnavailableError(VendorError):
    """A trouble that may pass.

    `perhaps_done` says that the vendor may have acted on the call all the same; `retry_after_s` is how
    long the vendor asked to be left alone, None where it did not.
    """

    perhaps_done: bool = True
    retry_after_s: float | None = None


class VendorUnreachableError(VendorUnavailableError):
    """No answer came: the connection was refused or cut, or the time was up."""


class VendorFailingError(VendorUnavailableError):
    """The vendor answered 408 or 5xx."""


class RateLimitedError(VendorUnavailableError):
    """The vendor answered 429; it did not act."""


class VendorUnauthorizedError(VendorError):
    """The credentials are not accepted, or do not allow this call."""


class VendorRefusedError(VendorError):
    """The vendor understood the call and said no."""


class VendorAnswerError(VendorError):
    """The vendor answered with something that cannot be used."""
