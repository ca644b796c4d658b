"""Who is calling, and the call itself."""

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from tollgate.contracts.catalogue import Model


class SpendLimit(Struct, frozen=True):
    """What a key may spend, in US dollars, within one window; without a window, in all its life."""

    limit_usd: Decimal | None = None
    """None where it may spend all that the account has; what it spends is counted all the same."""
    reset: str | None = None
    """`daily`, `weekly`, `monthly`, or None for never."""


class Caller(Struct, frozen=True):
    """A key, the account that it belongs to, and what it may do. An anonymous caller has no key and no account."""

    account_id: str = ""
    key_id: str = ""
    capabilities: frozenset[str] = frozenset()
    scope: tuple[str, ...] | None = None
    """Model ids and `provider/*` wildcards that the key may use; None means every model."""
    spend_limit: SpendLimit = SpendLimit()
    limits: Mapping[str, int] = field(default_factory=dict)
    requests_made: int | None = None
    """Requests of the key within this minute, with this one, where they are limited and it calls no model."""

    @property
    def is_anonymous(self) -> bool:
        """Whether the request came without a credential, on a route that allows it."""
        return not self.key_id


class Call(Struct):
    """One HTTP request as services see it: who makes it, and the facts beside its body.

    `later` collects work that nobody has to wait for: it runs, in order, after the last byte was sent or the client
    went away, whatever became of the request.
    """

    request_id: str
    caller: Caller
    method: str = "GET"
    path: str = "/"
    """As it was sent, still percent-encoded."""
    operation: str = ""
    """The endpoint that is called, by its family and name, as in `router/create_chat_completion`."""
    address: str = ""
    """The IP address that the request came from, as API Gateway saw it."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """The JSON body as it was sent, unknown fields included."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case names."""
    time_left_s: float = 900.0
    """Seconds that the function may still run when the request arrived."""
    is_charged: bool = False
    """Whether something of the request has been or will be charged: repeating it then is no second request."""
    tuned: dict[str, Model] = field(default_factory=dict)
    """Models of the account's own that the request names, by the ids that it has for them."""
    later: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    answer_headers: dict[str, str] = field(default_factory=dict)
    """What the answer tells beside what it is about, be it a failure: what is left of the rate limits."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the log line of the request should say: model, provider, tokens, cost. Never a prompt or an answer."""
