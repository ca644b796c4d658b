"""One DynamoDB table: plain Python values in and out."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from tollgate.stores.aws import AwsClient, AwsError

Item = dict[str, Any]


class ConditionFailed(Exception):
    """A conditional write found something else. `item` is what it found, or None where nothing was there."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("the condition of a write does not hold")
        self.item = item


class Table:
    """A table by name, with the key attributes that it was created with."""

    def __init__(self, client: AwsClient, name: str) -> None:
        self._client = client
        self._name = name

    async def get(self, key: Mapping[str, Any], *, projection: str | None = None) -> Item | None:
        """Read one item, strongly consistent."""
        request: dict[str, Any] = {"TableName": self._name, "Key": to_wire_map(key), "ConsistentRead": True}
        if projection:
            request["ProjectionExpression"] = projection
        answer = await self._client.call("GetItem", request)
        return from_wire_map(answer["Item"]) if "Item" in answer else None

    async def create(self, item: Mapping[str, Any], *, key: str) -> None:
        """Write an item under a key that is its own alone, of which the attribute `key` is a part.

        One that is there already was written by an attempt whose answer was lost, and may have changed since.
        """
        with suppress(ConditionFailed):
            await self.put(item, condition=f"attribute_not_exists({key})")

    async def put(
        self, item: Mapping[str, Any], *, condition: str | None = None, key: Mapping[str, Any] | None = None
    ) -> None:
        """Write a whole item. `key` is needed by who wants to know what stood there when the condition fails.

        Raises ConditionFailed.
        """
        request: dict[str, Any] = {"TableName": self._name, "Item": to_wire_map(item)}
        if condition:
            request |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        await self._write("PutItem", request, key=key)

    async def update(
        self,
        key: Mapping[str, Any],
        expression: str,
        *,
        values: Mapping[str, Any] | None = None,
        names: Mapping[str, str] | None = None,
        condition: str | None = None,
        returning: str = "NONE",
    ) -> Item:
        """Change one item in place; `returning` is one of DynamoDB's `ReturnValues`.

        Raises ConditionFailed.
        """
        request: dict[str, Any] = {
            "TableName": self._name,
            "Key": to_wire_map(key),
            "UpdateExpression": expression,
            "ReturnValues": returning,
        }
        if values:
            request["ExpressionAttributeValues"] = to_wire_map(values)
        if names:
            request["ExpressionAttributeNames"] = dict(names)
        if condition:
            request |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        answer = await self._write("UpdateItem", request, key=key)
        return from_wire_map(answer.get("Attributes", {}))

    async def delete(
        self,
        key: Mapping[str, Any],
        *,
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        """Remove one item.

        Raises ConditionFailed.
        """
        request: dict[str, Any] = {"TableName": self._name, "Key": to_wire_map(key)}
        if values:
            request["ExpressionAttributeValues"] = to_wire_map(values)
        if names:
            request["ExpressionAttributeNames"] = dict(names)
        if condition:
            request |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        await self._write("DeleteItem", request, key=key)

    async def query(
        self,
        condition: str,
        *,
        values: Mapping[str, Any],
        names: Mapping[str, str] | None = None,
        index: str | None = None,
        newest_first: bool = False,
        limit: int | None = None,
        only: str | None = None,
        projection: str | None = None,
        is_consistent: bool = True,
    ) -> list[Item]:
        """Items that share a partition key, in the order of their sort key; all of them unless `limit` says less.

        `only` is a condition on their other attributes: what it leaves out is read all the same, and not sent. A read
        that need not see the last second's writes costs half.
        """
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": to_wire_map(values),
            "ScanIndexForward": not newest_first,
        }
        if names:
            request["ExpressionAttributeNames"] = dict(names)
        if index:
            request["IndexName"] = index
        else:
            request["ConsistentRead"] = is_consistent
        if only:
            request["FilterExpression"] = only
        if projection:
            request["ProjectionExpression"] = projection
        items: list[Item] = []
        while limit is None or len(items) < limit:
            if limit is not None:
                request["Limit"] = limit - len(items)
            answer = await self._client.call("Query", request)
            items.extend(from_wire_map(item) for item in answer.get("Items", ()))
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return items

    async def scan(self) -> AsyncIterator[Item]:
        """Every item of the table, a page at a time."""
        request: dict[str, Any] = {"TableName": self._name, "ConsistentRead": True}
        while True:
            answer = await self._client.call("Scan", request)
            for item in answer.get("Items", ()):
                yield from_wire_map(item)
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    async def _write(self, operation: str, request: Mapping[str, Any], *, key: Mapping[str, Any] | None) -> Item:
        try:
            return await self._client.call(operation, request)
        except AwsError as exc:
            if exc.code != "ConditionalCheckFailedException":
                raise
            item = from_wire_map(exc.body["Item"]) if "Item" in exc.body else None
            if item is None and key is not None and self._client.is_stand_in:
                # AWS leaves the item out where there is none, servers that speak an older protocol always.
                item = await self.get(key)
            raise ConditionFailed(item) from exc


def to_wire(value: Any) -> dict[str, Any]:
    """A Python value in DynamoDB's typed form. Numbers are exact: a float is refused."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case Decimal():
            return {"N": format(value, "f")}
        case bytes():
            raise TypeError("binary values are kept in the bucket")
        case Mapping():
            return {"M": to_wire_map(value)}
        case set() | frozenset():
            return {"SS": sorted(value)}
        case list() | tuple():
            return {"L": [to_wire(one) for one in value]}
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def from_wire(value: Mapping[str, Any]) -> Any:
    """A value in DynamoDB's typed form as a Python value; every number is a Decimal."""
    ((kind, inner),) = value.items()
    match kind:
        case "S" | "BOOL":
            return inner
        case "N":
            return Decimal(inner)
        case "M":
            return from_wire_map(inner)
        case "L":
            return [from_wire(one) for one in inner]
        case "SS":
            return set(inner)
        case "NULL":
            return None
    raise TypeError(f"an attribute of type {kind} cannot be read")


def to_wire_map(values: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes in DynamoDB's typed form."""
    return {name: to_wire(value) for name, value in values.items()}


def from_wire_map(values: Mapping[str, Any]) -> Item:
    """Attributes as Python values."""
    return {name: from_wire(value) for name, value in values.items()}
