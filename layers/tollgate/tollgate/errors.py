"""What can go wrong, as one tree.

TollgateError
├── BadRequest                  the request cannot be understood; `param` names the field
│   ├── InvalidJson
│   ├── InvalidMultipart
│   ├── MissingParams           fields that have to be there; `metadata.params` lists them
│   ├── InvalidParams           fields that are not as they should be; `metadata.params` and `metadata.details` say why
│   ├── InvalidModelId
│   ├── WrongEndpoint           the model answers another kind of request
│   ├── UnsupportedParameter    the model cannot do what was asked, and leaving it out would change the meaning
│   ├── ContextLengthExceeded
│   ├── ContentFiltered         a filter refused the prompt
│   ├── PaymentDeclined         the payment method was refused; nothing was changed
│   ├── ProviderNotConfigured
│   └── UpstreamRejected        the provider refused the request, for a reason of its own
├── Unauthenticated
│   ├── MissingKey
│   ├── AmbiguousCredentials
│   ├── KeyDisabled
│   └── KeyExpired
├── PaymentRequired             the balance, with one subclass for each of the four answers, and the quota of a plan
│   ├── InsufficientBalance
│   ├── RequestExceedsBalance
│   ├── BalanceReserved         other calls in flight hold the money
│   ├── KeyLimitReached
│   └── QuotaExceeded           the tokens of the plan's period are used up
├── Forbidden
│   ├── InsufficientScope       the key lacks a capability
│   └── ModelNotAllowed
├── NotFound
│   ├── RouteNotFound
│   ├── ModelNotFound
│   ├── KeyNotFound
│   ├── AccountNotFound
│   ├── WebhookNotFound
│   ├── DeliveryNotFound
│   ├── FileNotFound
│   └── FineTuneNotFound
├── MethodNotAllowed
├── Conflict
│   ├── PlanChanging            another change of the plan is being paid for
│   ├── IdempotencyInProgress   the request is being answered under the same key
│   ├── IdempotencyTooLarge     it was answered, and the answer was too large to keep
│   ├── IdempotencyNotKept      it was answered, and such answers are not kept
│   └── IdempotencyIncomplete   its answer broke off
├── TooLarge
│   ├── AudioTooLarge
│   └── AnswerTooLarge
├── UnsupportedMediaType
├── Impossible                  well formed, and still not possible
│   ├── UnknownModelInScope
│   ├── DimensionMismatch       the vectors of a model and those of a store have different lengths
│   └── IdempotencyKeyReused
├── RateLimited
│   ├── DayLimited              a limit of a whole day: the wait may be long
│   └── QuotaExhausted          a visitor has used what a chatbot grants one; waiting a moment does not help
├── Unavailable                 Tollgate itself cannot answer now
│   ├── GateBusy
│   ├── GateUnavailable
│   ├── InMaintenance           its operator has closed it for a while
│   └── ModelUnpriced
└── UpstreamError               the provider failed us; `provider` names it
    ├── ProviderAuthFailed      the operator's credential
    ├── ProviderBilling         the operator's account with the provider
    ├── UpstreamInvalid         an answer that makes no sense, or none
    │   └── ConnectFailed
    ├── ProviderRateLimited
    ├── ProviderOverloaded
    ├── NoProviderAvailable
    ├── UpstreamTimeout
    └── StreamTimeout           a stream reached its lifetime
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class TollgateError(Exception):
    """Something that a caller is told about.

    `message` is for people; `code` is stable and for programs; `param` is the path of the field at fault, as in
    `messages[0].content`; `metadata` holds facts about this occurrence; `retry_after_s` is a hint in seconds. None of
    them ever holds a key, a prompt or a provider's raw answer.
    """

    code: ClassVar[str] = "internal_error"

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        retry_after_s: float | None = None,
        code: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after_s = retry_after_s
        self.metadata = dict(metadata or {})
        self.reason = code or self.code
        """The code that the caller sees: the class's own, unless this occurrence has a finer one."""


class BadRequest(TollgateError):
    """The request cannot be understood; `param` names the field."""

    code = "invalid_request"


class InvalidJson(BadRequest):
    """The body is not JSON, or is JSON that no client can have meant: NaN, Infinity, half a surrogate pair."""

    code = "invalid_json"


class InvalidMultipart(BadRequest):
    """The body is no form with parts, or ends before its last part does."""

    code = "invalid_multipart"


class MissingParams(BadRequest):
    """Fields that have to be there are not; `data.params` lists them."""


