"""The operator's own providers: servers that speak OpenAI's language, from a file that is read once and checked."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tollgate.operator_files import BadFile, read_list
from tollgate.providers.registry import Provider


def _as_header(value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise ValueError("not what a header can hold")
    return value


# What a first segment of a model id can be (tollgate/catalogue/ids.py).
_Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}$")]
_Address = Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")]
_Setting = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
_HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
_HeaderText = Annotated[str, AfterValidator(_as_header)]
_Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
_Count = Annotated[int, Field(ge=0)]
_Positive = Annotated[int, Field(ge=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Flags(_Strict):
    """Those that a catalogue entry has too, and that mean something to a server of OpenAI's language."""

    cap_field: Literal["max_tokens", "max_completion_tokens"] | None = None
    sampling: Literal["full", "no_penalties", "temperature_only", "none"] | None = None
    temperature_max: Annotated[float, Field(gt=0)] | None = None
    effort_levels: list[_Effort] | None = None
    roles: Literal["developer", "system"] | None = None
    json_: Annotated[Literal["schema", "object", "none"] | None, Field(alias="json")] = None
    tools: bool | None = None
    custom_tools: bool | None = None
    tool_choice: bool | None = None
    allowed_tools: bool | None = None
    parallel_tools: bool | None = None
    n_max: _Positive | None = None
    stop_max: _Count | None = None
    logprobs: bool | None = None
    image_fetch: bool | None = None
    tokens_per_image: _Positive | None = None
    web_search: bool | None = None
    reasoning_in_output: bool | None = None
    reasoning_max: _Count | None = None
    bills_after_disconnect: bool | None = None
    sends: dict[str, Any] | None = None


class _Entry(_Strict):
    id: _Id
    name: Annotated[str, Field(min_length=1, max_length=80)]
    base_url: _Address
    key_setting: _Setting | None = None
    headers: dict[_HeaderName, _HeaderText] | None = None
    flags: _Flags | None = None


def read_providers(path: Path, *, taken: Collection[str]) -> dict[str, Provider]:
    """The providers of a file `{"providers": [...]}`, by id; `taken` are ids that mean something else already.

    Raises tollgate.operator_files.BadFile.
    """
    rows: dict[str, Provider] = {}
    for written, known in read_list(path, "providers", _Entry):
        if known.id in taken or known.id in rows:
            raise BadFile(f"{written.place}: id: that name is taken")
        rows[known.id] = _row(known)
    return rows


def _row(known: _Entry) -> Provider:
    return Provider(
        id=known.id,
        name=known.name,
        base_url=known.base_url.rstrip("/"),
        base_url_setting=re.sub(r"[^A-Z0-9]", "_", known.id.upper()) + "_BASE_URL",
        key_setting=known.key_setting or "",
        can={
            "chat": "rows:RowChat",
            "embed": "rows_embeddings:RowEmbeddings",
            "draw": "row_images:RowImages",
            "speech": "rows_audio:RowSpeech",
            "transcription": "rows_audio:RowTranscription",
        },
        is_key_needed=known.key_setting is not None,
        dialect="open",
        headers={name.lower(): text for name, text in (known.headers or {}).items()},
        flags=known.flags.model_dump(by_alias=True, exclude_none=True) if known.flags else {},
    )
