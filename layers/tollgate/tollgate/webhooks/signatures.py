"""How a receiver knows that an event is ours: two sets of headers over the same bytes.

The plain one is a hexadecimal HMAC-SHA-256 of the body under the whole secret. The other one is that of Standard
Webhooks, which has the time in it and can name several signatures.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import string
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from standardwebhooks import Webhook

USER_AGENT: Final = "Tollgate-Webhooks/1"
_PREFIX: Final = "whsec_"
# 32 characters of base64: the 24 bytes that Standard Webhooks asks for at least.
_ALPHABET: Final = string.ascii_letters + string.digits
_LENGTH: Final = 32


def new_secret() -> str:
    """A secret that nobody has."""
    return _PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def headers_for(
    body: str, *, event_id: str, kind: str, attempt: int, signed_with: Sequence[str], now: datetime
) -> dict[str, str]:
    """The headers of an attempt. `signed_with` are the secrets in force, the oldest first.

    The plain signature is the oldest one's, so that a receiver which knows both loses nothing while they change.
    """
    sent_at = now.replace(microsecond=0)
    standard = [_standard(secret).sign(event_id, sent_at, body) for secret in signed_with]
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "x-wp-llm-signature": plain_signature(body, signed_with[0]),
        "x-wp-llm-event": kind,
        "x-wp-llm-delivery": event_id,
        "x-wp-llm-attempt": str(attempt),
        "webhook-id": event_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": " ".join(reversed(standard)),
    }


def plain_signature(body: str, secret: str) -> str:
    """The body's HMAC-SHA-256 under the whole secret, in lower-case hexadecimal digits."""
    return hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()


def _standard(secret: str) -> Webhook:
    """Who signs in the manner of Standard Webhooks: with what the secret is the base64 of, or with itself."""
    text = secret.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = secret.encode()
    return Webhook(key or secret.encode())
