"""What can go wrong on the way to a vendor and back.

AdapterError
├── UnsafeWriteError                refused on our side: it would have destroyed or doubled something
└── VendorError                     carries the vendor, the call and, if it answered, the HTTP status
    ├── VendorUnavailableError      may pass; was tried again as often as the retries allow
    │   ├── VendorUnreachableError  no answer: refused, cut or too slow
    │   ├── VendorFailingError      an answer of 408 or 5xx
    │   └── RateLimitedError        an answer of 429
    ├── VendorUnauthorizedError     401 although the token is fresh, or 403
    ├── VendorRefusedError          any other 4xx: the same call will not be accepted later either
    └── VendorAnswerError           answered, but not in the documented shape

No message holds a token, a header or a body; of an error body only its short text field is quoted. An
RFC 9457 problem document is kept beside the message, as `details`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


class AdapterError(Exception):
    """Base of everything that the adapters raise on purpose."""


class UnsafeWriteError(AdapterError):
    """A write that was not sent, because what it would do is never wanted."""


@dataclass(frozen=True, slots=True)
class ProblemDetails:
    """A vendor's RFC 9457 problem document; `field_errors` is ev.energy's member, by field."""

    type: str = "about:blank"
    title: str = ""
    detail: str = ""
    instance: str | None = None
    field_errors: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def rewritten(self, rewrite: Callable[[str], str]) -> "ProblemDetails":
        """The same with every text passed through `rewrite`, as to take secrets out."""
        fields = {name: [rewrite(text) for text in texts] for name, texts in self.field_errors.items()}
        instance = None if self.instance is None else rewrite(self.instance)
        return ProblemDetails(rewrite(self.type), rewrite(self.title), rewrite(self.detail), instance, fields)


class VendorError(AdapterError):
    """A call to a vendor that did not end well; `call` is method and path, `status` None without answer."""

    details: ProblemDetails | None = None

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
