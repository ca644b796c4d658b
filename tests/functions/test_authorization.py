"""Who may call what: every route of the template, for every capability, for one's own account and another's."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.builders import a_call, a_caller
from tests.conftest import World
from tests.functions.conftest import Site
from tests.functions.wpllm.training import Trainer
from tests.recordings import FORM, a_form, a_wav
from tollgate.auth.capabilities import CAPABILITIES
from tollgate.contracts.aipuffer.chatbots import CreateChatbotRequest
from tollgate.services.aipuffer.chatbots import create_chatbot
from tollgate.stores.deliveries import Delivery, Place
from tollgate.stores.webhooks import StoredWebhook
from tollgate_cli.template import Route, read_template

ROUTES = [route for function in read_template().functions.values() for route in function.routes]
_PROMPT = {"messages": [{"role": "user", "parts": [{"type": "text", "text": "Hi"}]}]}
_BODIES: dict[str, Any] = {
    "CreateKeyFunction": {"name": "another", "scopes": ["keys:read"]},
    "UpdateKeyFunction": {"name": "renamed"},
    "CreateFineTuneFunction": {"training_file": "{file_id}", "model": "wp-llm-13b"},
    "CreateFileFunction": a_form(("purpose", "fine-tune"), ("file", ("a.jsonl", b"{}"))),
    "StartUploadFunction": {"filename": "a.jsonl", "purpose": "fine-tune", "bytes": 1},
    "CreateAccountFunction": {"name": "another"},
    "UpdateSubscriptionFunction": {"plan": "free"},
    "UpdateAccountFunction": {"name": "renamed"},
    "CreateCreditFunction": {"amount": 1, "id": "x"},
    "CreateChatCompletionFunction": {"model": "sandbox/chat", "messages": [{"role": "user", "content": "Hi"}]},
    "CreateEmbeddingFunction": {"model": "sandbox/embedding", "input": "Hi"},
    "CreateImageFunction": {"model": "sandbox/image", "prompt": "A lighthouse", "size": "64x64"},
    "CreateSpeechFunction": {"model": "sandbox/speech", "input": "Hi"},
    "CreateTranscriptionFunction": a_form(("model", "sandbox/transcription"), ("file", ("a.wav", a_wav(1)))),
    "GenerateResultFunction": _PROMPT,
    "CheckSupportFunction": _PROMPT,
    "WriteTextFunction": {"model": "wp-llm-7b", "prompt": "Hi"},
    "StreamTextFunction": {"model": "wp-llm-7b", "prompt": "Hi"},
    "GenerateTextFunction": {"provider": "sandbox", "model": "chat", "messages": [{"role": "user", "content": "Hi"}]},
    "GenerateImagesFunction": {"provider": "sandbox", "prompt": "A lighthouse", "size": "256x256"},
    "EmbedTextsFunction": {"provider": "sandbox", "model": "embedding", "input": "Hi"},
    "SendMessageFunction": {"messages": [{"role": "user", "content": "Hi"}]},
    "CreateChatbotFunction": {"name": "another", "provider": "sandbox"},
    "UpdateChatbotFunction": {"name": "renamed"},
    "UpsertVectorsFunction": {
        "provider": "qdrant",
        "target_id": "faq",
        "vectors": [{"content": "Hi"}],
        "embedding_provider": "sandbox",
        "embedding_model": "embedding",
    },
    "AnalyzeCodeFunction": {"code": "<?php echo 1;", "analysis_type": "security"},
    "AnalyzeBatchFunction": {"files": [{"name": "a.php", "content": ""}], "analysis_type": "quality"},
    "AnalyzeBlockFunction": {"block_code": "export {};", "analysis_type": "performance"},
    "AnalyzeThemeFunction": {"theme_files": [{"name": "a.php", "content": ""}], "analysis_type": "quality"},
    "GenerateBlockFunction": {"block_type": "price card"},
    "GeneratePluginFunction": {"plugin_name": "Book Shelf"},
    "ScaffoldPluginFunction": {"plugin_name": "Book Shelf"},
    "GenerateThemeFunction": {"theme_name": "Quiet Gallery"},
    "CreateWebhookFunction": {"url": "https://ci.example.org/", "events": ["analysis.completed"]},
    "UpdateWebhookFunction": {"description": "CI"},
}

# What a key needs for each function; None where no key is needed, "any" where every key will do.
NEEDS: dict[str, str | None] = {
    "CreateChatCompletionFunction": "prompt_ai",
    "CreateEmbeddingFunction": "prompt_ai",
    "CreateImageFunction": "prompt_ai",
    "CreateSpeechFunction": "prompt_ai",
    "CreateTranscriptionFunction": "prompt_ai",
    "ListModelsFunction": "list_ai_models",
    "GetModelFunction": "list_ai_models",
    "ListKeysFunction": "read_keys",
    "GetKeyFunction": "read_keys",
    "CreateKeyFunction": "manage_keys",
    "UpdateKeyFunction": "manage_keys",
    "DeleteKeyFunction": "manage_keys",
    "GetBalanceFunction": "any",
    "GetHealthFunction": None,
    "GetStatusFunction": None,
    "GetUsageFunction": "read_usage",
    "GetSubscriptionFunction": "manage_billing",
    "UpdateSubscriptionFunction": "manage_billing",
    "GenerateResultFunction": "prompt_ai",
    "CheckSupportFunction": "prompt_ai",
    "ListProvidersFunction": "list_ai_providers",
    "GetProviderFunction": "list_ai_providers",
    "ListProviderModelsFunction": "list_ai_models",
    "GetProviderModelFunction": "list_ai_models",
    "GetNamespaceFunction": None,
    "AnalyzeCodeFunction": "prompt_ai",
    "WriteTextFunction": "prompt_ai",
    "StreamTextFunction": "prompt_ai",
    "AnalyzeBatchFunction": "prompt_ai",
    "AnalyzeBlockFunction": "prompt_ai",
    "AnalyzeThemeFunction": "prompt_ai",
    "GenerateBlockFunction": "prompt_ai",
    "GeneratePluginFunction": "prompt_ai",
    "ScaffoldPluginFunction": "prompt_ai",
    "GenerateThemeFunction": "prompt_ai",
    "CreateWebhookFunction": "manage_webhooks",
    "ListWebhooksFunction": "manage_webhooks",
    "GetWebhookFunction": "manage_webhooks",
    "UpdateWebhookFunction": "manage_webhooks",
    "DeleteWebhookFunction": "manage_webhooks",
    "TryWebhookFunction": "manage_webhooks",
    "RotateWebhookSecretFunction": "manage_webhooks",
    "ListDeliveriesFunction": "manage_webhooks",
    "ReplayDeliveryFunction": "manage_webhooks",
    "CreateFineTuneFunction": "manage_files",
    "ListFineTunesFunction": "manage_files",
    "GetFineTuneFunction": "manage_files",
    "CancelFineTuneFunction": "manage_files",
    "ListFineTuneEventsFunction": "manage_files",
    "CreateFileFunction": "manage_files",
    "ListFilesFunction": "manage_files",
    "GetFileFunction": "manage_files",
    "DeleteFileFunction": "manage_files",
    "GetFileContentFunction": "manage_files",
    "StartUploadFunction": "manage_files",
    "FinishUploadFunction": "manage_files",
    "GenerateTextFunction": "prompt_ai",
    "GenerateImagesFunction": "prompt_ai",
    "EmbedTextsFunction": "prompt_ai",
    "SendMessageFunction": "prompt_ai",
    "CreateChatbotFunction": "manage_chatbots",
    "ListChatbotsFunction": "manage_chatbots",
    "GetChatbotFunction": "manage_chatbots",
    "UpdateChatbotFunction": "manage_chatbots",
    "DeleteChatbotFunction": "manage_chatbots",
    "ListBotsFunction": "read_chatbots",
    "ListLogsFunction": "read_logs",
    "UpsertVectorsFunction": "write_vectors",
    "GetPufferNamespaceFunction": None,
    "CreateAccountFunction": "operate",
    "GetAccountFunction": "operate",
    "UpdateAccountFunction": "operate",
    "CreateCreditFunction": "operate",
    "ListLedgerFunction": "operate",
    "GetEmbedConfigFunction": None,
    "GetWidgetAssetFunction": None,
    "CreateWidgetMessageFunction": None,
    "GetOpenapiFunction": None,
    "GetDocsFunction": None,
}

# What is told by functions that need something which is not set up here: to be told so is to be let in.
_NOT_SET_UP = {"UpsertVectorsFunction": "missing_qdrant_url"}


@dataclass(frozen=True)
class _Tenant:
    world: World
    account_id: str
    key_id: str
    bot_id: int
    things: dict[str, str] = field(default_factory=dict)
    """Ids of what else a path or a body may name."""

    async def call(self, route: Route, key: str | None) -> httpx2.Response:
        values = {
            "model_id": "sandbox%2Fchat",
            "key_id": self.key_id,
            "account_id": self.account_id,
            "bot_id": self.bot_id,
            **self.things,
            "file": "embed.js",
        }
        if "{provider_id}" in route.path:
            values |= {"provider_id": "sandbox", "model_id": "chat"}
        if "{webhook_id}" in route.path:
            values |= {"webhook_id": await self._webhook_id(), "event_id": "evt_1"}
        path = route.path.replace("+}", "}").format_map(defaultdict(lambda: "nothing", values))
        body = _BODIES.get(route.function)
        if isinstance(body, dict) and "training_file" in body:
            body = {**body, "training_file": self.things.get("file_id", "")}
        if route.function == "CreateWidgetMessageFunction":
            body = {"token": await self._token(), "messages": [{"role": "user", "content": "Hi"}]}
        headers = {"authorization": f"Bearer {key}"} if key else {}
        if isinstance(body, bytes):
            headers |= FORM
            return await self.world.client.request(route.method, path, headers=headers, content=body)
        if body is None:
            return await self.world.client.request(route.method, path, headers=headers)
        return await self.world.client.request(route.method, path, headers=headers, json=body)

    async def _webhook_id(self) -> str:
        """A webhook of the account, which has had one event."""
        resources = self.world.resources
        webhook = next(iter(await resources.webhooks.list(self.account_id)), None) or await resources.webhooks.create(
            StoredWebhook(
                account_id=self.account_id,
                id=resources.new_id("webhook"),
                # A name that nobody has: https://www.rfc-editor.org/rfc/rfc2606
                url="https://receiver.invalid/",
                events=("analysis.completed",),
                is_active=True,
                description=None,
                secret="whsec_" + "A" * 32,
                created_at=0,
            )
        )
        assert webhook is not None
        place = Place(self.account_id, webhook.id, "evt_1")
        await resources.deliveries.open(Delivery(place, "analysis.completed", created_at=0, body="{}"))
        return webhook.id

    async def _token(self) -> str:
        """What a page is given to write to the bot."""
        response = await self.world.client.get(f"/aipkit/v1/chatbots/{self.bot_id}/embed-config")
        token: str = response.json()["config"]["nonce"]
        return token


async def _tenant(world: World) -> _Tenant:
    account_id = await world.account()
    await world.key(account_id, "inference")
    key_id = (await world.resources.keys.list(account_id))[0].id
    return _Tenant(world, account_id, key_id, await _bot(world, account_id))


async def _bot(world: World, account_id: str) -> int:
    """A chatbot of an account."""
    request = CreateChatbotRequest(name="test", provider="sandbox")
    answer = await create_chatbot(request, a_call(caller=a_caller(account_id=account_id)), world.resources)
    bot_id: int = answer.content["bot_id"]
    return bot_id


def test_every_function_with_a_route_is_in_the_table() -> None:
    assert {route.function for route in ROUTES} == NEEDS.keys()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_a_route_opens_to_its_capability_and_to_no_other(world: World, route: Route) -> None:
    tenant = await _tenant(world)
    needed = NEEDS[route.function]

    assert (await tenant.call(route, None)).status_code == (200 if needed is None else 401)
    refused = []
    for capability in CAPABILITIES:
        key = await world.key(tenant.account_id, capability)
        response = await tenant.call(await _fresh(route, tenant), key)
        if response.status_code == 403:
            assert _code(response) in {"insufficient_permissions", "insufficient_scope", "rest_forbidden"}
            refused.append(capability)
        elif (missing := _NOT_SET_UP.get(route.function)) is not None:
            assert (response.status_code, response.json()["code"]) == (503, missing)
        else:
            assert response.status_code < 300, (capability, response.text)

    included = {"read_keys": {"manage_keys"}, "read_chatbots": {"manage_chatbots", "prompt_ai"}}
    opens = {needed, "operate"} | included.get(needed or "", set())
    assert set(refused) == (set() if needed in {None, "any"} else set(CAPABILITIES) - opens)


@pytest.mark.parametrize("path", ["/keys", "/v1/keys"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_key_of_another_account_does_not_exist(world: World, method: str, path: str) -> None:
    mine, theirs = await _tenant(world), await _tenant(world)
    key = await world.key(mine.account_id)
    body = {"name": "stolen"} if method == "PATCH" else None

    response = await world.client.request(method, f"{path}/{theirs.key_id}", headers=_bearer(key), json=body)

    assert (response.status_code, response.json()["error"]["code"]) == (404, "key_not_found")
    stored = await world.resources.keys.list(theirs.account_id)
    assert [one.name for one in stored] == ["test"]


async def test_lists_and_balances_are_those_of_the_keys_own_account(world: World) -> None:
    mine, theirs = await _tenant(world), await _tenant(world)
    await world.credit(theirs.account_id, 5, "more")
    headers = {"authorization": f"Bearer {await world.key(mine.account_id)}"}

    keys = (await world.client.get("/keys", headers=headers)).json()
    balance = (await world.client.get("/balance", headers=headers)).json()

    assert {item["account_id"] for item in keys["items"]} == {mine.account_id}
    assert balance["balance"] == 10


async def test_only_an_operator_names_an_account_for_a_new_key(world: World) -> None:
    mine, theirs = await _tenant(world), await _tenant(world)
    body = {"name": "another", "account_id": theirs.account_id}

    refused = await world.client.post("/keys", json=body, headers=_bearer(await world.key(mine.account_id)))
    made = await world.client.post("/keys", json=body, headers=_bearer(await world.key(mine.account_id, "operate")))

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "insufficient_scope")
    assert (made.status_code, made.json()["account_id"]) == (201, theirs.account_id)


class TestCredentials:
    @pytest.mark.parametrize(
        "form",
        [
            lambda key: {"Authorization": f"Bearer {key}"},
            lambda key: {"Authorization": f"Token {key}"},
            lambda key: {"Authorization": f"bearer   {key}  "},
            lambda key: {"Token": key},
            lambda key: {"X-Api-Key": key},
            lambda key: {"X-Api-Key": key, "Authorization": f"Bearer {key}"},
        ],
    )
    async def test_every_form_is_accepted(self, site: Site, form: Any) -> None:
        assert (await site.world.client.get("/balance", headers=form(site.key))).status_code == 200

    @pytest.mark.parametrize(
        ("form", "code"),
        [
            (lambda _: {}, "missing_api_key"),
            (lambda key: {"Authorization": f"Basic {key}"}, "invalid_api_key"),
            (lambda key: {"Authorization": key}, "invalid_api_key"),
            (lambda _: {"Authorization": "Bearer "}, "invalid_api_key"),
            (lambda key: {"Authorization": f"Bearer {key}x"}, "invalid_api_key"),
            (lambda key: {"Authorization": f"Bearer {key[:-1]}_"}, "invalid_api_key"),
            (lambda key: {"Authorization": f"Bearer {key}", "x-api-key": "tg-other"}, "ambiguous_credentials"),
            (lambda key: {"Cookie": f"key={key}"}, "missing_api_key"),
        ],
    )
    async def test_what_is_no_valid_key_is_401_with_a_code_and_readable_text(
        self, site: Site, form: Any, code: str
    ) -> None:
        response = await site.world.client.get("/balance", headers=form(site.key))

        assert (response.status_code, response.json()["error"]["code"]) == (401, code)
        assert response.json()["error"]["message"]
        assert site.key not in response.text

    async def test_a_key_in_the_query_string_is_no_credential(self, site: Site) -> None:
        assert (await site.world.client.get(f"/balance?api_key={site.key}")).status_code == 401

    async def test_a_deleted_key_stops_at_the_next_request(self, site: Site) -> None:
        key = await site.world.key(site.account_id)
        stored = (await site.world.resources.keys.list(site.account_id))[-1]
        assert (await site.chat(key)).status_code == 200

        deleted = await site.send("DELETE", f"/keys/{stored.id}")

        assert deleted.json() == {"id": stored.id, "object": "api_key", "deleted": True}
        assert (await site.chat(key)).status_code == 401
        assert (await site.send("DELETE", f"/keys/{stored.id}")).status_code == 404

    async def test_an_expired_key_says_that_it_has_expired(self, site: Site) -> None:
        soon = (datetime.now(UTC) + timedelta(seconds=60)).strftime("%Y-%m-%dT%H:%M:%SZ")
        key = await site.world.key(site.account_id, expires_at=soon)
        stored = (await site.world.resources.keys.list(site.account_id))[-1]
        assert (await site.chat(key)).status_code == 200

        await site.world.resources.keys.change(
            stored, {"expires_at": "2026-01-01T00:00:00Z"}, now="2026-11-21T09:00:00Z"
        )

        response = await site.chat(key)
        assert (response.status_code, response.json()["error"]["code"]) == (401, "key_expired")

    async def test_only_a_keyed_hash_of_a_key_is_stored(self, site: Site) -> None:
        (stored,) = await site.world.resources.keys.list(site.account_id)

        assert site.key not in repr(stored)
        assert len(stored.hash) == 64

    async def test_the_health_check_refuses_a_bad_key_and_needs_none(self, site: Site) -> None:
        client = site.world.client

        assert (await client.get("/v1/health")).status_code == 200
        assert (await client.get("/v1/health", headers=_bearer(site.key))).status_code == 200
        assert (await client.get("/v1/health", headers=_bearer("tg-wrong"))).status_code == 401


async def _fresh(route: Route, tenant: _Tenant) -> Route:
    """The route; where it deletes something or names it, there is one again."""
    if "FineTune" in route.function or "{file_id}" in route.path:
        trainer = Trainer(tenant.world, tenant.account_id, await tenant.world.key(tenant.account_id))
        tenant.things.update(file_id=await trainer.a_file(), job_id=await trainer.a_job())
    elif "bot_id" in route.path and route.method == "DELETE":
        object.__setattr__(tenant, "bot_id", await _bot(tenant.world, tenant.account_id))
    elif route.method == "DELETE":
        await tenant.world.key(tenant.account_id, "inference")
        object.__setattr__(tenant, "key_id", (await tenant.world.resources.keys.list(tenant.account_id))[-1].id)
    return route


def _code(response: httpx2.Response) -> str:
    body = response.json()
    return str(body["error"]["code"] if "error" in body else body["code"])


def _bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}
