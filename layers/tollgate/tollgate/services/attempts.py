"""Asking one candidate after the other until one answers, and saying what came of each."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, Final, Generic, Protocol, TypeVar

from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import Delta
from tollgate.errors import (
    ConnectFailed,
    ContentFiltered,
    ContextLengthExceeded,
    NoProviderAvailable,
    ProviderRateLimited,
    TollgateError,
    UpstreamError,
)
from tollgate.resources import Resources

T = TypeVar("T")
C = TypeVar("C", bound="Asked")

WAITING_S: Final = 60.0
"""How long failures may add up before no further attempt is made."""
# What another model may take, and this one does not. The caller has to have named that other model.
_ANOTHER_MAY_TAKE: Final = (ContextLengthExceeded, ContentFiltered)


class Asked(Protocol):
    """Who can be asked: whatever else it is, it is for a model."""

    @property
    def model(self) -> Model:
        """The model."""
        ...


class Attempts(Generic[C]):
    """The attempts of one call. `candidate` is who is asked now, or who answered."""

    def __init__(
        self,
        candidates: Sequence[C],
        call: Call,
        resources: Resources,
        *,
        is_listed: bool,
        skipped: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`is_listed`: the caller named the candidates itself. `skipped` are those that its key may not use."""
        self._left = list(candidates)
        self._call = call
        self._resources = resources
        self._is_listed = is_listed
        self._skipped = list(skipped)
        self._failures: list[dict[str, Any]] = []
        self._hints_s: list[float] = []
        self._was_retried = False
        self._clock = clock
        self._gives_up_at = clock() + WAITING_S
        self.candidate = self._left.pop(0)

    @property
    def count(self) -> int:
        """How many attempts were made, the one that is under way included."""
        return len(self._failures) + 1

    async def complete(self, ask: Callable[[C], Awaitable[T]]) -> T:
        """The first answer.

        Raises what the last attempt raised.
        """
        while True:
            began = self._clock()
            try:
                answer = await ask(self.candidate)
            except TollgateError as exc:
                self._next(exc)
            else:
                self._succeeded(self._clock() - began)
                return answer

    async def stream(self, ask: Callable[[C], AsyncGenerator[Delta, None]]) -> AsyncGenerator[Delta, None]:
        """The pieces of the first answer that says anything; after that, its failure is final.

        Raises what the last attempt raised.
        """
        while True:
            unsaid: list[Delta] | None = []
            began = self._clock()
            try:
                async with aclosing(ask(self.candidate)) as deltas:
                    async for delta in deltas:
                        if unsaid is None:
                            yield delta
                            continue
                        unsaid.append(delta)
                        if _says_something(delta):
                            self._succeeded(self._clock() - began)
                            held, unsaid = unsaid, None
                            for one in held:
                                yield one
                for one in unsaid or ():
                    yield one
            except TollgateError as exc:
                if unsaid is None:
                    self._note(exc)
                    raise self._told(exc) from exc.__cause__
                self._next(exc)
            else:
                return

    def _succeeded(self, first_s: float) -> None:
        model = self.candidate.model
        self._resources.cooldowns.succeeded(model.provider)
        self._resources.pace.saw_first(model.id, first_s)

    def _next(self, error: TollgateError) -> None:
        """Go on to who is asked next.

        Raises `error` when that is nobody.
        """
        self._note(error)
        if isinstance(error, ConnectFailed) and not self._was_retried:
            self._was_retried = True
        elif self._left and self._may_go_on(error):
            self._was_retried = False
            self.candidate = self._left.pop(0)
        else:
            raise self._told(error) from error.__cause__
        if self._clock() >= self._gives_up_at:
            raise self._told(error) from error.__cause__

    def _may_go_on(self, error: TollgateError) -> bool:
        if isinstance(error, UpstreamError):
            return error.may_fall_back
        return self._is_listed and isinstance(error, _ANOTHER_MAY_TAKE)

    def _note(self, error: TollgateError) -> None:
        model = self.candidate.model
        status = error.upstream_status if isinstance(error, UpstreamError) else None
        self._failures.append({"provider": model.provider, "model": model.id, "status": status, "code": error.reason})
        if error.retry_after_s is not None:
            self._hints_s.append(error.retry_after_s)
        if isinstance(error, UpstreamError) and not isinstance(error, NoProviderAvailable):
            cooldown = self._resources.cooldowns.failed(model.provider, self._resources.now(), error.retry_after_s)
            if cooldown is not None:
                self._call.later.append(lambda: self._resources.cooldowns.start(model.provider, cooldown))

    def _told(self, error: TollgateError) -> TollgateError:
        error.metadata["attempts"] = self._failures
        if self._skipped:
            error.metadata["skipped"] = self._skipped
        if isinstance(error, ProviderRateLimited) and self._hints_s:
            error.retry_after_s = min(self._hints_s)
        return error


def _says_something(delta: Delta) -> bool:
    return delta.usage is not None or any(
        choice.get("finish_reason")
        or any(value for name, value in (choice.get("delta") or {}).items() if name != "role")
        for choice in delta.choices
    )
