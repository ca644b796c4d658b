"""What went wrong, in the form in which the Runtime API wants to be told."""

import importlib
import json
import sys
import traceback
from typing import Final, NamedTuple

_MAX_MESSAGE: Final = 2_000
# A fault in mid-stream travels in a trailer, which must not outgrow what a server takes as a header.
_MAX_FRAMES: Final = 20


class Fault(NamedTuple):
    """A failure: its type, a message, and the calls that led to it, outermost first."""

    kind: str
    message: str
    stack: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        """The body of an error report."""
        return json.dumps(
            {"errorType": self.kind, "errorMessage": self.message, "stackTrace": list(self.stack)}
        ).encode()


def fault_of(exc: BaseException, kind: str | None = None) -> Fault:
    """An exception as a fault, under its own name or another one."""
    frames = traceback.extract_tb(exc.__traceback__)
    # Where this package, or the machinery of imports, called the application is of no use to its author.
    theirs = [frame for frame in frames if not frame.filename.startswith(_NOT_THEIRS)]
    return Fault(
        kind=kind or type(exc).__name__,
        message=str(exc)[:_MAX_MESSAGE],
        stack=tuple(traceback.format_list(theirs[-_MAX_FRAMES:])),
    )


def log(fault: Fault, request_id: str | None = None) -> None:
    """Write a fault down as one line: CloudWatch makes an entry of each."""
    line = {"level": "ERROR", "message": fault.message, "errorType": fault.kind, "stackTrace": fault.stack}
    if request_id is not None:
        line["requestId"] = request_id
    sys.stderr.write(json.dumps(line) + "\n")
    sys.stderr.flush()


# As compiled, which is what a traceback tells; __file__ is where the module happens to lie.
_NOT_THEIRS: Final = (log.__code__.co_filename.rpartition("/")[0] + "/", importlib.__file__, "<frozen")
