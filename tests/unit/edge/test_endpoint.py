"""An endpoint, from the request to the work after the answer."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from tests.asgi import Client, ask
from tests.builders import NOW, a_caller
from tollgate.contracts.answer import Answer, StreamedAnswer
from tollgate.contracts.caller import Call, Caller
from tollgate.contracts.shapes import Query, Shape
from tollgate.edge.endpoint import MAX_BODY_BYTES, Endpoint, endpoint
from tollgate.errors import (
    ModelNotAllowed,
    ModelNotFound,
    ProviderOverloaded,
    RequestExceedsBalance,
    UpstreamInvalid,
    UpstreamTimeout,
)
from tollgate.resources import Resources
from tollgate.settings import Settings
from tollgate.stores.table import to_wire_map


class Thing(Shape):
    name: str
    size: int = 1


class Page(Query):
    limit: int = 20


Maker = Callable[..., Endpoint]


class Store:
    """DynamoDB with one account."""

    def __init__(self) -> None:
        self.balance = "10"
        self.is_down = False
        self.reads = 0
        self.greetings = 0

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            self.greetings += 1
            return httpx2.Response(200, text="healthy")
        assert request.headers["x-amz-target"].endswith("GetItem")
        self.reads += 1
        if self.is_down:
            return httpx2.Response(400, json={"__type": "ResourceNotFoundException"})
        money = {name: {"N": self.balance} for name in ("balance", "available")} | {"reserved": {"N": "0"}}
        texts = {"account_id": "acct_1", "name": "test", "created_at": "", "updated_at": ""}
        item = to_wire_map({**texts, "limits": {}, "spend": {}, "holds": {}}) | money
        return httpx2.Response(200, json={"Item": item})


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
async def make(store: Store) -> AsyncIterator[Maker]:
    """Make an endpoint of a stub service."""
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(store.answer)) as http:
        resources = Resources(
            settings=Settings(
                accounts_table="accounts",
                environment={"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"},
            ),
            http=http,
            now=lambda: NOW,
            new_id=lambda prefix: f"{prefix}_1",
        )

        def make(service: Any, *, capability: str | None = None, **declared: Any) -> Endpoint:
            return endpoint(service, capability=capability, **declared).with_resources(resources)

        yield make


async def nothing() -> dict[str, Any]:
    return {"done": True}


async def test_what_a_service_returns_is_answered_as_json(make: Maker) -> None:
    client = await ask(make(nothing))

    assert (client.status, client.json, client.is_whole) == (200, {"done": True}, True)
    assert client.headers["content-type"] == "application/json; charset=utf-8"
    assert client.headers["content-length"] == str(len(client.body))


async def test_success_has_the_status_that_was_declared(make: Maker) -> None:
    assert (await ask(make(nothing, status=201))).status == 201


async def test_a_contract_is_answered_with_the_names_of_its_fields(make: Maker) -> None:
    async def service() -> Thing:
        return Thing(name="größe")

    assert (await ask(make(service))).json == {"name": "größe", "size": 1}


async def test_an_answer_brings_its_own_status_headers_and_bytes(make: Maker) -> None:
    async def service() -> Answer:
        return Answer(content=b"<p>", status=202, headers={"etag": '"1"'}, media_type="text/html")

    client = await ask(make(service))

    assert (client.status, client.body) == (202, b"<p>")
    assert (client.headers["content-type"], client.headers["etag"]) == ("text/html", '"1"')


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("content", [b"", None])
async def test_an_answer_without_a_body_has_nothing_that_describes_one(
    make: Maker, status: int, content: bytes | None
) -> None:
    async def service() -> Answer:
        return Answer(content=content, status=status, headers={"etag": '"1"'})

    client = await ask(make(service))

    assert (client.status, client.body, client.is_whole) == (status, b"", True)
    assert not {"content-type", "content-length"} & client.headers.keys()
    assert client.headers["etag"] == '"1"'


async def test_a_service_is_given_what_it_names(make: Maker) -> None:
    given: dict[str, Any] = {}

    async def service(request: Thing, query: Page, call: Call, thing_id: str, resources: Resources) -> None:
        given.update(request=request, query=query, call=call, thing_id=thing_id, resources=resources)

    await ask(
        make(service, body=Thing, query=Page),
        {"name": "a", "colour": "red"},
        path="/base/things/a%252Fb/",
        resource="/things/{thing_id}",
        query="limit=5&limit=6",
        headers={"x-note": "hello"},
    )

    assert (given["request"], given["query"], given["thing_id"]) == (Thing(name="a"), Page(limit=6), "a%2Fb")
    call = given["call"]
    assert (call.request_id, call.method, call.path) == ("req_1", "POST", "/base/things/a%252Fb/")
    assert (call.body, call.headers["x-note"]) == ({"name": "a", "colour": "red"}, "hello")
    assert call.caller == a_caller()


async def test_a_service_is_given_nothing_that_it_does_not_name(make: Maker) -> None:
    async def service(query: Page) -> int:
        return query.limit

    client = await ask(make(service, body=Thing, query=Page), {"name": "a"}, resource="/v1/{thing_id}")

    assert client.json == 20


async def test_a_service_may_name_what_it_wants_by_keyword_only(make: Maker) -> None:
    async def service(*, request: Thing) -> str:
        return request.name

    assert (await ask(make(service, body=Thing), {"name": "a"})).json == "a"


async def test_a_bad_query_is_refused(make: Maker) -> None:
    client = await ask(make(nothing, query=Page), query="limit=five")

    assert (client.status, client.error["param"]) == (400, "limit")


async def test_the_time_that_the_function_has_left_is_known_to_the_service(make: Maker) -> None:
    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 2_500

    async def service(call: Call) -> float:
        return call.time_left_s

    app = make(service)

    async def on_lambda(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "aws.context": Context()}, receive, send)

    assert (await ask(on_lambda)).json == 2.5


# Who may call it.


async def test_a_route_that_is_open_to_anybody_needs_no_key(make: Maker) -> None:
    assert (await ask(make(nothing, capability=None), caller=None)).status == 200


async def test_a_route_that_is_not_is_refused_without_one(make: Maker) -> None:
    client = await ask(make(nothing, capability="any"), caller=None)

    assert (client.status, client.error["code"]) == (401, "invalid_api_key")
    assert client.headers["www-authenticate"] == 'Token realm="tollgate"'


async def test_a_key_without_the_capability_is_told_which_one(make: Maker) -> None:
    client = await ask(make(nothing, capability="manage_keys"), caller=a_caller(capabilities=frozenset({"prompt_ai"})))

    assert (client.status, client.error["code"]) == (403, "insufficient_scope")
    assert client.error["metadata"]["required"] == "manage_keys"


@pytest.mark.parametrize("capabilities", [{"manage_keys"}, {"operate"}])
async def test_a_key_with_the_capability_or_an_operators_passes(make: Maker, capabilities: set[str]) -> None:
    caller = a_caller(capabilities=frozenset(capabilities))

    assert (await ask(make(nothing, capability="manage_keys"), caller=caller)).status == 200


async def test_any_key_passes_where_any_will_do(make: Maker) -> None:
    assert (await ask(make(nothing, capability="any"), caller=a_caller(capabilities=frozenset()))).status == 200


# The body.


@pytest.mark.parametrize("declared", [MAX_BODY_BYTES + 1, 10**9])
async def test_a_body_that_is_declared_too_large_is_refused_before_it_is_read(make: Maker, declared: int) -> None:
    client = await ask(make(nothing, body=Thing), headers={"content-length": str(declared)}, is_cut=True)

    assert (client.status, client.error["code"]) == (413, "request_too_large")
    facts = client.error["metadata"]
    assert (facts["limit_bytes"], facts["received_bytes"]) == (MAX_BODY_BYTES, declared)


async def test_a_body_that_turns_out_too_large_is_refused(make: Maker) -> None:
    pieces = [b"x" * 1_000_000] * 6

    client = await ask(make(nothing, body=Thing), pieces=pieces)

    assert (client.status, client.error["metadata"]["received_bytes"]) == (413, 5_000_000)


async def test_a_body_of_just_the_limit_is_read(make: Maker) -> None:
    async def service(request: Thing) -> int:
        return len(request.name)

    frame = len(json.dumps({"name": ""}))

    client = await ask(make(service, body=Thing), {"name": "x" * (MAX_BODY_BYTES - frame)})

    assert client.json == MAX_BODY_BYTES - frame


async def test_a_body_that_comes_in_pieces_is_one_body(make: Maker) -> None:
    async def service(request: Thing) -> str:
        return request.name

    assert (await ask(make(service, body=Thing), pieces=[b'{"na', b"", b'me": "a"}'])).json == "a"


async def test_the_size_of_a_body_is_looked_at_before_the_key(make: Maker) -> None:
    app = make(nothing, capability="manage_keys", body=Thing)

    client = await ask(app, headers={"content-length": "5000000"}, caller=a_caller(capabilities=frozenset()))

    assert client.status == 413


async def test_a_body_that_is_not_received_in_full_never_reaches_the_service(make: Maker) -> None:
    calls: list[Thing] = []

    async def service(request: Thing) -> None:
        calls.append(request)

    await ask(make(service, body=Thing), pieces=[b'{"name": "a"}'], is_cut=True)

    assert calls == []


async def test_a_body_that_nobody_asked_for_is_not_looked_at(make: Maker) -> None:
    assert (await ask(make(nothing), b"no JSON")).status == 200


async def test_a_bad_body_is_refused_with_its_field(make: Maker) -> None:
    client = await ask(make(nothing, body=Thing), {"name": "a", "size": "1"})

    assert (client.status, client.error["param"], client.error["code"]) == (400, "size", "invalid_request")


# The balance comes before the body.


BAD_REQUESTS = [
    {"body": b"no JSON"},
    {"body": {"size": 1}},
    {"body": {"name": "a"}, "headers": {"content-type": "text/plain"}},
]


@pytest.mark.parametrize("request_", BAD_REQUESTS, ids=str)
async def test_an_empty_balance_is_told_before_a_bad_body(make: Maker, store: Store, request_: dict[str, Any]) -> None:
    store.balance = "0"

    client = await ask(make(nothing, capability="prompt_ai", body=Thing), **request_)

    assert (client.status, client.error["code"]) == (402, "insufficient_balance")


@pytest.mark.parametrize("request_", BAD_REQUESTS, ids=str)
async def test_a_bad_body_is_told_to_whoever_has_money(make: Maker, request_: dict[str, Any]) -> None:
    client = await ask(make(nothing, capability="prompt_ai", body=Thing), **request_)

    assert client.status in {400, 415}


@pytest.mark.parametrize("error", [ModelNotFound("No such model."), ModelNotAllowed("Not yours.")], ids=repr)
async def test_an_empty_balance_is_told_before_what_is_wrong_with_the_model(
    make: Maker, store: Store, error: Exception
) -> None:
    async def service() -> None:
        raise error

    store.balance = "-1"

    assert (await ask(make(service, capability="prompt_ai"))).status == 402


async def test_a_missing_capability_is_told_before_an_empty_balance(make: Maker, store: Store) -> None:
    store.balance = "0"

    client = await ask(make(nothing, capability="prompt_ai"), caller=a_caller(capabilities=frozenset()))

    assert (client.status, store.reads) == (403, 0)


async def test_a_route_that_is_not_gated_looks_at_no_balance(make: Maker, store: Store) -> None:
    store.balance = "0"

    client = await ask(make(nothing, capability="manage_keys", body=Thing), {"size": 1}, caller=an_operator())

    assert (client.status, store.reads) == (400, 0)


async def test_a_call_that_is_in_order_costs_no_read_of_its_own(make: Maker, store: Store) -> None:
    await ask(make(nothing, capability="prompt_ai", body=Thing), {"name": "a"})

    assert store.reads == 0


async def test_a_balance_that_cannot_be_read_hides_no_error(make: Maker, store: Store) -> None:
    store.is_down = True

    assert (await ask(make(nothing, capability="prompt_ai", body=Thing), {"size": 1})).status == 400


# Headers.


async def test_every_answer_carries_its_request_id(make: Maker) -> None:
    good, bad = await ask(make(nothing)), await ask(make(nothing, body=Thing), b"")

    assert good.headers["x-request-id"] == bad.headers["x-request-id"] == "req_1"
    assert bad.error["metadata"]["request_id"] == "req_1"


async def test_a_clients_own_id_comes_back_beside_ours(make: Maker) -> None:
    client = await ask(make(nothing), headers={"x-request-id": "mine-1"})

    assert (client.headers["x-client-request-id"], client.headers["x-request-id"]) == ("mine-1", "req_1")


async def test_a_clients_own_id_is_cut_to_a_sensible_length(make: Maker) -> None:
    client = await ask(make(nothing), headers={"x-request-id": "m" * 1_000})

    assert client.headers["x-client-request-id"] == "m" * 255


@pytest.mark.parametrize(
    "value",
    ["a\r\nset-cookie: b", "a\nb", "a\rb", "a\x00b", "a\x0bb", "a\x7fb", "\x1b[31m", "\ta", " a ", "€", "a" * 100_000],
    ids=lambda value: ascii(value[:20]),
)
async def test_no_value_of_a_header_can_be_more_than_one_short_line(make: Maker, value: str) -> None:
    async def service() -> Answer:
        return Answer(content={}, headers={"x-tollgate-dropped-params": value})

    sent = (await ask(make(service))).headers["x-tollgate-dropped-params"]

    assert sent.isprintable()
    assert sent == sent.strip()
    assert len(sent) <= 4_096


async def test_an_id_of_a_client_injects_no_header(make: Maker) -> None:
    client = await ask(make(nothing), headers={"x-request-id": "a\r\nset-cookie: b"})

    assert client.headers["x-client-request-id"] == "a  set-cookie: b"
    assert "set-cookie" not in client.headers


async def test_a_page_is_told_whether_it_may_read_the_answer(make: Maker) -> None:
    good = await ask(make(nothing), headers={"origin": "https://app.example.com"})
    bad = await ask(make(nothing, capability="any"), headers={"origin": "https://app.example.com"}, caller=None)

    assert good.headers["access-control-allow-origin"] == bad.headers["access-control-allow-origin"] == "*"


async def test_an_error_is_never_cached(make: Maker) -> None:
    assert (await ask(make(nothing, body=Thing), b"")).headers["cache-control"] == "no-store"


# Failures.


async def test_a_failure_is_told_in_the_envelope_with_its_advice(make: Maker) -> None:
    async def service() -> None:
        raise ProviderOverloaded("Busy.", provider="openai", retry_after_s=2)

    client = await ask(make(service))

    assert (client.status, client.error["type"]) == (503, "upstream_error")
    assert (client.headers["retry-after"], client.headers["x-should-retry"]) == ("2", "true")


async def test_an_unexpected_failure_is_told_without_any_detail(make: Maker, caplog: pytest.LogCaptureFixture) -> None:
    async def service() -> None:
        raise ZeroDivisionError("the prompt was: secret")

    client = await ask(make(service))

    assert (client.status, client.error["code"]) == (500, "internal_error")
    assert b"secret" not in client.body
    assert "ZeroDivisionError" in caplog.text


async def test_an_answer_to_a_client_that_has_gone_is_no_failure(make: Maker) -> None:
    await ask(make(nothing), client=Client(breaks_at_piece=0))


# Streams.


def a_stream(pieces: AsyncGenerator[bytes, None], **changes: Any) -> StreamedAnswer:
    return StreamedAnswer(
        **{
            "pieces": pieces,
            "media_type": "text/event-stream; charset=utf-8",
            "piece_of_error": lambda body: b"error: " + str(body["error"]["code"]).encode(),
            **changes,
        }
    )


async def some_pieces(*pieces: Any) -> AsyncGenerator[bytes, None]:
    for piece in pieces:
        if isinstance(piece, Exception):
            raise piece
        yield piece


async def test_a_stream_is_sent_piece_by_piece_and_then_ended(make: Maker) -> None:
    async def service() -> StreamedAnswer:
        return a_stream(some_pieces(b"one", b"two"), headers={"cache-control": "no-cache"})

    client = await ask(make(service))

    assert (client.status, client.pieces, client.is_whole) == (200, [b"one", b"two"], True)
    assert client.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert client.headers["cache-control"] == "no-cache"
    assert "content-length" not in client.headers


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UpstreamInvalid("Cut off."), b"upstream_invalid_response"),
        (UpstreamTimeout("Too slow."), b"upstream_timeout"),
        (ZeroDivisionError("secret"), b"internal_error"),
        (TimeoutError("secret"), b"internal_error"),
    ],
    ids=repr,
)
async def test_an_error_in_a_stream_becomes_its_last_piece(make: Maker, error: Exception, code: bytes) -> None:
    async def service() -> StreamedAnswer:
        return a_stream(some_pieces(b"one", error))

    client = await ask(make(service))

    assert (client.status, client.pieces, client.is_whole) == (200, [b"one", b"error: " + code], True)


async def test_a_format_without_errors_is_cut_short_so_that_the_client_notices(make: Maker) -> None:
    async def service() -> StreamedAnswer:
        return a_stream(some_pieces(b"one", UpstreamInvalid("Cut off.")), piece_of_error=None)

    client = Client()
    with pytest.raises(UpstreamInvalid):
        await ask(make(service), client=client)

    assert (client.pieces, client.is_whole) == ([b"one"], False)


async def test_an_error_before_a_stream_is_an_ordinary_answer(make: Maker) -> None:
    async def service() -> StreamedAnswer:
        raise RequestExceedsBalance("Too dear.")

    client = await ask(make(service))

    assert (client.status, client.headers["content-type"]) == (402, "application/json; charset=utf-8")


@pytest.mark.parametrize("breaks_at_piece", [0, 1])
async def test_a_client_that_goes_away_in_a_stream_closes_it_and_the_work_after_it_is_done(
    make: Maker, breaks_at_piece: int
) -> None:
    log: list[str] = []

    async def pieces() -> AsyncGenerator[bytes, None]:
        try:
            yield b"one"
            yield b"two"
        finally:
            log.append("closed")

    async def later() -> None:
        log.append("settled")

    async def service(call: Call) -> StreamedAnswer:
        call.later.append(later)
        return a_stream(pieces())

    await ask(make(service), client=Client(breaks_at_piece=breaks_at_piece))

    assert log == ["closed", "settled"]


# Afterwards.


async def test_work_for_later_runs_in_order_after_the_last_byte(make: Maker) -> None:
    client = Client()

    async def note(word: str) -> None:
        await asyncio.sleep(0)
        client.log.append(word)

    async def service(call: Call) -> None:
        call.later.append(lambda: note("first"))
        call.later.append(lambda: note("second"))

    await ask(make(service), client=client)

    assert client.log == ["http.response.start", "http.response.body", "first", "second"]


@pytest.mark.parametrize("error", [ModelNotFound("No."), ZeroDivisionError()], ids=repr)
async def test_work_for_later_runs_after_a_failure_too(make: Maker, error: Exception) -> None:
    done: list[str] = []

    async def later() -> None:
        done.append("released")

    async def service(call: Call) -> None:
        call.later.append(later)
        raise error

    client = await ask(make(service))

    assert (client.is_whole, done) == (True, ["released"])


async def test_one_failure_afterwards_keeps_nothing_else_from_being_done(
    make: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    async def fail() -> None:
        raise ZeroDivisionError

    async def later() -> None:
        done.append("done")

    async def service(call: Call) -> None:
        call.later += [fail, later]

    client = await ask(make(service))

    assert (client.status, done) == (200, ["done"])
    assert "afterwards" in caplog.text


async def test_work_that_is_added_afterwards_is_done_as_well(make: Maker) -> None:
    done: list[str] = []

    async def service(call: Call) -> None:
        async def more() -> None:
            done.append("more")

        async def later() -> None:
            call.later.append(more)

        call.later.append(later)

    await ask(make(service))

    assert done == ["more"]


async def test_work_for_later_is_done_for_a_request_that_is_cancelled(make: Maker) -> None:
    done: list[str] = []
    has_begun = asyncio.Event()

    async def later() -> None:
        await asyncio.sleep(0)
        done.append("settled")

    async def service(call: Call) -> None:
        call.later.append(later)
        has_begun.set()
        await asyncio.Event().wait()

    asking = asyncio.create_task(ask(make(service)))
    await has_begun.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert done == ["settled"]


# The declaration.


@pytest.mark.parametrize(
    ("capability", "declared", "is_gated"),
    [("prompt_ai", {}, True), ("manage_keys", {}, False), (None, {}, False), ("prompt_ai", {"is_gated": False}, False)],
)
def test_what_calls_a_model_is_gated_unless_told_otherwise(
    capability: str | None, declared: dict[str, Any], is_gated: bool
) -> None:
    assert endpoint(nothing, capability=capability, **declared).is_gated is is_gated


async def test_what_the_first_request_would_wait_for_is_done_at_the_start(make: Maker, store: Store) -> None:
    class Late(Shape):
        name: str

    async def service(request: Late) -> Late:
        return request

    app = make(service, body=Late, capability="prompt_ai")
    before = Late.__pydantic_complete__

    told = await _live(app)

    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert (before, Late.__pydantic_complete__) == (False, True)
    assert (store.greetings, store.reads) == (1, 0)


async def test_a_start_that_fails_leaves_it_to_the_requests_to_say_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PROVIDER_SETTINGS", "not JSON")
    app = endpoint(nothing, capability=None)

    told = await _live(app)

    assert told[0] == "lifespan.startup.complete"
    assert "startup" in caplog.text


async def _live(app: Endpoint) -> list[str]:
    """What an endpoint says to its start and its end."""
    incoming = iter(["lifespan.startup", "lifespan.shutdown"])
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": next(incoming)}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await app({"type": "lifespan"}, receive, send)
    return sent


def an_operator() -> Caller:
    return a_caller(capabilities=frozenset({"operate"}))
