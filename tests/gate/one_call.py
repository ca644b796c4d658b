"""One chat call in a process of its own, for a test that kills it."""

import asyncio
import json
import os
import sys

import httpx2

from tollgate.resources import Resources
from tollgate_cli.local.gateway import LocalGateway
from tollgate_cli.template import read_template


async def main(key: str, body: str) -> None:
    """Make the call through routes and authorizer."""
    gateway = LocalGateway(read_template(), Resources.from_environment(os.environ))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=gateway), base_url="http://gateway") as client:
        await client.post("/v1/chat/completions", json=json.loads(body), headers={"x-api-key": key})


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
