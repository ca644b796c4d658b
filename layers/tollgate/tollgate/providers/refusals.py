"""A provider's refusal as ours.

What a status means differs from vendor to vendor, so texts and codes are looked at before it, in this order: the
operator's key, the operator's money, the length of the context, a filter. A caller is never blamed for the operator's
credential or account.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

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
from tollgate.providers.parameters import FIELDS, IMAGE_FIELDS

_LONGEST_MESSAGE: Final = 500
# What is read of a provider's text at all: enough to have a message left when addresses and keys are out of it.
_LONGEST_TEXT: Final = 2_000
_SHORTEST_SECRET: Final = 8

# Keys of the vendors we know, bearer tokens, and anything long and random enough to be one. Ids of tool calls (24
# characters after a dash) and names of models are shorter.
_SECRET: Final = re.compile(
    r"""(?x)
    (?<![A-Za-z0-9]) (?i: sk | pk | rk | tg | gsk | xai | hf | pplx ) [-_] [\w*…-]{6,} (?: \. [\w*…-]+ )*
    | \b AIza [\w*…-]{6,}
    | \b A[KS]IA [A-Z0-9*…]{8,}
    | \b eyJ [\w-]{8,} (?: \. [\w-]+ )*
    | (?i: \b bearer \s+ \S+ )
    | (?<![A-Za-z0-9]) (?= [A-Za-z]*\d ) [A-Za-z0-9]{28,}
    | [A-Za-z0-9+/_=-]{40,}
    """
)
_ADDRESS: Final = re.compile(r"""[^\s"'`(<\[]*://\S*|\barn:[\w-]+:\S*|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b""")
_LAST_WORD: Final = re.compile(r"\S*\Z")
_STATUS: Final = re.compile(r"[45]\d\d", re.ASCII)
# Some call a whole conversation a prompt.
_FIELDS: Final = FIELDS | IMAGE_FIELDS - {"prompt"}
_PATH_OF_FIELD: Final = re.compile(r"([a-z_]+)(?:\[\d+\]|\.[A-Za-z_]\w*)*")


class Refusal(Struct, frozen=True):
    """What a provider said: its status, and what can be read of its body, whichever form that has."""

    provider: str
    status: int
    message: str = ""
    code: str = ""
    """Its code, type and status text, separated by blanks and in lower case."""
    details: tuple[str, ...] = ()
    """Codes and reasons from deeper in the body, and the names of what its metadata holds, in lower case."""
    param: str | None = None
    retry_after_s: float | None = None
    cause: str = ""
    """What somebody said whom the provider asked in turn: looked at as its message is, and never told."""


class Rule(Struct, frozen=True):
    """A kind of error, and what gives it away: one of these statuses, and one of these codes or texts (lower case)."""

    kind: type[TollgateError]
    statuses: frozenset[int]
    codes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    only_with: str = ""
    """A code that has to be there as well."""

    def fits(self, refusal: Refusal) -> bool:
        """Whether a refusal is of this kind."""
        if refusal.status not in self.statuses:
            return False
        words = (*refusal.code.split(), *refusal.details)
        if self.only_with and self.only_with not in words:
            return False
        text = f"{refusal.message} {refusal.cause}".lower()
        return any(code in words for code in self.codes) or any(part in text for part in self.texts)


_CLIENT_ERRORS: Final = frozenset(range(400, 500))

