"""The runtime as a process, against a Runtime API that watches its words."""

import base64
import json
from pathlib import Path

import pytest

from tests.runtime.builders import an_event
from tests.runtime.process import APPS, ROOT, Start
from tests.runtime.runtime_api_server import RuntimeApiServer

EVERY_BYTE = bytes(range(256)) * 5


async def test_a_piece_has_arrived_before_the_application_sends_the_next(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.two_pieces")

    invocation = api.invoke(an_event())
    await invocation.streamed(b"first ")
    arrived_before = invocation.payload
    await api.release("second piece")
    await invocation.answered()

    assert arrived_before == b"first "
    assert invocation.payload == b"first second"


async def test_the_answer_is_whole_on_the_wire_before_the_work_after_it_ends(
    api: RuntimeApiServer, start: Start
) -> None:
    await start("apps.works_afterwards")

    await api.answer(an_event())
    await api.heard("settling begins")
    await api.release("go on")
    await api.polled(2)

    assert api.said.index("end request-1") < api.said.index("settling ends") < len(api.said) - 1
    assert api.said[-1] == "poll"


async def test_pieces_of_several_tasks_arrive_each_as_a_whole(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.speaks_in_chorus")

    invocation = await api.answer(an_event())

    assert sorted([invocation.payload[at : at + 3] for at in (0, 3, 6)]) == [b"aaa", b"bbb", b"ccc"]
    assert invocation.payload[9:] == b"."


async def test_a_failure_before_the_first_piece_is_reported_as_an_error(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.fails")

    invocation = await api.answer(an_event())
    await api.polled(2)

    assert invocation.error is not None
    assert invocation.error.kind == "ValueError"
    assert invocation.error.document["errorMessage"] == "no answer today"
    assert "apps.py" in invocation.error.document["stackTrace"][0]
    assert "tollgate_runtime" not in "".join(invocation.error.document["stackTrace"])


async def test_a_failure_in_mid_stream_is_told_in_the_trailers_and_the_next_request_is_served(
    api: RuntimeApiServer, start: Start
) -> None:
    await start("apps.fails_midway")

    cut = await api.answer(an_event())
    well = await api.answer(an_event(path="/well"))

    assert cut.payload == b"so far "
    assert cut.trailing_error.kind == "ValueError"
    assert cut.trailing_error.document["errorMessage"] == "no farther"
    assert (well.payload, well.trailers) == (b"hello", {})


async def test_a_failure_after_the_answer_is_written_down_and_changes_nothing(
    api: RuntimeApiServer, start: Start
) -> None:
    runtime = await start("apps.fails_afterwards")

    invocation = await api.answer(an_event())
    await api.polled(2)

    assert (invocation.payload, invocation.trailers, invocation.error) == (b"hello", {}, None)
    line = json.loads(runtime.output)
    assert (line["errorType"], line["message"], line["requestId"]) == ("ValueError", "too late to matter", "request-1")


async def test_an_application_that_returns_without_an_answer_is_an_error(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.says_nothing")

    invocation = await api.answer(an_event())

    assert invocation.error is not None
    assert invocation.error.kind == "Runtime.NoAnswer"


async def test_an_application_that_stops_in_mid_stream_is_an_error(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.stops_midway")

    invocation = await api.answer(an_event())

    assert invocation.payload == b"so far"
    assert invocation.trailing_error.kind == "Runtime.NoAnswer"


async def test_a_message_after_the_last_one_is_refused(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.talks_out_of_turn")

    invocation = await api.answer(an_event())
    await api.heard("refused")

    assert invocation.payload == b"hello"
    assert "http.response.body" in api.told["refused"]


async def test_an_event_that_is_no_request_is_an_error(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.hello")

    invocation = await api.answer({"source": "aws.events"})
    well = await api.answer(an_event())

    assert invocation.error is not None
    assert invocation.error.kind == "NotARequest"
    assert well.payload == b"hello"


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        ("raises_at_import.app", "LookupError"),
        ("lacks_a_module.app", "Runtime.ImportModuleError"),
        ("no_such_file.app", "Runtime.ImportModuleError"),
        ("apps.no_such_name", "Runtime.HandlerNotFound"),
        ("apps.not_callable", "Runtime.HandlerNotFound"),
        ("apps", "Runtime.MalformedHandlerName"),
    ],
)
async def test_an_application_that_cannot_be_loaded_is_an_init_error(
    api: RuntimeApiServer, start: Start, handler: str, kind: str
) -> None:
    runtime = await start(handler)

    exit_code = await runtime.exit_code()

    assert exit_code == 1
    assert api.init_error is not None
    assert api.init_error.kind == kind
    assert api.said == ["init error"]


async def test_a_module_with_a_mistake_in_its_syntax_is_an_init_error(
    api: RuntimeApiServer, start: Start, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text("def app(:\n")

    runtime = await start("app.app", LAMBDA_TASK_ROOT=str(tmp_path))

    assert await runtime.exit_code() == 1
    assert api.init_error is not None
    assert api.init_error.kind == "Runtime.UserCodeSyntaxError"


async def test_the_application_is_ready_before_its_first_request_and_ends_after_its_last(
    api: RuntimeApiServer, start: Start
) -> None:
    runtime = await start("apps.gets_ready")

    await api.heard("getting ready begins")
    await api.release("be ready")
    invocation = await api.answer(an_event())
    await api.polled(2)
    runtime.terminate()

    assert invocation.payload == b"hello"
    assert await runtime.exit_code() == 0
    assert api.said[:3] == ["getting ready begins", "getting ready ends", "poll"]
    assert api.said[-3:] == ["poll", "coming to an end begins", "coming to an end ends"]


async def test_an_application_that_says_that_it_cannot_start_is_an_init_error(
    api: RuntimeApiServer, start: Start
) -> None:
    runtime = await start("apps.cannot_start")

    assert await runtime.exit_code() == 1
    assert api.init_error is not None
    assert api.init_error.kind == "Runtime.StartupFailed"
    assert api.init_error.document["errorMessage"] == "no table is named"
    assert api.said == ["init error"]


async def test_a_handler_may_lie_in_a_folder(api: RuntimeApiServer, start: Start, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "app.py").write_text("from apps import hello as app\n")

    await start("folder/app.app", LAMBDA_TASK_ROOT=str(tmp_path), PYTHONPATH=f"{ROOT / 'layers/runtime'}:{APPS}")
    invocation = await api.answer(an_event())

    assert invocation.payload == b"hello"


async def test_binary_bodies_pass_in_both_directions(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.echo")
    event = an_event(
        "POST",
        multiValueHeaders={"Content-Type": ["audio/wav"]},
        body=base64.b64encode(EVERY_BYTE).decode(),
        isBase64Encoded=True,
    )

    invocation = await api.answer(event)

    assert invocation.payload == EVERY_BYTE
    assert invocation.prelude["headers"] == {"content-type": "audio/wav"}


async def test_an_event_that_comes_in_chunks_is_read_whole(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.echo")
    body = "ä" * 1_000_000

    invocation = await api.answer(an_event("POST", body=body))

    assert invocation.payload == body.encode()


async def test_headers_with_several_values_and_cookies_keep_them_all(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.many_headers")

    invocation = await api.answer(an_event())

    assert invocation.prelude == {
        "statusCode": 207,
        "headers": {"content-type": "text/plain; charset=utf-8", "x-name": "Zoë"},
        "multiValueHeaders": {"x-tag": ["one", "two"]},
        "cookies": ["a=1; Path=/", "b=2"],
    }


async def test_more_headers_than_api_gateway_reads_are_an_error(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.too_many_headers")

    invocation = await api.answer(an_event())

    assert invocation.error is not None
    assert "16384" in invocation.error.document["errorMessage"]


async def test_an_answer_without_a_body_is_a_prelude_alone(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.nothing_to_say")

    invocation = await api.answer(an_event("DELETE"))

    assert (invocation.prelude["statusCode"], invocation.payload) == (204, b"")


async def test_the_request_arrives_as_it_was_sent(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.mirror")
    event = an_event(
        "PUT",
        "/v1/models/a%2Fb%20c%C3%A9",
        multiValueHeaders={
            "Host": ["api.example.com"],
            "Cookie": ["a=1; b=2"],
            "X-Tag": ["one", "two"],
            "X-Forwarded-Proto": ["https"],
        },
        multiValueQueryStringParameters={"a": ["1 & 2", "é"], "empty": [""]},
        body="text",
    )

    seen = json.loads((await api.answer(event)).payload)

    assert (seen["method"], seen["path"], seen["raw_path"]) == (
        "PUT",
        "/v1/models/a/b cé",
        "/v1/models/a%2Fb%20c%C3%A9",
    )
    assert seen["query_string"] == "a=1%20%26%202&a=%C3%A9&empty="
    assert seen["headers"] == [
        ["host", "api.example.com"],
        ["cookie", "a=1; b=2"],
        ["x-tag", "one"],
        ["x-tag", "two"],
        ["x-forwarded-proto", "https"],
    ]
    assert (seen["body"], seen["client"], seen["server"], seen["scheme"]) == (
        "text",
        ["192.0.2.7", 0],
        ["api.example.com", 443],
        "https",
    )
    assert seen["event"] == event


async def test_the_context_tells_about_the_invocation_and_the_function(api: RuntimeApiServer, start: Start) -> None:
    await start(
        "apps.mirror",
        AWS_LAMBDA_FUNCTION_NAME="chat",
        AWS_LAMBDA_FUNCTION_VERSION="$LATEST",
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE="512",
        AWS_LAMBDA_LOG_GROUP_NAME="/tollgate/chat",
        AWS_LAMBDA_LOG_STREAM_NAME="2026/11/21/[$LATEST]1",
    )

    await api.answer(an_event())
    seen = json.loads((await api.answer(an_event())).payload)

    assert seen["context"] == {
        "aws_request_id": "request-2",
        "invoked_function_arn": "arn:aws:lambda:eu-central-1:123456789012:function:tried",
        "function_name": "chat",
        "function_version": "$LATEST",
        "memory_limit_in_mb": "512",
        "log_group_name": "/tollgate/chat",
        "log_stream_name": "2026/11/21/[$LATEST]1",
    }
    assert seen["has_time_left"] is True


async def test_the_trace_id_is_in_the_environment_while_its_request_is_served(
    api: RuntimeApiServer, start: Start
) -> None:
    await start("apps.mirror")
    trace_id = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"

    traced = json.loads((await api.answer(an_event(), headers={"Lambda-Runtime-Trace-Id": trace_id})).payload)
    untraced = json.loads((await api.answer(an_event())).payload)

    assert (traced["trace_id"], untraced["trace_id"]) == (trace_id, None)


@pytest.mark.parametrize("handler", ["apps.hello", "apps.fails"])
async def test_the_id_of_the_attempt_is_given_back(api: RuntimeApiServer, start: Start, handler: str) -> None:
    await start(handler)

    # The server refuses an answer that lacks it.
    invocation = await api.answer(an_event(), headers={"Lambda-Runtime-Invocation-Id": "attempt-1"})

    assert invocation.state == "done"


async def test_at_the_deadline_a_request_without_an_answer_is_an_error_and_the_next_is_served(
    api: RuntimeApiServer, start: Start
) -> None:
    await start("apps.is_slow")

    mute = await api.answer(an_event(path="/mute"), time_left_s=0.3)
    well = await api.answer(an_event(path="/well"))

    assert mute.error is not None
    assert mute.error.kind == "Runtime.DeadlineExceeded"
    assert well.payload == b"hello"


async def test_at_the_deadline_a_stream_is_cut_with_an_error_in_its_trailers(
    api: RuntimeApiServer, start: Start
) -> None:
    await start("apps.is_slow")

    cut = await api.answer(an_event(path="/cut"), time_left_s=0.3)

    assert cut.payload == b"so far "
    assert cut.trailing_error.kind == "Runtime.DeadlineExceeded"


async def test_at_the_deadline_an_application_may_still_say_its_last_words(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.is_slow")

    polite = await api.answer(an_event(path="/polite"), time_left_s=0.3)

    assert (polite.payload, polite.trailers) == (b"so far goodbye", {})


async def test_at_the_deadline_the_work_after_an_answer_is_stopped_and_the_next_request_is_served(
    api: RuntimeApiServer, start: Start
) -> None:
    runtime = await start("apps.is_slow")

    await api.answer(an_event(path="/at-work"), time_left_s=0.3)
    well = await api.answer(an_event(path="/well"))

    assert well.payload == b"hello"
    assert json.loads(runtime.output)["errorType"] == "Runtime.DeadlineExceeded"


async def test_a_client_that_goes_is_told_to_the_application_whose_work_is_done_all_the_same(
    api: RuntimeApiServer, start: Start
) -> None:
    await start("apps.watches_its_client")

    invocation = api.invoke(an_event())
    await invocation.streamed(b"first")
    await invocation.hang_up()
    await api.polled(2)
    well = await api.answer(an_event(path="/well"))

    assert api.told == {"received": "http.disconnect", "sending raised": "ConnectionAbortedError"}
    assert api.said.index("settling ends") < api.said.index("poll", 1)
    assert well.payload == b"hello"


async def test_an_application_that_passes_the_error_of_a_gone_client_on_has_not_failed(
    api: RuntimeApiServer, start: Start
) -> None:
    runtime = await start("apps.lets_its_client_go")

    invocation = api.invoke(an_event())
    await invocation.streamed(b"piece")
    await invocation.hang_up()
    await api.polled(2)

    assert runtime.output == ""


async def test_after_the_answer_the_application_receives_the_disconnect(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.hears_the_end")

    await api.answer(an_event())
    await api.heard("received")

    assert api.told["received"] == "http.disconnect"


async def test_a_poll_whose_connection_drops_is_made_again(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.hello")

    await api.polled(1)
    api.drop_connection()
    await api.polled(2)
    invocation = await api.answer(an_event())

    assert invocation.payload == b"hello"


async def test_a_connection_that_was_closed_meanwhile_is_opened_again_for_the_answer(
    api: RuntimeApiServer, start: Start
) -> None:
    await start("apps.thinks")

    invocation = api.invoke(an_event())
    await api.heard("thinking")
    api.drop_connection()
    await api.release("go on")
    await invocation.answered()

    assert invocation.payload == b"hello"


async def test_an_answer_that_is_refused_does_not_keep_the_next_request_from_being_served(
    api: RuntimeApiServer, start: Start
) -> None:
    await start("apps.hello")

    api.verdict = "413 Payload Too Large"
    await api.answer(an_event())
    await api.polled(2)
    well = await api.answer(an_event())

    assert well.payload == b"hello"


@pytest.mark.parametrize("handler", ["apps.hello", "apps.fails"])
async def test_when_the_environment_has_failed_the_process_ends(
    api: RuntimeApiServer, start: Start, handler: str
) -> None:
    runtime = await start(handler)

    api.verdict = "500 Container Error"
    await api.answer(an_event())

    assert await runtime.exit_code() == 1
    assert api.polls == 1


async def test_without_a_runtime_api_the_process_ends(api: RuntimeApiServer, start: Start) -> None:
    runtime = await start("apps.hello")

    await api.polled(1)
    api.stop_listening()
    api.drop_connection()

    assert await runtime.exit_code() == 1
    assert json.loads(runtime.output)["errorType"] == "Runtime.ApiError"


async def test_sigterm_ends_an_idle_runtime_at_once(api: RuntimeApiServer, start: Start) -> None:
    runtime = await start("apps.hello")

    await api.answer(an_event())
    await api.polled(2)
    runtime.terminate()

    assert await runtime.exit_code() == 0
    assert runtime.output == ""


async def test_sigterm_lets_a_request_that_is_being_served_end(api: RuntimeApiServer, start: Start) -> None:
    runtime = await start("apps.works_afterwards")

    await api.answer(an_event())
    await api.heard("settling begins")
    runtime.terminate()
    await api.release("go on")

    assert await runtime.exit_code() == 0
    assert api.said[-1] == "settling ends"


async def test_a_line_that_the_application_prints_is_not_kept_back(api: RuntimeApiServer, start: Start) -> None:
    runtime = await start("apps.prints")

    await api.answer(an_event())

    assert runtime.output == "a line of the application's\n"


async def test_under_sam_local_the_answer_is_one_proxy_response(api: RuntimeApiServer, start: Start) -> None:
    await start("apps.two_pieces", AWS_SAM_LOCAL="true")

    invocation = api.invoke(an_event())
    await api.release("second piece")
    await invocation.answered()

    assert invocation.is_streamed is False
    assert invocation.document == {
        "statusCode": 200,
        "headers": {"content-type": "text/plain"},
        "multiValueHeaders": {},
        "body": "first second",
        "isBase64Encoded": False,
    }


async def test_under_sam_local_work_goes_on_after_the_answer_and_failures_are_errors(
    api: RuntimeApiServer, start: Start
) -> None:
    await start("apps.fails_midway", AWS_SAM_LOCAL="true")

    cut = await api.answer(an_event())
    well = await api.answer(an_event(path="/well"))

    assert cut.error is not None
    assert cut.error.document["errorMessage"] == "no farther"
    assert well.document["body"] == "hello"


async def test_ten_thousand_requests_leave_no_memory_behind(api: RuntimeApiServer, start: Start) -> None:
    runtime = await start("apps.fails_midway")

    async def serve(times: int) -> int:
        for _ in range(times // 100):
            invocations = [api.invoke(an_event(path="/well" if turn else "/cut")) for turn in range(100)]
            await invocations[-1].answered()
            api.said.clear()
        return runtime.resident_bytes

    after_2_000 = await serve(2_000)
    after_10_000 = await serve(8_000)

    assert after_10_000 - after_2_000 < 2_000_000
