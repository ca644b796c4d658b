"""A provider's refusal as ours.

What a status means differs from vendor to vendor, so texts and codes are looked at before it, in this order: the
operator's key, the operator's money, the length of the context, a filter. A caller is never blamed for the operator's
credential or account.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from tollgate.errors import (
    BadRequest,
    ContentFiltered,
    ContextLengthExceeded,
    NoProviderAvailable,
    ProviderAuthFailed,
    ProviderBilling,
    ProviderOverloaded,
    ProviderRateLimited,
    TollgateError,
    TooLarge,
    UpstreamError,
    UpstreamInvalid,
    UpstreamRejected,
    UpstreamTimeout,
)
from tollgate.providers.hints import retry_after_s

_LONGEST_MESSAGE: Final = 500

# Keys of the vendors we know, bearer tokens, and anything long and random enough to be one.
_SECRET: Final = re.compile(
    r"(?i)\b(?:sk|pk|rk|tg|gsk|xai|sk-ant|sk-or|AIza|AKIA|ASIA)[-_A-Za-z0-9]*[*…A-Za-z0-9_-]{6,}|bearer\s+\S+|\b[A-Za-z0-9_-]{40,}\b"
)
_ADDRESS: Final = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a provider said: its status, and what can be read of its body, whichever form that has."""

    provider: str
    status: int
    message: str = ""
    code: str = ""
    """Every code, type and reason in the body, separated by blanks and in lower case."""
    param: str | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of error, and what gives it away: one of these statuses, and one of these codes or texts (lower case)."""

    kind: type[TollgateError]
    statuses: frozenset[int]
    codes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def fits(self, refusal: Refusal) -> bool:
        """Whether a refusal is of this kind."""
        if refusal.status not in self.statuses:
            return False
        words = refusal.code.split()
        text = refusal.message.lower()
        return any(code in words for code in self.codes) or any(part in text for part in self.texts)


_CLIENT_ERRORS: Final = frozenset(range(400, 500))

COMMON_RULES: Final = (
    Rule(ProviderAuthFailed, _CLIENT_ERRORS, codes=("invalid_api_key", "authentication_error")),
    Rule(
        ProviderBilling,
        _CLIENT_ERRORS,
        codes=("insufficient_quota", "billing_error", "billing_hard_limit_reached", "insufficient_balance"),
    ),
    Rule(
        ContextLengthExceeded,
        frozenset({400, 413, 422}),
        codes=("context_length_exceeded",),
        texts=(
            "maximum context length",
            "prompt is too long",
            "exceeds the maximum number of tokens",
            "input token count",
            "exceed context limit",
        ),
    ),
    Rule(
        ContentFiltered,
        frozenset({400, 403}),
        codes=("content_filter", "content_policy_violation", "moderation_blocked", "responsibleaipolicyviolation"),
    ),
)
"""What every vendor of OpenAI's language says. A vendor's own rules come before them."""

_BY_STATUS: Final[Mapping[int, type[TollgateError]]] = {
    400: UpstreamRejected,
    401: ProviderAuthFailed,
    402: ProviderBilling,
    403: ProviderAuthFailed,
    404: NoProviderAvailable,
    408: UpstreamTimeout,
    409: ProviderOverloaded,
    413: TooLarge,
    422: UpstreamRejected,
    425: ProviderOverloaded,
    429: ProviderRateLimited,
    503: ProviderOverloaded,
    504: UpstreamTimeout,
    524: UpstreamTimeout,
    529: ProviderOverloaded,
}

_MESSAGES: Final[Mapping[type[TollgateError], str]] = {
    ProviderAuthFailed: "The provider refused the gateway's own credential. Only the gateway's operator can mend it.",
    ProviderBilling: "The gateway's own account with the provider cannot pay. Only the gateway's operator can mend it.",
    ContextLengthExceeded: "The prompt and the output cap are longer than the model's context window.",
    ContentFiltered: "The provider's content filter refused the prompt.",
    NoProviderAvailable: "The provider does not serve this model now.",
    UpstreamTimeout: "The provider took too long to answer.",
    ProviderOverloaded: "The provider is overloaded. Try again.",
    ProviderRateLimited: "The provider's rate limit is reached. Try again.",
    TooLarge: "The request is larger than the provider takes.",
    UpstreamInvalid: "The provider failed to answer.",
}


def to_error(refusal: Refusal, rules: tuple[Rule, ...] = ()) -> TollgateError:
    """The error that a refusal becomes. The provider's own words are passed on only for what the client did wrong."""
    kind = next((rule.kind for rule in (*rules, *COMMON_RULES) if rule.fits(refusal)), None)
    kind = (
        kind or _BY_STATUS.get(refusal.status) or (UpstreamRejected if 400 <= refusal.status < 500 else UpstreamInvalid)
    )
    facts = {"provider": refusal.provider, "upstream_status": refusal.status}
    upstream_code = clean(refusal.code.split()[0]) if refusal.code else None
    if upstream_code:
        facts["upstream_code"] = upstream_code
    if issubclass(kind, BadRequest) or kind is TooLarge:
        message = clean(refusal.message) if kind is UpstreamRejected else ""
        return kind(
            message or _MESSAGES.get(kind, "The provider refused the request."),
            param=refusal.param if kind is UpstreamRejected else None,
            metadata=facts,
        )
    if issubclass(kind, UpstreamError):
        hint = refusal.retry_after_s
        if hint is None and kind in {ProviderRateLimited, ProviderOverloaded}:
            hint = 1.0
        return kind(
            _MESSAGES[kind],
            provider=refusal.provider,
            upstream_status=refusal.status,
            upstream_code=upstream_code,
            retry_after_s=hint,
            metadata=facts,
        )
    return kind(_MESSAGES[kind], metadata=facts)


def read_refusal(
    provider: str, status: int, headers: Mapping[str, str], body: Any, *, now: datetime | None = None
) -> Refusal:
    """Read a refusal from a parsed body in any of the forms that providers use; a body that is no JSON is None."""
    error = body[0] if isinstance(body, list) and body else body
    inner = error.get("error", error) if isinstance(error, dict) else error
    codes: list[str] = []
    message, param = "", None
    if isinstance(inner, str):
        message = inner
        codes.append(str(error.get("code", "")) if isinstance(error, dict) else "")
    elif isinstance(inner, dict):
        message = str(inner.get("message") or "")
        param = inner["param"] if isinstance(inner.get("param"), str) else None
        codes += [str(inner.get(name) or "") for name in ("code", "type", "status")]
        deeper = inner.get("innererror")
        codes.append(str(deeper.get("code") or "") if isinstance(deeper, dict) else "")
        details = inner.get("details")
        codes += [
            str(detail.get("reason") or "")
            for detail in (details if isinstance(details, list) else ())
            if isinstance(detail, dict)
        ]
    return Refusal(
        provider=provider,
        status=status,
        message=message,
        code=" ".join(code.lower().replace(" ", "_") for code in codes if code),
        param=param,
        retry_after_s=retry_after_s(headers, error, now=now or datetime.now(UTC)),
    )


def clean(text: str) -> str:
    """A provider's text without addresses and without anything that could be a secret, on one line and not long."""
    text = _SECRET.sub("[removed]", _ADDRESS.sub("[address]", text))
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"
