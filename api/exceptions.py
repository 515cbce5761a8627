"""What can go wrong on the ways in, beside the planner's own errors.

ApiError
├── NotJsonError        the text is not JSON at all
├── BodyTooLargeError   more bytes than the service takes
├── UnreadableFileError a file of the command line cannot be read or written
├── BadSettingError     an environment variable cannot be understood
├── UnknownSiteError    no site settings are stored, and the charging platform knows no cap
├── NoSchedulerError    the Dask cluster that was named cannot be used
├── UnsafeAddressError  a service without keys was asked to listen beyond loopback
└── SelfCheckError      our own plan broke a rule: it is kept back, and the fault is ours

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


class InvalidPlanError(InvalidRequestError):
    """A plan that was handed in to be checked has not the shape of one; pointers lead into the plan."""


class UnknownSiteError(ApiError):
    """Nothing tells the power cap of a site; the message names the site."""


class NoSchedulerError(ApiError):
    """The Dask cluster that was named cannot be used."""
