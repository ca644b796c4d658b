"""What an application can ask about its invocation: the context object, with the names of Lambda's own runtime."""

import os
import time

from tollgate_runtime.runtime_api import Invocation


class Context:
    """The context of one invocation, in `scope["aws.context"]`."""

    # Those of a call by an AWS mobile SDK, which no request of an API has.
    client_context = None
    identity = None

    def __init__(self, invocation: Invocation) -> None:
        setting = os.environ.get
        self.aws_request_id = invocation.request_id
        self.invoked_function_arn = invocation.function_arn
        self.function_name = setting("AWS_LAMBDA_FUNCTION_NAME", "")
        self.function_version = setting("AWS_LAMBDA_FUNCTION_VERSION", "")
        self.memory_limit_in_mb = setting("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
        self.log_group_name = setting("AWS_LAMBDA_LOG_GROUP_NAME", "")
        self.log_stream_name = setting("AWS_LAMBDA_LOG_STREAM_NAME", "")
        self._deadline_ms = invocation.deadline_ms

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda stops the function."""
        return max(self._deadline_ms - int(time.time() * 1000), 0)