class InvalidParams(BadRequest):
    """Fields are not as they should be; `data.params` and `data.details` say which, and why."""


class InvalidModelId(BadRequest):
    """The model id has no slash, or characters that no id has."""

    code = "invalid_model_id"


class WrongEndpoint(BadRequest):
    """The model answers another kind of request; `metadata.endpoint` names the right one."""

    code = "wrong_endpoint"


class UnsupportedParameter(BadRequest):
    """The model cannot do what was asked, and leaving it out would change the meaning."""

    code = "unsupported_parameter"


class ContextLengthExceeded(BadRequest):
    """The prompt and the output cap do not fit the model's window."""

    code = "context_length_exceeded"


class ContentFiltered(BadRequest):
    """A filter refused the prompt."""

    code = "content_filter"


class PaymentDeclined(BadRequest):
    """The payment method was refused: nothing was charged, and nothing has changed."""

    code = "payment_declined"


class ProviderNotConfigured(BadRequest):
    """The provider that was asked about has no credential on this gateway."""

    code = "ai_provider_not_configured"


class UpstreamRejected(BadRequest):
    """The provider refused the request, for a reason that has no code of ours."""

    code = "upstream_rejected"


class Unauthenticated(TollgateError):
    """No valid key came with the request."""

    code = "invalid_api_key"


class MissingKey(Unauthenticated):
    """No credential at all."""

    code = "missing_api_key"


class AmbiguousCredentials(Unauthenticated):
    """Two forms of credential with two different keys."""

    code = "ambiguous_credentials"


class KeyDisabled(Unauthenticated):
    """The key exists and is switched off."""

    code = "key_disabled"


class KeyExpired(Unauthenticated):
    """The key exists and its time is over."""

    code = "key_expired"


class PaymentRequired(TollgateError):
    """The account cannot pay for the request."""

    code = "insufficient_balance"


class InsufficientBalance(PaymentRequired):
    """The balance is zero or below."""


class RequestExceedsBalance(PaymentRequired):
    """The worst case of the request is more than the account owns."""

    code = "request_exceeds_balance"


class BalanceReserved(PaymentRequired):
    """The account owns enough, but calls in flight hold it: worth another try."""

    code = "balance_reserved"


class KeyLimitReached(PaymentRequired):
    """The key's own spend limit has no room for the request."""

    code = "key_limit_reached"


class QuotaExceeded(PaymentRequired):
    """The tokens of the plan's period are used up; `metadata` says how many there are and when it ends."""

    code = "quota_exceeded"


class Forbidden(TollgateError):
    """The caller is known and may not do this."""

    code = "forbidden"


class InsufficientScope(Forbidden):
    """The key lacks the capability that the route needs."""

    code = "insufficient_scope"


class ModelNotAllowed(Forbidden):
    """The key's model scope does not include the model."""

    code = "model_not_allowed"


class NotFound(TollgateError):
    """There is no such thing, or not for this caller."""

    code = "not_found"


class RouteNotFound(NotFound):
    """There is no such path."""

    code = "route_not_found"


class ModelNotFound(NotFound):
    """There is no such model, or not for this key."""

    code = "model_not_found"


class KeyNotFound(NotFound):
    """There is no such key in this account."""

    code = "key_not_found"


class AccountNotFound(NotFound):
    """There is no such account."""

    code = "account_not_found"


class WebhookNotFound(NotFound):
    """There is no such webhook in this account."""

    code = "webhook_not_found"


class DeliveryNotFound(NotFound):
    """There is no such delivery to that webhook, or it is too long ago."""

    code = "delivery_not_found"


class FileNotFound(NotFound):
    """There is no such file in this account."""

    code = "file_not_found"


class FineTuneNotFound(NotFound):
    """There is no such training in this account."""

    code = "fine_tune_not_found"


class MethodNotAllowed(TollgateError):
    """The path exists and does not take this method; `metadata.allow` lists those that it takes."""

    code = "method_not_allowed"


class Conflict(TollgateError):
    """The state of things does not allow it now."""

    code = "conflict"


class PlanChanging(Conflict):
    """Another change of the plan is being paid for; it is finished in a few minutes at the latest."""

    code = "plan_changing"


class IdempotencyInProgress(Conflict):
    """A request with the same idempotency key is still in progress."""

    code = "idempotency_in_progress"


class IdempotencyTooLarge(Conflict):
    """The request with this idempotency key was answered, and the answer was too large to keep."""

    code = "idempotency_too_large"