COMMON_RULES: Final = (
    Rule(ProviderAuthFailed, _CLIENT_ERRORS, codes=("invalid_api_key", "authentication_error")),
    Rule(
        ProviderBilling,
        _CLIENT_ERRORS,
        codes=(
            "insufficient_quota",
            "billing_error",
            "billing_hard_limit_reached",
            "billing_not_active",
            "insufficient_balance",
        ),
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
    410: NoProviderAvailable,
    413: TooLarge,
    422: UpstreamRejected,
    425: ProviderOverloaded,
    429: ProviderRateLimited,
    503: ProviderOverloaded,
    504: UpstreamTimeout,
    524: UpstreamTimeout,
    529: ProviderOverloaded,
}

# What an error calls itself where no status comes with it: in the middle of a stream, or under a status of success.
_STATUS_OF_WORD: Final[Mapping[str, int]] = {
    "invalid_request_error": 400,
    "invalid_argument": 400,
    "failed_precondition": 400,
    "context_length_exceeded": 400,
    "content_filter": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "unauthenticated": 401,
    "billing_error": 402,
    "permission_error": 403,
    "permission_denied": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "not_found": 404,
    "request_too_large": 413,
    "insufficient_quota": 429,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "resource_exhausted": 429,
    "api_error": 500,
    "server_error": 500,
    "internal": 500,
    "unavailable": 503,
    "timeout_error": 504,
    "deadline_exceeded": 504,
    "overloaded_error": 529,
    # xAI has sentences for codes: https://docs.x.ai/docs/key-information/debugging
    "client_specified_an_invalid_argument": 400,
    "the_caller_does_not_have_permission_to_execute_the_specified_operation": 403,
    "some_requested_entity_was_not_found": 404,
    "some_resource_has_been_exhausted": 429,
    "the_service_is_currently_unavailable": 503,
    # AWS's: https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html
    "validationexception": 400,
    "accessdeniedexception": 403,
    "resourcenotfoundexception": 404,
    "modeltimeoutexception": 408,
    "modelerrorexception": 424,
    "modelstreamerrorexception": 424,
    "modelnotreadyexception": 429,
    "throttlingexception": 429,
    "internalserverexception": 500,
    "serviceunavailableexception": 503,
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
    """The error that a refusal becomes.

    The provider's own words are passed on for what the client did wrong, and else are for the operator alone.
    """
    kind = _kind_by_rule(refusal, rules)
    # A status that nobody has foreseen is a mistake of the provider or of this gateway, so never of the client.
    kind = kind or _BY_STATUS.get(refusal.status, UpstreamInvalid)
    facts = {"provider": refusal.provider, "upstream_status": refusal.status}
    upstream_code = clean(_most_telling(refusal.code.split())) or None
    if upstream_code:
        facts["upstream_code"] = upstream_code
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
            detail=clean(refusal.message) or None,
        )
    message = clean(refusal.message) if kind is UpstreamRejected else ""
    return kind(
        message or _MESSAGES.get(kind, "The provider refused the request."),
        param=_field_of_client(refusal.param) if issubclass(kind, BadRequest) else None,
        metadata=facts,
    )


def is_bad_key(refusal: Refusal, rules: tuple[Rule, ...] = ()) -> bool:
    """Whether a provider has refused the operator's key, under whichever status it does so.

    A bare 403 is none: it forbids something to a key that it knows.
    """
    return refusal.status == 401 or _kind_by_rule(refusal, rules) is ProviderAuthFailed


def read_refusal(
    provider: str,
    status: int,
    headers: Mapping[str, str],
    body: Any,
    *,
    secrets: Iterable[str] = (),
    now: datetime | None = None,
) -> Refusal:
    """Read a refusal from a parsed body in any of the forms that providers use; a body that is no JSON is None.

    `secrets` are texts that are taken out wherever they stand.
    """
    error = body[0] if isinstance(body, list) and body else body
    outer: Mapping[str, Any] = error if isinstance(error, dict) else {}
    inner = outer.get("error", outer)
    if isinstance(inner, str):
        # xAI and Ollama say it in one text, xAI with a code beside it.
        inner = {"message": inner, "code": outer.get("code")}
    elif not isinstance(inner, dict):
        inner = {}

    def text(value: Any) -> str:
        return _without(secrets, value) if isinstance(value, str) else ""

    metadata = inner.get("metadata")
    details = inner.get("details")
    deeper = [
        _inside(inner.get("innererror"), "code"),
        *(_inside(detail, "reason") for detail in (details if isinstance(details, list) else ())),
        *(metadata if isinstance(metadata, dict) else ()),
        _inside(metadata, "limit_source"),
    ]
    code = inner.get("code")
    # AWS names an error in a header or under this name, with an address behind or a namespace in front.
    aws = text(headers.get("x-amzn-errortype") or inner.get("__type")).partition(":")[0].rpartition("#")[2]
    codes = [str(code) if isinstance(code, int) else code, inner.get("type"), inner.get("status"), aws]
    return Refusal(
        provider=provider,
        status=status,
        message=text(_complaint(inner.get("message") or inner.get("Message"))) or text(_complaint(outer.get("detail"))),
        code=" ".join(word for value in codes if (word := _word(text(value)))),
        details=tuple(word for value in deeper if (word := _word(text(value)))),
        param=text(inner.get("param")) or None,
        retry_after_s=retry_after_s(headers, error, now=now or datetime.now(UTC)),
        # https://openrouter.ai/docs/api/reference/errors-and-debugging
        cause=text(_inside(metadata, "raw"))[:_LONGEST_TEXT],
    )


def status_in(refusal: Refusal) -> int | None:
    """The status that a refusal names in its body, by number or by word; None where it names none."""
    for word in refusal.code.split():
        if _STATUS.fullmatch(word):
            return int(word)
        if word in _STATUS_OF_WORD:
            return _STATUS_OF_WORD[word]
    return None


def clean(text: str) -> str:
    """A provider's text without addresses and without anything that could be a secret, on one line and not long."""
    if len(text) > _LONGEST_TEXT:
        # Half a key would not be known for one, so the word at the cut goes too.
        text = _LAST_WORD.sub("", text[:_LONGEST_TEXT])
    text = "".join(character for character in text if character.isprintable() or character.isspace())
    text = _SECRET.sub("[removed]", _ADDRESS.sub("[address]", text))
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"


def _kind_by_rule(refusal: Refusal, rules: tuple[Rule, ...]) -> type[TollgateError] | None:
    return next((rule.kind for rule in (*rules, *COMMON_RULES) if rule.fits(refusal)), None)


def _most_telling(words: list[str]) -> str:
    """The first word that says more than a status, which is known anyway."""
    return next((word for word in words if not _STATUS.fullmatch(word)), words[0] if words else "")


def _inside(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _complaint(said: Any) -> Any:
    """What is said, where it is no text but, as servers built with FastAPI have it, a list with what is wrong."""
    said = said.get("detail") if isinstance(said, dict) else said
    return _inside(said[0], "msg") if isinstance(said, list) and said else said


def _word(text: str) -> str:
    return "_".join(text.lower().split())


def _without(secrets: Iterable[str], text: str) -> str:
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = re.sub(re.escape(secret), "[removed]", text, flags=re.IGNORECASE)
    return text


def _field_of_client(param: str | None) -> str | None:
    match = _PATH_OF_FIELD.fullmatch(param or "")
    return param if match and match[1] in _FIELDS else None
