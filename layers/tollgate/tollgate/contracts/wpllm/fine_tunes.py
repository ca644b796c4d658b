"""`/v1/fine-tune`: models trained with the account's own examples."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from tollgate.contracts.shapes import Shape

Status = Literal["validating_files", "queued", "running", "succeeded", "failed", "cancelled"]


def _or(default: float) -> BeforeValidator:
    """Takes `auto` for a default."""
    return BeforeValidator(lambda value: default if value == "auto" else value)


class Hyperparameters(Shape):
    """How to train; what is left out, or `auto`, is the default."""

    n_epochs: Annotated[int, Field(ge=1, le=50), _or(3)] = 3
    """How often to go through the file: from 1 to 50 times, or `auto`."""
    batch_size: Annotated[int, Field(ge=1, le=256), _or(1)] = 1
    """Examples to learn from at once: from 1 to 256, or `auto`."""
    learning_rate_multiplier: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False), _or(0.1)] = 0.1
    """How much to learn from each, against the provider's usual rate; or `auto`."""


class CreateFineTuneRequest(Shape):
    """What to train, and with what."""

    training_file: Annotated[str, Field(min_length=1, max_length=100)]
    """The id of a file of the purpose `fine-tune`."""
    validation_file: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """The id of another one, that what was learned is measured with."""
    model: Annotated[str, Field(min_length=1, max_length=256)]
    """The id of a model that can be trained, or of one that was."""
    hyperparameters: Hyperparameters = Field(default_factory=Hyperparameters)


class UsedHyperparameters(Shape):
    """How it is trained, in numbers."""

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float


class JobError(Shape):
    """Why a job failed."""

    code: str
    message: str
    param: str | None
    """The field of the request that is at fault."""


class FineTuningJob(Shape):
    """A job that trains a model."""

    id: str
    object: Literal["fine_tuning.job"] = "fine_tuning.job"
    created_at: int
    """Unix seconds, as `finished_at`."""
    finished_at: int | None
    model: str
    """The model that is trained."""
    fine_tuned_model: str | None
    """The id of the model that came of it, from the moment that the job has succeeded."""
    organization_id: str
    status: Status
    validation_file: str | None
    training_file: str
    hyperparameters: UsedHyperparameters
    result_files: list[str]
    """Ids of files with what was measured, step by step, as CSV."""
    trained_tokens: int | None
    """So far, or in all."""
    error: JobError | None
    """Why it failed."""


class FineTuningJobList(Shape):
    """Jobs, newest first."""

    object: Literal["list"] = "list"
    data: list[FineTuningJob]
    has_more: bool
    """Whether there are older ones."""


class FineTuningEvent(Shape):
    """Something that happened to a job."""

    id: str
    object: Literal["fine_tuning.job.event"] = "fine_tuning.job.event"
    created_at: int
    """Unix seconds."""
    level: Literal["info", "warn", "error"]
    message: str
    type: Literal["message", "metrics"]
    data: dict[str, Any]
    """What was measured, for `metrics`."""


class FineTuningEventList(Shape):
    """What happened, newest first."""

    object: Literal["list"] = "list"
    data: list[FineTuningEvent]
    has_more: bool
    """Whether there are older ones."""
