"""What is outside: the tables and a provider, behind one transport."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2

from tests.builders import NOW, an_entry
from tollgate.contracts.accounts import Funds
from tollgate.resources import Resources
from tollgate.settings import Settings
from tollgate.stores.table import from_wire_map, to_wire_map

_PROVIDER = "http://provider/v1"


@dataclass
class Cloud:
    """Admits every hold, unless `refusals` holds the funds to refuse the next one for; gives the provider's replies."""

    refusals: list[Funds | None] = field(default_factory=list)
    """Funds that the next reservations meet; None for an account that does not exist."""
    replies: list[httpx2.Response] = field(default_factory=list)
    held_usd: list[Decimal] = field(default_factory=list)
    entries: list[Mapping[str, Any]] = field(default_factory=list)
    released: int = 0
    asked: list[Any] = field(default_factory=list)
    """The bodies that the provider was sent."""

    @property
    def charged_usd(self) -> list[Decimal]:
        """What was charged for each settled call."""
        return [-entry["amount"] for entry in self.entries]

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Play the other side of a request."""
        body = json.loads(request.content)
        if str(request.url).startswith(_PROVIDER):
            self.asked.append(body)
            return self.replies.pop(0)
        values = from_wire_map(body.get("ExpressionAttributeValues", {}))
        if ":hold" in values:
            return self._reserve(values)
        if ":charge" in values:
            if not _is_storable(body["ExpressionAttributeValues"][":entry"]):
                return httpx2.Response(400, json={"__type": "ValidationException"})
            self.entries.append(values[":entry"])
            mark = {body["ExpressionAttributeNames"]["#entry"]: Decimal(10)}
            return httpx2.Response(200, json={"Attributes": to_wire_map({"marks": mark})})
        if ":back" in values:
            self.released += 1
            return httpx2.Response(200, json={"Attributes": to_wire_map({"account_id": "acct_1"})})
        return httpx2.Response(200, json={})

    def _reserve(self, values: Mapping[str, Any]) -> httpx2.Response:
        if not self.refusals:
            self.held_usd.append(values[":amount"])
            return httpx2.Response(200, json={})
        funds, refusal = self.refusals.pop(0), {"__type": "ConditionalCheckFailedException"}
        if funds is None:
            return httpx2.Response(400, json=refusal)
        item = {
            "balance": funds.balance,
            "available": funds.available,
            "reserved": funds.reserved,
            "holds": {f"hold_other{number}": {} for number in range(funds.open_holds)},
            "spend": {},
        }
        return httpx2.Response(400, json={**refusal, "Item": to_wire_map(item)})


def _is_storable(value: Mapping[str, Any]) -> bool:
    """Whether DynamoDB takes a value: numbers have up to 38 digits, and attributes have names.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
    """
    ((kind, inner),) = value.items()
    match kind:
        case "N":
            return len(Decimal(inner).as_tuple().digits) <= 38
        case "M":
            return all(name and _is_storable(one) for name, one in inner.items())
        case "L":
            return all(_is_storable(one) for one in inner)
    return True


def resources_over(cloud: Cloud, http: httpx2.AsyncClient, folder: Path) -> Resources:
    """Resources with GPT-4o in the catalogue, over a client whose transport is `cloud.answer`."""
    catalogue = folder / "catalogue.json"
    runs_on = an_entry(id="openai/runs-on", bills_after_disconnect=True)
    catalogue.write_text(json.dumps({"models": [an_entry(), runs_on]}))
    counts: dict[str, int] = {}

    def counted(prefix: str) -> str:
        counts[prefix] = counts.get(prefix, 0) + 1
        return f"{prefix}_{counts[prefix]}"

    return Resources(
        settings=Settings(
            accounts_table="accounts",
            ledger_table="ledger",
            catalogue_path=str(catalogue),
            environment={
                "AWS_ACCESS_KEY_ID": "AKID",
                "AWS_SECRET_ACCESS_KEY": "secret",
                "OPENAI_API_KEY": "sk-test",
                "OPENAI_BASE_URL": _PROVIDER,
            },
        ),
        http=http,
        now=lambda: NOW,
        new_id=counted,
    )
