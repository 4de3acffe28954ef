"""Every kind of error has its class, as the table says that the core wrote."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

import ava_imessage
from ava_imessage import Attempt, AvaError, errors
from ava_imessage.testing import Sandbox
from vector import conformance

TABLE = json.loads((Path(__file__).parents[2] / "tests" / "vectors" / "errors.json").read_text(encoding="utf-8"))
BUILTINS = {
    "configuration": ValueError,
    "invalid_request": ValueError,
    "connection": ConnectionError,
    "timeout": TimeoutError,
    "closed": RuntimeError,
    "internal": RuntimeError,
}
FIELDS = {
    "status": 500,
    "request_id": "req_1",
    "retry_after": 1.5,
    "body": "{}",
    "delivery": "unknown",
    "message_id": "msg_1",
}


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry["code"])
def test_every_kind_has_its_class(entry: dict[str, object]) -> None:
    cls = getattr(ava_imessage, str(entry["python"]))
    assert issubclass(cls, AvaError)
    assert (cls.code, cls.number, cls.__module__) == (entry["code"], entry["number"], "ava_imessage")
    assert cls.__doc__
    assert issubclass(cls, BUILTINS.get(str(entry["code"]), Exception))
    cause = errors._make_error("server", "behind it", {"status": 503}, None)
    error = errors._make_error(str(entry["code"]), "one line", FIELDS, cause)
    assert type(error) is cls
    copy = pickle.loads(pickle.dumps(error))
    for this in (error, copy):
        assert str(this) == this.message == "one line"
        assert {name: getattr(this, name) for name in FIELDS} == FIELDS
        assert isinstance(this.cause, AvaError)
        assert (this.cause.code, this.cause.status) == ("server", 503)
        assert this.cause is this.__cause__
        assert repr(this).startswith(f"{cls.__name__}('one line', status=500")
        assert "{}" not in repr(this)
    conformance.record("python", "error", str(entry["code"]), True)


def test_there_are_no_other_kinds() -> None:
    assert {entry["code"] for entry in TABLE} == set(errors._by_code)
    assert {entry["python"] for entry in TABLE} == set(errors.__all__) - {"AvaError"}


def test_each_status_arrives_as_its_class(ava_sandbox: Sandbox) -> None:
    kinds = {401: "AuthenticationError", 403: "PermissionDeniedError", 404: "NotFoundError", 429: "RateLimitedError"}
    with ava_sandbox.client(max_retries=0) as client:
        for status in (400, 401, 403, 404, 418, 429, 500, 503):
            ava_sandbox.fault("poll", status=status, body={"error": "Not now"}, retry_after="7")
            with pytest.raises(AvaError) as caught:
                client.poll()
            expected = kinds.get(status, "InvalidRequestError" if status < 500 else "ServerError")
            error = caught.value
            assert type(error).__name__ == expected
            assert (error.status, error.message, error.retry_after) == (status, "Not now", 7.0)
            assert error.request_id
            assert error.body == '{"error":"Not now"}'


def test_an_attempt_survives_pickling_in_its_error(ava_sandbox: Sandbox) -> None:
    ava_sandbox.fault("send", drop="before")
    with ava_sandbox.client(settle_within=0.2, settle_gap=0.05) as client:
        with pytest.raises(ava_imessage.DeliveryUnknownError) as caught:
            client.send("+15550001111", "canary")
        error = pickle.loads(pickle.dumps(caught.value))
        assert isinstance(error.attempt, Attempt)
        assert error.attempt.is_portable
        assert "canary" not in repr(error.attempt) + str(error) + repr(error)
        assert type(error.cause) is ava_imessage.AvaConnectionError
        with pytest.raises(ava_imessage.DeliveryUnknownError):
            client.settle(error.attempt, timeout=0.5)
