"""What functions ask of AWS while they are tested: who, which action, of what. It is held against their policies.

The local gateway says which function runs; a job that a test runs by itself is known by the module that it is in.
"""

import inspect
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import CodeType, FrameType
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import httpx2
import pytest

from tollgate.edge.streaming import Message, Receive, Send
from tollgate.resources import Resources
from tollgate.stores.secrets import Secrets
from tollgate_cli.local.gateway import RUNNING, LocalGateway, load_handler
from tollgate_cli.local.state import physical_name
from tollgate_cli.template import ROOT, read_template

_SCOPE: Final = re.compile(r"Credential=[^/]+/\d+/[\w-]+/([\w-]+)/aws4_request")
_SIGNED: Final = re.compile(rb"https?://[^\"\\\s]+X-Amz-Signature=\w+")
_OBJECT: Final = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
_FOLDERS: Final = ("tests/functions",)
"""Tests in which every function does all that it is there for."""


class Call(NamedTuple):
    """A function's call: an action of IAM, and what of the template it was for, as its policies name it.

    `resource` is a logical id, and `part` what follows its ARN: an index, or a folder of a bucket. Models of Bedrock
    are no part of the template.
    """

    function: str
    action: str
    resource: str
    part: str = ""


_TESTS: Final = str(ROOT / "tests")

SEEN: Final[set[Call]] = set()
"""The calls so far."""


def watched(resources: Resources) -> Resources:
    """The same resources, whose calls to AWS are noted, and whose secrets each function reads for itself."""
    resources.http.event_hooks["request"].append(_note)
    resources.__dict__["secrets"] = _SecretsOfEach(resources.secrets._client)
    return resources


