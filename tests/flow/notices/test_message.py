"""What is sent is what Standard Webhooks says, by its own test vector."""

import base64
import datetime as dt
import json
import re
from typing import Any

import pytest

from moderation.flow.notices.message import (
    TEST,
    TYPES,
    body_of,
    headers_for,
    new_message_id,
    new_secret,
)
from moderation.statuses import Occasion
from tests.doubles import NOON
from tests.servers import ROOT

# Of the reference libraries' own tests.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = dt.datetime.fromtimestamp(1614265330, dt.UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_signature_is_that_of_the_reference_libraries() -> None:
    headers = headers_for(ID, BODY, [SECRET], now=AT)

    assert headers["webhook-id"] == ID
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"] == SIGNATURE
    assert headers["Content-Type"] == "application/json"


def test_two_secrets_sign_side_by_side_the_newest_first() -> None:
    other = new_secret()

    first, second = headers_for(ID, BODY, [other, SECRET], now=AT)["webhook-signature"].split(" ")

    assert second == SIGNATURE
    assert first == headers_for(ID, BODY, [other], now=AT)["webhook-signature"]


def test_parts_of_a_second_do_not_count() -> None:
    late = AT + dt.timedelta(microseconds=999_999)

    assert headers_for(ID, BODY, [SECRET], now=late) == headers_for(ID, BODY, [SECRET], now=AT)


def test_a_receiver_verifies_it_as_the_documentation_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```\n(import base64.*?)```", page, re.DOTALL)
    shown: dict[str, Any] = {}
    exec(example, shown)
    is_ours, now = shown["is_ours"], NOON.timestamp()
    monkeypatch.setattr("time.time", lambda: now)

    old, secret = new_secret(), new_secret()
    body = body_of(Occasion.HELD, NOON, {"site": "news"})
    headers = headers_for(new_message_id(), body, [secret, old], now=NOON)
    assert is_ours(secret, headers, body)
    assert is_ours(old, headers, body)
    assert not is_ours(new_secret(), headers, body)
    assert not is_ours(secret, headers, body + b" ")
    assert not is_ours(secret, {**headers, "webhook-id": "msg_other"}, body)
    now += 301
    assert not is_ours(secret, headers, body), "an old one, sent again"


def test_a_secret_is_as_long_as_the_specification_wants_and_no_two_are_alike() -> None:
    secrets = {new_secret() for _ in range(50)}

    assert len(secrets) == 50
    for secret in secrets:
        assert secret.startswith("whsec_")
        assert 24 <= len(base64.b64decode(secret[6:], validate=True)) <= 64


def test_ids_have_no_dot_which_parts_what_is_signed() -> None:
    ids = {new_message_id() for _ in range(50)}

    assert len(ids) == 50
    assert not any("." in each for each in ids)


def test_a_body_is_type_time_and_data() -> None:
    assert json.loads(body_of(Occasion.SURGE, NOON, {"held": 3})) == {
        "type": "article.surge",
        "timestamp": "2026-05-04T12:00:00+00:00",
        "data": {"held": 3},
    }
    assert json.loads(body_of(None, NOON, {}))["type"] == TEST
    assert body_of(None, NOON, {"a": 1}) == body_of(None, NOON, {"a": 1})


def test_every_occasion_has_a_type() -> None:
    assert set(TYPES) == set(Occasion)
    assert len({TEST, *TYPES.values()}) == len(Occasion) + 1