class IdempotencyNotKept(Conflict):
    """The request with this idempotency key was answered, and the answer was not kept."""

    code = "idempotency_not_kept"


class IdempotencyIncomplete(Conflict):
    """The answer that is given again broke off when it was given first: told at its end, in the stream."""

    code = "idempotency_incomplete"


class TooLarge(TollgateError):
    """The request is above a size limit; `metadata.limit_bytes` and `metadata.received_bytes` say by how much."""

    code = "request_too_large"


class AudioTooLarge(TooLarge):
    """The recording at the address is above the limit."""

    code = "audio_too_large"


class AnswerTooLarge(TooLarge):
    """What was made is too large to be sent as it was asked for; `data.urls` says where it is for an hour."""

    code = "prompt_response_too_large"


class UnsupportedMediaType(TollgateError):
    """The body's content type is not one that the route reads."""

    code = "unsupported_media_type"


class Impossible(TollgateError):
    """The request is well formed and still cannot be done."""

    code = "invalid_request"


class UnknownModelInScope(Impossible):
    """A key's scope names a model that the gateway does not offer."""

    code = "unknown_model_in_scope"


class DimensionMismatch(Impossible):
    """The vectors of a model and those of a store have different lengths."""

    code = "dimension_mismatch"


class IdempotencyKeyReused(Impossible):
    """The idempotency key was used for another request."""

    code = "idempotency_key_reused"


class RateLimited(TollgateError):
    """Too many requests; `retry_after_s` says when to come back."""

    code = "rate_limit_exceeded"


class DayLimited(RateLimited):
    """Too many requests in this day; `retry_after_s` is the time to midnight in UTC."""


class QuotaExhausted(RateLimited):
    """A visitor has used what a chatbot grants one in a period; `data.quota_notice` is what to show."""

    code = "quota_exhausted"


class Unavailable(TollgateError):
    """Tollgate itself cannot answer now."""

    code = "service_unavailable"


class InMaintenance(Unavailable):
    """The operator has closed the gateway for a while; `metadata.estimated_recovery` says until when, if they did."""

    code = "maintenance"


class GateBusy(Unavailable):
    """The account's record is under more load than it takes; nothing was reserved."""

    code = "gate_busy"


class GateUnavailable(Unavailable):
    """The store could not confirm a reservation, so the call is refused: never admitted on trust."""

    code = "gate_unavailable"


class ModelUnpriced(Unavailable):
    """The model has no price, so no worst case can be computed."""

    code = "model_unpriced"


class UpstreamError(TollgateError):
    """The provider failed us; `provider` names it.

    `upstream_status` and `upstream_code` are what it said. `may_fall_back` tells whether another provider may be asked.
    `detail` is for the operator alone: the provider's own words, or what is wrong with the gateway's settings. Keys and
    addresses that could be secret are not in it either.
    """

    code = "upstream_invalid_response"
    may_fall_back: ClassVar[bool] = True

    def __init__(
        self,
        message: str,
        *,
        provider: str = "",
        upstream_status: int | None = None,
        upstream_code: str | None = None,
        detail: str | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(message, **rest)
        self.provider = provider
        self.upstream_status = upstream_status
        self.upstream_code = upstream_code
        self.detail = detail


class ProviderAuthFailed(UpstreamError):
    """The provider refused the operator's credential."""

    code = "provider_auth_failed"


class ProviderBilling(UpstreamError):
    """The operator's account with the provider is out of money."""

    code = "provider_billing"


class UpstreamInvalid(UpstreamError):
    """The provider answered with an error of its own, with nonsense, or could not be reached."""


class ConnectFailed(UpstreamInvalid):
    """No connection was made, so nothing can have been started or billed: the one failure that is tried again."""


class ProviderOverloaded(UpstreamError):
    """The provider is too busy."""

    code = "provider_overloaded"


class NoProviderAvailable(UpstreamError):
    """Nobody can answer for this model: not configured, gone upstream, or excluded by the request."""

    code = "no_provider_available"


class ProviderRateLimited(UpstreamError):
    """The provider's limit for the operator is reached."""

    code = "rate_limit_exceeded"


class UpstreamTimeout(UpstreamError):
    """The provider took too long. It may still be working, and billing."""

    code = "upstream_timeout"


class StreamTimeout(UpstreamError):
    """The stream reached its lifetime."""

    code = "stream_timeout"
    may_fall_back = False
