"""Our errors as problem documents."""

from http import HTTPStatus

import pytest

from api.errors import problem_of
from api.exceptions import BodyTooLargeError, NotJsonError, SelfCheckError
from optimiser.checker import Breach
from optimiser.exceptions import Fault, InvalidRequestError, SolverError


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotJsonError("not JSON: x"), 400),
        (BodyTooLargeError("too large"), 413),
        (InvalidRequestError([Fault(("a", 0), "is wrong")]), 422),
        (SelfCheckError((Breach("4.4", "site", "secret"),)), 500),
        (SolverError("HiGHS ended at /tmp/x"), 500),
    ],
)
def test_each_error_has_its_status(error, status):
    document = problem_of(error).document()
    assert (document["status"], document["title"]) == (status, HTTPStatus(status).phrase)


def test_what_went_wrong_inside_is_not_told():
    for error in (SolverError("HiGHS ended at /tmp/x"), SelfCheckError((Breach("4.4", "site", "secret"),))):
        text = problem_of(error).response().body.decode()
        assert "/tmp" not in text
        assert "secret" not in text


def test_every_fault_has_a_pointer():
    faults = [Fault(("vehicles", 0, "a/b"), "is wrong"), Fault((), "is no object")]
    document = problem_of(InvalidRequestError(faults)).document()
    assert document["detail"] == "2 places in the request are wrong"
    assert document["errors"] == [
        {"pointer": "/vehicles/0/a~1b", "message": "is wrong"},
        {"pointer": "", "message": "is no object"},
    ]
