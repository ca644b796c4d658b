"""Things that the tests are about, with everything filled in that a test does not care for."""

from typing import Any


def an_event(method: str = "GET", path: str = "/", **changes: Any) -> dict[str, Any]:
    """A REST API's proxy event. `changes` replaces or adds fields."""
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Host": "api.example.com", "X-Forwarded-Proto": "https"},
        "multiValueHeaders": {"Host": ["api.example.com"], "X-Forwarded-Proto": ["https"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "path": f"/live{path}",
            "protocol": "HTTP/1.1",
            "stage": "live",
            "requestId": "e8f7a0d2-0001",
            "identity": {"sourceIp": "192.0.2.7"},
        },
        "body": None,
        "isBase64Encoded": False,
        **changes,
    }
