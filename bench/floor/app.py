"""What a function that checks a body and asks a provider cannot do without: pydantic, httpx2, and nothing of ours."""

import os
from typing import Any

import httpx2
from pydantic import BaseModel


class Request(BaseModel):
    """A body."""

    model: str


async def app(_scope: Any, receive: Any, send: Any) -> None:
    """Check the body, ask the provider, pass its answer on."""
    body = (await receive())["body"]
    Request.model_validate_json(body)
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{os.environ['OPENAI_BASE_URL']}/chat/completions", content=body)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": answer.content, "more_body": False})
