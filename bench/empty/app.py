"""The least that a function can be, on Lambda's own runtime and on ours."""


def handler(_event, _context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Answer at once."""
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": "{}"}


async def app(_scope, _receive, send) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Answer at once."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b"{}", "more_body": False})
