"""Vector stores on loopback. Qdrant's answers are those of its client's own engine; Pinecone's are played."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, Final
from urllib.parse import unquote

from qdrant_client import QdrantClient, models

from tests.upstream import Received, Reply, Upstream, json_reply

_MOST_BYTES: Final = 2 * 1024 * 1024


@dataclass
class Doubled:
    """A store that can be told to fail, and for which statuses; the requests that it was sent are its server's."""

    key: str | None = None
    """The key that it wants."""
    failures: dict[str, int] = field(default_factory=dict)
    """Statuses for paths that end so, once for each."""
    server: Upstream = field(init=False)

    def __post_init__(self) -> None:
        self.server = Upstream(answer=self._answered)

    @property
    def paths(self) -> list[str]:
        """What was asked, without queries."""
        return [request.path.partition("?")[0] for request in self.server.requests]

    def bodies(self, end: str) -> list[Any]:
        """What was sent to paths that end so."""
        return [one.json for one in self.server.requests if one.path.partition("?")[0].endswith(end)]

    def _answered(self, request: Received) -> Reply:
        path = unquote(request.path.partition("?")[0])
        if self.key is not None and request.headers.get("api-key") != self.key:
            return self._refusal(401, "Invalid API key")
        for end, status in list(self.failures.items()):
            if path.endswith(end):
                del self.failures[end]
                return self._refusal(status, "as it was told")
        return self.answer(request, path)

    def answer(self, request: Received, path: str) -> Reply:
        """The answer to a request with the right key."""
        raise NotImplementedError

    def _refusal(self, status: int, text: str) -> Reply:
        return json_reply({"status": {"error": text}, "error": {"code": "X", "message": text}}, status)


@dataclass
class Qdrant(Doubled):
    """A Qdrant with collections."""

    engine: QdrantClient = field(default_factory=lambda: QdrantClient(":memory:"))

    def create(self, name: str, size: int) -> None:
        """Make a collection."""
        params = models.VectorParams(size=size, distance=models.Distance.COSINE)
        self.engine.create_collection(name, vectors_config=params)

    def records(self, name: str) -> list[dict[str, Any]]:
        """What is known of the points of a collection, by parent and place."""
        points, _ = self.engine.scroll(name, limit=10_000)
        return _ordered([point.payload or {} for point in points])

    def ids(self, name: str, owner: str) -> list[Any]:
        """The ids of the points of an account."""
        points, _ = self.engine.scroll(name, limit=10_000)
        return [point.id for point in points if (point.payload or {}).get("tollgate_account") == owner]

    def put(self, name: str, point_id: str, vector: list[float], **payload: Any) -> None:
        """Put a point there by another way."""
        self.engine.upsert(name, [models.PointStruct(id=point_id, vector=vector, payload=payload)])

    def answer(self, request: Received, path: str) -> Reply:
        """What the engine says."""
        _, _, name, *rest = path.split("/")
        if not self.engine.collection_exists(name):
            return self._refusal(404, f"Not found: Collection `{name}` doesn't exist!")
        match request.method, "/".join(rest):
            case "GET", "":
                result: Any = self.engine.get_collection(name).model_dump(mode="json")
            case "PUT", "points":
                points = [models.PointStruct.model_validate(one) for one in request.json["points"]]
                self.engine.upsert(name, points)
                result = {"status": "completed"}
            case "POST", "points/delete":
                chosen = request.json
                self.engine.delete(name, chosen["points"] if "points" in chosen else _filter(chosen["filter"]))
                result = {"status": "completed"}
            case "POST", "points/query":
                asked = request.json
                found = self.engine.query_points(
                    name, asked["query"], limit=asked["limit"], query_filter=_filter(asked["filter"])
                )
                result = found.model_dump(mode="json")
            case _:
                return self._refusal(404, "no such path")
        return json_reply({"result": result, "status": "ok", "time": 0.001})


