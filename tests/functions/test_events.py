"""What endpoints tell webhooks of: after their answer, once, and what the answer said."""

from typing import Any

import pytest

from tests.mail import Office
from tests.upstream import Upstream, raw_reply

_ECHO = "<?php echo $_GET['a'];"
_FILES = [{"name": "a.php", "content": _ECHO}]
_ANALYSES: dict[str, dict[str, Any]] = {
    "/v1/analyze": {"code": _ECHO, "analysis_type": "security"},
    "/v1/analyze/batch": {"files": _FILES, "analysis_type": "security"},
    "/v1/blocks/analyze": {"block_code": "export {};", "analysis_type": "quality"},
    "/v1/themes/analyze": {"theme_files": _FILES, "analysis_type": "security"},
}


async def _events(office: Office, receiver: Upstream) -> list[Any]:
    await office.work_off()
    return [request.json for request in receiver.requests]


@pytest.mark.parametrize("path", _ANALYSES)
async def test_an_analysis_tells_what_it_answered(office: Office, path: str) -> None:
    async with Upstream(raw_reply("")) as receiver:
        await office.webhook(receiver.url, "analysis.completed", "analysis.failed")
        answer = (await office.send("POST", path, json=_ANALYSES[path])).json()

        (event,) = await _events(office, receiver)

    assert (event["type"], event["data"]) == ("analysis.completed", answer)


async def test_an_analysis_in_another_form_tells_the_same(office: Office) -> None:
    async with Upstream(raw_reply("")) as receiver:
        await office.webhook(receiver.url)
        headers = {"accept": "application/sarif+json"}
        answer = await office.send("POST", "/v1/analyze", json=_ANALYSES["/v1/analyze"], headers=headers)

        (event,) = await _events(office, receiver)

    assert "runs" in answer.json()
    assert (event["data"]["object"], event["data"]["score"]) == ("code_analysis", 2.5)


async def test_an_analysis_that_fails_tells_why(office: Office) -> None:
    empty = await office.world.account(balance_usd=None)
    key = await office.world.key(empty)
    async with Upstream(raw_reply("")) as receiver:
        body = {"url": receiver.url, "events": ["analysis.completed", "analysis.failed"]}
        await office.send("POST", "/v1/webhooks", json=body, key=key)
        asked = {**_ANALYSES["/v1/analyze"], "model": "sandbox/chat"}
        answer = await office.send("POST", "/v1/analyze", json=asked, key=key)

        (event,) = await _events(office, receiver)

    assert answer.status_code == 402
    assert event["type"] == "analysis.failed"
    assert event["data"].pop("id").startswith("analysis_")
    assert event["data"] == {
        "object": "code_analysis",
        "error": {"code": "insufficient_balance", "message": answer.json()["error"]["message"]},
    }


@pytest.mark.parametrize("changes", [{"code": " "}, {"model": "no/model"}, {"code": "x" * 262_145}])
async def test_a_request_that_is_refused_tells_nothing(office: Office, changes: dict[str, Any]) -> None:
    async with Upstream(raw_reply("")) as receiver:
        await office.webhook(receiver.url, "analysis.completed", "analysis.failed")
        answer = await office.send("POST", "/v1/analyze", json={**_ANALYSES["/v1/analyze"], **changes})

        assert answer.status_code in {400, 404, 413}
        assert await _events(office, receiver) == []


async def test_a_request_that_is_repeated_tells_once(office: Office) -> None:
    async with Upstream(raw_reply("")) as receiver:
        await office.webhook(receiver.url)
        headers = {"idempotency-key": "once"}
        for _ in range(2):
            await office.send("POST", "/v1/analyze", json=_ANALYSES["/v1/analyze"], headers=headers)

        assert len(await _events(office, receiver)) == 1


async def test_nothing_is_asked_for_events_before_the_answer_and_one_write_makes_one_afterwards(
    office: Office,
) -> None:
    office.mail.calls.clear()
    await office.send("POST", "/v1/analyze", json=_ANALYSES["/v1/analyze"])

    calls = [name for name in office.mail.calls if name.startswith("before")]
    # The authorizer reads the key and notes that it was used.
    assert calls[-1] == "before SendMessage"
    assert calls.count("before SendMessage") == 1
    assert "before Query" not in calls


async def test_an_answer_is_given_although_its_event_cannot_be_queued(office: Office) -> None:
    office.mail.kill = lambda name: _fail() if name == "before SendMessage" else False

    answer = await office.send("POST", "/v1/analyze", json=_ANALYSES["/v1/analyze"])

    assert (answer.status_code, answer.json()["score"]) == (200, 2.5)


def _fail() -> bool:
    raise ConnectionError
