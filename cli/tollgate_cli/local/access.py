"""Where a gateway that is up on this machine says how to reach it, and the state behind it."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a gateway."""

    base_url: str
    operator_key: str
    account_id: str
    api_key: str

    def write(self) -> None:
        """Write the file at once or not at all, readable by its owner."""
        _write(access_file(), asdict(self))


@dataclass(frozen=True, slots=True)
class LocalState:
    """Where the secrets of a gateway are kept while it is up."""

    endpoint_url: str
    region: str
    provider_secret: str

    def write(self) -> None:
        """Write the file at once or not at all, readable by its owner."""
        _write(state_file(), asdict(self))

    @classmethod
    def read(cls) -> Self | None:
        """What is in the file; None where no gateway is up."""
        file = state_file()
        return cls(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None


def access_file() -> Path:
    """`.tollgate/local.json`, in the folder that the gateway was started in."""
    return Path.cwd() / ".tollgate" / "local.json"


def state_file() -> Path:
    """`.tollgate/state.json`, beside it."""
    return access_file().with_name("state.json")


def _write(file: Path, values: Mapping[str, str]) -> None:
    file.parent.mkdir(exist_ok=True)
    draft = file.with_suffix(".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:  # noqa: PTH123 - a mode is given
        json.dump(values, handle, indent=2)
    draft.replace(file)
