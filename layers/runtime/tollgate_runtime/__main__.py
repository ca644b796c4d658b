"""`python -m tollgate_runtime`: load the application that Lambda names, and serve it."""

import asyncio
import gc
import importlib
import io
import os
import sys
from collections.abc import Mapping

from tollgate_runtime.exchange import App, BufferedExchange, StreamedExchange
from tollgate_runtime.faults import Fault, fault_of, log
from tollgate_runtime.lifespan import StartupFailed
from tollgate_runtime.loop import run
from tollgate_runtime.runtime_api import RuntimeApi, RuntimeApiError


class _LoadError(Exception):
    """The application cannot be loaded."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def main(environment: Mapping[str, str]) -> int:
    """Serve until told to stop; the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A line that is kept back while the environment is frozen may never be seen.
        sys.stdout.reconfigure(line_buffering=True)
    # What is loaded stays: looking for garbage in it is 6 % of a cold start, and 15 ms of some later request. It is
    # looked for again once the application is ready.
    gc.disable()
    api = RuntimeApi(environment["AWS_LAMBDA_RUNTIME_API"])
    try:
        return _serve(api, environment)
    except RuntimeApiError as exc:
        log(fault_of(exc, "Runtime.ApiError"))
        return 1


def _serve(api: RuntimeApi, environment: Mapping[str, str]) -> int:
    # `sam local` cannot read a streamed answer.
    is_local = environment.get("AWS_SAM_LOCAL") == "true"
    try:
        app = _load(environment["_HANDLER"], environment.get("LAMBDA_TASK_ROOT", ""))
        asyncio.run(run(api, app, BufferedExchange if is_local else StreamedExchange))
    except _LoadError as exc:
        fault = exc.fault
    except StartupFailed as exc:
        fault = fault_of(exc, "Runtime.StartupFailed")
    else:
        return 0
    log(fault)
    asyncio.run(api.fail_init(fault))
    return 1


def _load(handler: str, root: str) -> App:
    """The application that a handler such as `app.app` or `folder/app.app` names. Raises _LoadError."""
    if root and root not in sys.path:
        sys.path.insert(0, root)
    module_name, _, name = handler.rpartition(".")
    if not module_name or not name:
        raise _LoadError(
            Fault("Runtime.MalformedHandlerName", f"The handler '{handler}' is not of the form 'file.name'.")
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as exc:
        raise _LoadError(fault_of(exc, "Runtime.ImportModuleError")) from exc
    except SyntaxError as exc:
        raise _LoadError(fault_of(exc, "Runtime.UserCodeSyntaxError")) from exc
    except Exception as exc:
        raise _LoadError(fault_of(exc)) from exc
    app: App | None = getattr(module, name, None)
    if not callable(app):
        raise _LoadError(Fault("Runtime.HandlerNotFound", f"The module '{module_name}' has no application '{name}'."))
    return app


if __name__ == "__main__":
    sys.exit(main(os.environ))
