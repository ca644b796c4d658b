"""Secrets, remembered for a while."""

import asyncio
from typing import Any

from tollgate.stores.secrets import Secrets


class Manager:
    """Secrets Manager, counting how often it is asked."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.calls = 0

    async def call(self, _operation: str, _payload: Any) -> dict[str, Any]:
        self.calls += 1
        await asyncio.sleep(0)
        return {"SecretString": self.text}


async def test_a_secret_is_read_once_however_many_ask_at_a_time() -> None:
    manager = Manager("s")
    secrets = Secrets(manager)  # type: ignore[arg-type]

    texts = await asyncio.gather(*(secrets.text("name") for _ in range(20)))

    assert (set(texts), manager.calls) == ({"s"}, 1)


async def test_a_secret_is_read_again_when_its_time_is_over() -> None:
    manager, now = Manager("old"), 0.0
    secrets = Secrets(manager, clock=lambda: now)  # type: ignore[arg-type]
    await secrets.text("name")
    manager.text = "new"

    now = 299.0
    remembered = await secrets.text("name")
    now = 301.0

    assert (remembered, await secrets.text("name")) == ("old", "new")


async def test_a_fresh_one_is_read_although_it_is_remembered() -> None:
    manager = Manager('{"OPENAI_API_KEY": "old"}')
    secrets = Secrets(manager)  # type: ignore[arg-type]
    await secrets.values("name")
    manager.text = '{"OPENAI_API_KEY": "new"}'

    fresh = await secrets.values("name", max_age_s=0)

    assert (fresh["OPENAI_API_KEY"], (await secrets.values("name"))["OPENAI_API_KEY"]) == ("new", "new")


async def test_an_empty_secret_holds_nothing() -> None:
    assert await Secrets(Manager("")).values("name") == {}  # type: ignore[arg-type]
