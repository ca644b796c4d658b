"""AWS, played for tests: what the template makes is made once, and found again empty by every test."""

import copy
from collections.abc import Callable
from typing import Any, Final

from moto.backends import get_backend

from tollgate_cli.local.state import MotoServer

_COPIED: Final = ("dynamodb", "s3", "secretsmanager")
_QUEUES: Final = "sqs"
_EMPTY: Final = ("cloudformation",)
"""Nothing of them is there when a test begins."""

_Parts = dict[tuple[str, str, str], dict[str, Any]]


class PlayedAws(MotoServer):
    """moto that can return to a state that it was in. Making the state anew takes a hundred times as long."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: _Parts | None = None

    def reset(self) -> None:
        """Forget everything, what was kept too."""
        self._kept = None
        super().reset()

    def begin(self, make: Callable[[], None]) -> None:
        """Begin with what `make` makes, as it is then."""
        if self._kept is None:
            self.reset()
            make()
            self._kept = _parts()
        else:
            _put_back(self._kept)
            for service in _EMPTY:
                for regions in get_backend(service).values():
                    for backend in regions.values():
                        backend.reset()


def _parts() -> _Parts:
    parts = {}
    for service in (*_COPIED, _QUEUES):
        for account, regions in get_backend(service).items():
            for region, backend in regions.items():
                fields = vars(backend)
                # Queues hold locks, and stay what they are.
                parts[service, account, region] = (
                    dict(fields["queues"]) if service == _QUEUES else copy.deepcopy(fields)
                )
    return parts


def _put_back(kept: _Parts) -> None:
    for (service, account, region), fields in kept.items():
        backend: Any = get_backend(service)[account][region]  # type: ignore[call-overload]
        if service == _QUEUES:
            backend.queues.clear()
            backend.queues.update(fields)
            for name, queue in fields.items():
                # A queue may be purged once a minute.
                queue.last_purged_at = None
                backend.purge_queue(name)
                queue.deleted_messages.clear()
        else:
            vars(backend).clear()
            vars(backend).update(copy.deepcopy(fields))
