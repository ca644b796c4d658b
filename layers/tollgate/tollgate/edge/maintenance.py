"""A gateway that its operator has closed for a while."""

from datetime import datetime
from typing import Final

from tollgate.auth.capabilities import may
from tollgate.contracts.caller import Call
from tollgate.errors import InMaintenance
from tollgate.resources import Resources

_USUAL_WAIT_S: Final = 60.0
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def check_open(call: Call, resources: Resources, *, capability: str | None) -> None:
    """Refuse a request while the gateway is closed.

    What anybody may read stays open: how things are, the documents, the files of the chat in a page. So does everything
    for keys that may operate, which have to try it before others may.

    Raises InMaintenance.
    """
    maintenance = resources.settings.maintenance
    if not maintenance or may(call.caller.capabilities, "operate"):
        return
    if capability is None and call.method in _READING:
        return
    recovery = _moment(maintenance)
    wait_s = (recovery - resources.now()).total_seconds() if recovery else _USUAL_WAIT_S
    raise InMaintenance(
        f"The gateway is closed for maintenance until about {maintenance}."
        if recovery
        else "The gateway is closed for maintenance. Try again later.",
        # The end has come, and it is not open yet.
        retry_after_s=wait_s if wait_s > 0 else _USUAL_WAIT_S,
        metadata={"estimated_recovery": maintenance if recovery else None},
    )


def _moment(text: str) -> datetime | None:
    """When that is; None where it is no time, or one of which nobody says where."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
