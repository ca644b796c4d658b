"""`/v1/files`: files that models are trained with, and what trainings leave behind."""

import re
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from tollgate.contracts.shapes import File, Form, Shape
from tollgate.contracts.upload import Upload
from tollgate.contracts.wpllm.listing import PageQuery

MAX_FORM_FILE_BYTES: Final = 4 * 1_048_576
MAX_FILE_BYTES: Final = 512 * 1_048_576
_HINT: Final = "Upload larger files with POST /v1/files/uploads."
_EXTENSION: Final = ".jsonl"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")

Purpose = Literal["fine-tune"]


def _base_name(name: str) -> str:
    # Browsers and scripts send paths of either kind of system.
    name = re.split(r"[/\\]", name)[-1]
    if not name.lower().endswith(_EXTENSION):
        raise PydanticCustomError("file_name", "must have a name that ends in .jsonl")
    if len(name) > 255 or _CONTROL.search(name):
        raise PydanticCustomError("file_name", "must have a name of at most 255 characters that can be shown")
    return name


FileName = Annotated[str, AfterValidator(_base_name), WithJsonSchema({"type": "string", "maxLength": 255})]


def _usable(file: Upload) -> Upload:
    if not file.content:
        raise PydanticCustomError("file_empty", "must not be empty")
    return file._replace(name=_base_name(file.name))


class CreateFileRequest(Form):
    """A file of at most 4 MiB, in a form."""

    too_large_hint: ClassVar[str] = _HINT
    takes_repeats: ClassVar[bool] = False

    file: Annotated[File, AfterValidator(_usable)]
    """The file, with its name, which ends in `.jsonl`."""
    purpose: Purpose
    """What it is for."""


class StartUploadRequest(Shape):
    """A file that will be sent to the bucket directly."""

    filename: FileName
    """Its name, which ends in `.jsonl`."""
    purpose: Purpose
    """What it is for."""
    bytes: Annotated[int, Field(ge=1, le=MAX_FILE_BYTES)]
    """Its exact length, of at most 512 MiB."""


class FileListQuery(PageQuery):
    """Which files to list."""

    purpose: Literal["fine-tune", "fine-tune-results"] | None = None
    """Files of this purpose only."""


class LineProblem(Shape):
    """What is wrong with a line."""

    line: int
    """Counted from 1."""
    message: str


class TrainingEstimate(Shape):
    """What training would cost."""

    model: str
    n_epochs: int
    tokens: int
    """About how many would be trained."""
    cost: float
    """US dollars."""


class DatasetReport(Shape):
    """What was found in a file."""

    format: Literal["prompt_completion", "messages"] | None
    """Which of the two forms its lines have."""
    examples: int
    tokens: int
    """About how many its examples have."""
    longest_example_tokens: int
    duplicates: int
    blank_lines: int
    problems: list[LineProblem]
    """The first twenty lines that are no examples."""
    problem_count: int
    estimates: list[TrainingEstimate]
    """What training the usual three epochs would cost, for models that can be trained; empty in lists."""


class FileObject(Shape):
    """A file."""

    id: str
    object: Literal["file"] = "file"
    bytes: int
    """Its exact length."""
    created_at: int
    """Unix seconds."""
    filename: str
    purpose: Literal["fine-tune", "fine-tune-results"]
    status: Literal["uploaded", "processed", "error"]
    """`uploaded` until it was looked through."""
    status_details: str | None
    """What there is to say about its content, with the line."""
    dataset: DatasetReport | None = None
    """What was found in it, once it was looked through."""


class FileList(Shape):
    """Files, newest first."""

    object: Literal["list"] = "list"
    data: list[FileObject]
    has_more: bool
    """Whether there are older ones."""


class DeletedFile(Shape):
    """A file that no longer exists."""

    id: str
    object: Literal["file"] = "file"
    deleted: Literal[True] = True


class StartedUpload(Shape):
    """Where to send the file, and with which headers."""

    id: str
    """The id that the file will have."""
    object: Literal["file_upload"] = "file_upload"
    method: Literal["PUT"] = "PUT"
    url: str
    """Takes exactly the bytes that were announced, once the headers below come along."""
    headers: dict[str, str]
    expires_at: int
    """Unix seconds after which the address takes nothing, and the upload cannot be finished."""
