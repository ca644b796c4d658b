"""The keys themselves: how they look, and what is kept of them."""

import hashlib
import hmac
import re
import secrets
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEY: Final = re.compile(r"tg-[0-9A-Za-z]{43}")


def new_key() -> str:
    """A fresh key: `tg-` and 43 base62 characters, 256 bits."""
    return "tg-" + "".join(secrets.choice(_ALPHABET) for _ in range(43))


def looks_like_key(text: str) -> bool:
    """Whether a text has the form of a key. What has not is refused without a look-up."""
    return _KEY.fullmatch(text) is not None


def hash_key(key: str, pepper: bytes) -> str:
    """What is stored instead of a key: HMAC-SHA-256 under the deployment's secret, in hexadecimal."""
    return hmac.new(pepper, key.encode(), hashlib.sha256).hexdigest()


def same_hash(one: str, other: str) -> bool:
    """Compare two hashes in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def hint(key: str) -> str:
    """Enough of a key for its owner to recognise it: `tg-AbCd…wXyZ`."""
    return f"{key[:7]}…{key[-4:]}"


def hash_user(account_id: str, user: str) -> str:
    """The end user that a client named, as a provider gets to see it: stable within an account, and unreadable."""
    return hmac.new(account_id.encode(), user.encode(), hashlib.sha256).hexdigest()[:48]
