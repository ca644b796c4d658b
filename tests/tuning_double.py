"""OpenAI's fine-tuning API on loopback: files, jobs, events and results, in the states that a test wants."""

import json
from base64 import b64encode
from typing import Any

from tests.upstream import Received, Reply, a_completion, json_reply, raw_reply
from tests.wire import read
from tollgate.contracts.shapes import Form
from tollgate.edge.forms import parse_form

CSV = b"step,train_loss\n1,1.9\n2,0.7\n"
TUNED = "ft:gpt-4.1-mini-2025-04-14:operator::Bx1"


class TuningDouble:
    """Answers as OpenAI does; `status` is that of its one job."""

    def __init__(self) -> None:
        self.status = "queued"
        self.trained_tokens: int | None = None
        self.error: dict[str, Any] = {}
        self.failures: list[Reply] = []
        """Given in place of the next answers."""
        self.cannot: dict[str, Reply] = {}
        """What is answered to calls whose path ends so."""
        self.files: list[tuple[str, bytes]] = []
        self.jobs: list[dict[str, Any]] = []
        self.keys: list[str] = []

    def __call__(self, request: Received) -> Reply:
        path = request.path.partition("?")[0].removeprefix("/v1")
        self.keys.append(request.headers["authorization"].removeprefix("Bearer "))
        if self.failures:
            return self.failures.pop(0)
        for end, reply in self.cannot.items():
            if path.endswith(end):
                return reply
        steps = path.split("/")[1:]
        return self._told(steps) if request.method == "GET" else self._done(steps, request)

    def _told(self, steps: list[str]) -> Reply:
        match steps:
            case ["files", "file-result", "content"]:
                return raw_reply(b64encode(CSV), "application/octet-stream")
            case ["fine_tuning", "jobs"]:
                found = [self._job()] if self.jobs else []
                return json_reply({"object": "list", "data": found, "has_more": False})
            case ["fine_tuning", "jobs", _, "events"]:
                return json_reply(read("openai", "fine_tuning", "events.json"))
            case ["fine_tuning", "jobs", _]:
                return json_reply(self._job())
        raise AssertionError(f"nobody asks OpenAI for {steps}")

    def _done(self, steps: list[str], request: Received) -> Reply:
        match steps:
            case ["files"]:
                form = parse_form(request.body, request.headers["content-type"], Form)
                assert form["purpose"] == "fine-tune"
                self.files.append((form["file"].name, form["file"].content))
                return json_reply({**read("openai", "fine_tuning", "file.json"), "id": f"file-{len(self.files)}"})
            case ["fine_tuning", "jobs"]:
                self.jobs.append(json.loads(request.body))
                return json_reply(self._job())
            case ["fine_tuning", "jobs", _, "cancel"]:
                if self.status in {"succeeded", "failed", "cancelled"}:
                    return json_reply(read("openai", "fine_tuning", "too_late.json"), 400)
                self.status = "cancelled"
                return json_reply(self._job())
            case ["chat", "completions"]:
                return json_reply(a_completion())
        raise AssertionError(f"nobody asks OpenAI to do {steps}")

    def _job(self) -> dict[str, Any]:
        job = {**read("openai", "fine_tuning", "job.json"), "status": self.status, "error": self.error}
        job["trained_tokens"] = self.trained_tokens
        if self.jobs:
            job["metadata"] = self.jobs[-1]["metadata"]
        if self.status == "succeeded":
            job |= {"fine_tuned_model": TUNED, "result_files": ["file-result"], "finished_at": 1795285500}
        return job