def watched_app(gateway: LocalGateway) -> Callable[..., Any]:
    """The same gateway. What it signs for others counts as done by the function that signs."""

    async def app(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        async def watching(message: Message) -> None:
            for address in _SIGNED.findall(message.get("body", b"")):
                _add(_signed(address.decode()))
            await send(message)

        await gateway(scope, receive, watching)

    return app


def put_last(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort the tests of policies to the end; the one of what is unused is left out of a run that is not whole."""
    last = [item for item in items if item.get_closest_marker("last")]
    rest = [item for item in items if item not in last]
    left_out = [] if _is_whole(config, rest) else [item for item in last if item.get_closest_marker("whole_run")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [*rest, *(item for item in last if item not in left_out)]


def _is_whole(config: pytest.Config, items: Iterable[pytest.Item]) -> bool:
    files = {file for folder in _FOLDERS for file in (ROOT / folder).rglob("test_*.py")}
    narrowed = config.option.keyword or config.option.markexpr or config.option.lf or "::" in " ".join(config.args)
    return not narrowed and files <= {item.path for item in items}


class _SecretsOfEach(Secrets):
    """Secrets that every function has to read, as its container does, whatever another has read before it."""

    def __init__(self, client: Any) -> None:
        self._of: dict[str | None, dict[str, tuple[float, str]]] = {}
        super().__init__(client)

    @property
    def _remembered(self) -> dict[str, tuple[float, str]]:
        return self._of.setdefault(_who(), {})

    @_remembered.setter
    def _remembered(self, value: dict[str, tuple[float, str]]) -> None:
        self._of[_who()] = value


async def _note(request: httpx2.Request) -> None:
    scope = _SCOPE.search(request.headers.get("authorization", ""))
    if scope and not _is_read_again(request):
        _add(_read(scope[1], request))


def _is_read_again(request: httpx2.Request) -> bool:
    """Whether a write failed and its item is looked at, which is done at stand-ins for DynamoDB alone."""
    is_read = request.headers.get("x-amz-target", "").endswith(".GetItem")
    return is_read and any(code.co_qualname == "Table._write" for code in _stack())


def _add(calls: Iterable[tuple[str, str, str]]) -> None:
    function = _who()
    if function is not None:
        # A test may have a function ask for what is not there at all.
        SEEN.update(Call(function, *call) for call in calls if not call[1] or call[1] in _logical_ids().values())


def _read(service: str, request: httpx2.Request) -> Iterator[tuple[str, str, str]]:
    """The actions that a signed request takes leave for."""
    address = str(request.url)
    match service:
        case "dynamodb":
            yield from _items(request.headers["x-amz-target"].rpartition(".")[2], json.loads(request.content))
        case "secretsmanager":
            action = request.headers["x-amz-target"].rpartition(".")[2]
            yield f"{service}:{action}", _logical(json.loads(request.content)["SecretId"]), ""
        case "sqs":
            action = request.headers["x-amz-target"].rpartition(".")[2].removesuffix("Batch")
            name = json.loads(request.content)["QueueUrl"].rpartition("/")[2]
            yield f"{service}:{action}", _logical(name), ""
        case "s3":
            yield from _objects(request.method, address, request.headers)
        case "bedrock":
            is_streamed = "stream" in urlsplit(address).path.rpartition("/")[2]
            yield f"bedrock:InvokeModel{'WithResponseStream' if is_streamed else ''}", "", ""
        case "monitoring":
            yield f"cloudwatch:{request.headers['x-amz-target'].rpartition('.')[2]}", "", "*"
        case _:
            raise AssertionError(f"{service} is not known here: say which actions a call of it takes leave for")


def _items(operation: str, payload: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Actions on tables: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html."""
    for one in payload.get("TransactItems", ()):
        ((action, item),) = one.items()
        name = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "Get": "GetItem"}.get(action)
        yield f"dynamodb:{name or 'ConditionCheckItem'}", _logical(item["TableName"]), ""
    for table in payload.get("RequestItems", ()):
        yield f"dynamodb:{operation}", _logical(table), ""
    if "TableName" in payload:
        index = payload.get("IndexName")
        yield f"dynamodb:{operation}", _logical(payload["TableName"]), f"/index/{index}" if index else ""


def _objects(method: str, address: str, headers: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Actions on a bucket: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html."""
    parts = urlsplit(address)
    _, bucket, key = unquote(parts.path).split("/", 2) if parts.path.count("/") > 1 else ("", parts.path[1:], "")
    query = parse_qs(parts.query, keep_blank_values=True)
    folder = f"/{key.partition('/')[0]}/*" if key else ""
    if not key:
        yield "s3:ListBucket", _logical(bucket), ""
    elif method == "POST" or "uploadId" in query:
        yield ("s3:AbortMultipartUpload" if method == "DELETE" else "s3:PutObject"), _logical(bucket), folder
    else:
        yield f"s3:{_OBJECT[method]}", _logical(bucket), folder
        if "x-amz-tagging" in headers:
            yield "s3:PutObjectTagging", _logical(bucket), folder


def _signed(address: str) -> Iterator[tuple[str, str, str]]:
    """What somebody may do who was given an address. Who writes has to send the headers that it was signed with."""
    (signed,) = parse_qs(urlsplit(address).query)["X-Amz-SignedHeaders"]
    yield from _objects("GET" if signed == "host" else "PUT", address.partition("?")[0], {})


@cache
def _logical_ids() -> Mapping[str, str]:
    return {physical_name(name): name for name in read_template().raw["Resources"]}


def _logical(name: str) -> str:
    return _logical_ids().get(name, name)


def _who() -> str | None:
    """The function that is running: as the gateway says, or by its job on the stack."""
    if running := RUNNING.get():
        return running
    jobs, files = _jobs()
    beside: str | None = None
    for code in _stack():
        if job := jobs.get((code.co_filename, code.co_name)):
            return job
        if code.co_filename.startswith(_TESTS) and code.co_filename != __file__:
            # A test that looks at something while a job is at it.
            return None
        # What a job does in tasks of its own has the job no longer on its stack.
        beside = beside or files.get(code.co_filename)
    return beside


def _stack() -> Iterator[CodeType]:
    """What is running, the innermost first."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        yield frame.f_code
        frame = frame.f_back


@cache
def _jobs() -> tuple[Mapping[tuple[str, str], str], Mapping[str, str]]:
    """The workers by the file and the name of their job, and by files that hold the job of one alone."""
    jobs = {}
    for name, function in read_template().functions.items():
        if function.folder.startswith("workers/"):
            job = load_handler(function, "handler").job
            jobs[inspect.getfile(job), job.__name__] = name
    files = Counter(file for file, _ in jobs)
    return jobs, {file: name for (file, _), name in jobs.items() if files[file] == 1}
