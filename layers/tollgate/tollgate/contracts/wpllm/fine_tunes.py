"""`/v1/fine-tune`: models trained with the account's own examples."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from tollgate.contracts.shapes import Shape

Status = Literal["validating_files", "queued", "running", "succeeded", "failed", "cancelled"]


class Hyperparameters(Shape):
    """How to train; what is left out, or `auto`, is the default."""

    n_epochs: Annotated[int, Field(ge=1, le=50)] | Literal["auto"] = 3
    """How often to go through the file."""
    batch_size: Annotated[int, Field(ge=1, le=256)] | Literal["auto"] = 1
    """Examples to learn from at once."""
    learning_rate_multiplier: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] | Literal["auto"] = 0.1
    """How much to learn from each, against the provider's usual rate."""


class CreateFineTuneRequest(Shape):
    """What to train, and with what."""

    training_file: Annotated[str, Field(min_length=1, max_length=100)]
    """The id of a file of the purpose `fine-tune`."""
    validation_file: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """The id of another one, that what was learned is measured with."""
    model: Annotated[str, Field(min_length=1, max_length=256)]
    """The id of a model that can be trained, or of one that was."""
    hyperparameters: Hyperparameters = Field(default_factory=Hyperparameters)

    @model_validator(mode="after")
    def _has_two_files(self) -> "CreateFineTuneRequest":
        if self.validation_file == self.training_file:
            message = "must be another file than 'training_file'"
            raise PydanticCustomError("tollgate", "{message}", {"param": "validation_file", "message": message})
        return self


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
