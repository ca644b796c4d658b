"""Who can do what. Import paths, not classes: loading one vendor's adapter is not the price of using another."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Provider:
    """A vendor: how it is reached, and which of the protocols it has, by import path within this package."""

    id: str
    name: str
    base_url: str
    base_url_setting: str
    key_setting: str
    can: Mapping[str, str] = field(default_factory=dict)
    is_key_needed: bool = True

    def address(self, environment: Mapping[str, str]) -> str:
        """The base URL, without a slash at its end; empty where there is none."""
        return (environment.get(self.base_url_setting) or self.base_url).rstrip("/")

    @property
    def is_elsewhere(self) -> bool:
        """Whether it has to be reached at an address; one that answers by itself has none."""
        return bool(self.base_url_setting)


_ROWS: Final = (
    Provider(
        id="openai",
        name="OpenAI",
        base_url="https://api.openai.com/v1",
        base_url_setting="OPENAI_BASE_URL",
        key_setting="OPENAI_API_KEY",
        can={"chat": "openai:OpenAIChat"},
    ),
    Provider(
        id="sandbox",
        name="Sandbox",
        base_url="",
        base_url_setting="",
        key_setting="",
        can={"chat": "sandbox:SandboxChat"},
        is_key_needed=False,
    ),
)

PROVIDERS: Final[Mapping[str, Provider]] = {row.id: row for row in _ROWS}
