"""Where a gateway that is up on this machine says how to reach it."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a gateway."""

    base_url: str
    operator_key: str
    account_id: str
    api_key: str

    def write(self) -> None:
        """Write the file at once or not at all, readable by its owner."""
        file = access_file()
        file.parent.mkdir(exist_ok=True)
        draft = file.with_suffix(".new")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:  # noqa: PTH123 - a mode is given
            json.dump(asdict(self), handle, indent=2)
        draft.replace(file)


def access_file() -> Path:
    """`.tollgate/local.json`, in the folder that the gateway was started in."""
    return Path.cwd() / ".tollgate" / "local.json"