def _filter(value: Any) -> models.Filter:
    return models.Filter.model_validate(value)


@dataclass
class Pinecone(Doubled):
    """A Pinecone project with indexes."""

    dimensions: dict[str, int] = field(default_factory=dict)
    vectors: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """By index and namespace, by id."""

    def records(self, index: str, namespace: str = "") -> list[dict[str, Any]]:
        """What is known of the records of a namespace, by parent and place."""
        return _ordered([one["metadata"] for one in self.vectors.get((index, namespace), {}).values()])

    def answer(self, request: Received, path: str) -> Reply:
        """The answer of the control plane, or of an index."""
        _, kind, name, *rest = path.split("/")
        if name not in self.dimensions:
            return self._refusal(404, "Resource not found")
        if kind == "indexes":
            return json_reply(self._description(name))
        body = request.json
        if len(request.body) > _MOST_BYTES:
            return self._refusal(400, "request is too large")
        found = self.vectors.setdefault((name, body.get("namespace", "")), {})
        match "/".join(rest):
            case "describe_index_stats":
                return json_reply({"namespaces": {}, "dimension": self.dimensions[name], "totalVectorCount": 0})
            case "vectors/upsert":
                found.update({one["id"]: one for one in body["vectors"]})
                return json_reply({"upsertedCount": len(body["vectors"])})
            case "vectors/delete":
                chosen = body["ids"] if "ids" in body else [one for one in found if _fits(found[one], body["filter"])]
                for one in chosen:
                    found.pop(one, None)
                return json_reply({})
            case "query":
                return json_reply({"matches": _nearest(found, body), "namespace": body.get("namespace", "")})
        return self._refusal(404, "no such path")

    def _description(self, name: str) -> dict[str, Any]:
        vector = {"type": "dense_vector", "dimension": self.dimensions[name], "metric": "cosine"}
        return {
            "name": name,
            "host": f"{self.server.url}/index/{name}",
            "status": {"ready": True, "state": "Ready"},
            "schema": {"fields": {"_values": vector}},
            "deployment": {"deployment_type": "managed", "cloud": "aws", "region": "eu-central-1"},
            "deletion_protection": "disabled",
        }


def _nearest(found: Mapping[str, Any], body: Mapping[str, Any]) -> list[dict[str, Any]]:
    fitting = [one for one in found.values() if _fits(one, body.get("filter", {}))]
    scored = [{**one, "score": _cosine(one["values"], body["vector"])} for one in fitting]
    best = sorted(scored, key=lambda one: -one["score"])[: body["topK"]]
    return [{"id": one["id"], "score": one["score"], "metadata": one["metadata"]} for one in best]


def _fits(record: Mapping[str, Any], condition: Mapping[str, Any]) -> bool:
    """Whether metadata fit a filter: https://docs.pinecone.io/guides/search/filter-by-metadata."""
    return all(_holds(record["metadata"], name, wanted) for name, wanted in condition.items())


def _holds(metadata: Mapping[str, Any], name: str, wanted: Any) -> bool:
    if name == "$and":
        return all(_fits({"metadata": metadata}, one) for one in wanted)
    if name == "$or":
        return any(_fits({"metadata": metadata}, one) for one in wanted)
    ((operator, operand),) = wanted.items()
    match operator:
        case "$eq":
            return bool(metadata.get(name) == operand)
        case "$in":
            return metadata.get(name) in operand
        case "$nin":
            return metadata.get(name) not in operand
        case "$exists":
            return (name in metadata) is operand
    raise AssertionError(f"no operator {operator}")


def _cosine(left: list[float], right: list[float]) -> float:
    length = sqrt(sum(x * x for x in left)) * sqrt(sum(y * y for y in right))
    return sum(x * y for x, y in zip(left, right, strict=True)) / length if length else 0.0


def _ordered(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(records, key=lambda one: (str(one.get("parent_vector_id")), one.get("chunk_index", 0)))
