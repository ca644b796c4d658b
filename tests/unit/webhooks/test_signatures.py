"""Signatures, held against a published vector and against the library that receivers verify with."""

import base64
import string
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from tollgate.webhooks.event import body_of
from tollgate.webhooks.signatures import headers_for, new_secret, plain_signature

_BODY = body_of("evt_9c1d", "generation.completed", {"id": "gen_9c1d", "score": 9.0}, created=1_767_225_600)
_SECRETS = st.text(string.printable[:95], min_size=16, max_size=64)


def _headers(*secrets: str, body: str = _BODY, now: datetime | None = None) -> dict[str, str]:
    return headers_for(
        body,
        event_id="evt_9c1d",
        kind="generation.completed",
        attempt=3,
        signed_with=secrets,
        now=now or datetime.now(UTC),
    )


def test_the_vector_of_the_contract() -> None:
    assert len(_BODY.encode()) == 120
    signature = plain_signature(_BODY, "whsec_contract_vector_01")
    assert signature == "862c8bdc4fef3b9596da3c9b80f7a700e2d38be621dfe540c89159b3a66ac950"


def test_the_headers_say_which_event_and_attempt_it_is() -> None:
    headers = _headers("whsec_contract_vector_01", now=datetime(2026, 1, 1, 0, 0, 0, 999_999, UTC))

    assert {name: value for name, value in headers.items() if "signature" not in name} == {
        "content-type": "application/json",
        "user-agent": "Tollgate-Webhooks/1",
        "x-wp-llm-event": "generation.completed",
        "x-wp-llm-delivery": "evt_9c1d",
        "x-wp-llm-attempt": "3",
        "webhook-id": "evt_9c1d",
        "webhook-timestamp": "1767225600",
    }


def test_a_secret_of_ours_is_one_of_standard_webhooks() -> None:
    secret = new_secret()

    Webhook(secret).verify(_BODY, _headers(secret))

    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 24


def test_both_secrets_verify_while_they_overlap() -> None:
    old, new = new_secret(), new_secret()
    headers = _headers(old, new)

    for secret in (old, new):
        Webhook(secret).verify(_BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(_BODY, headers)
    assert headers["x-wp-llm-signature"] == plain_signature(_BODY, old)


@given(_SECRETS)
def test_a_secret_that_is_no_base64_is_the_key_itself(secret: str) -> None:
    headers = _headers(secret)
    text = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        key = secret.encode()

    Webhook(key).verify(_BODY, headers)


def test_a_signature_is_no_other_bodys() -> None:
    secret = new_secret()

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(_BODY.replace("9}", "8}"), _headers(secret))
