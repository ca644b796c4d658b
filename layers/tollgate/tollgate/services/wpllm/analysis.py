"""Code held against the rules and, where a model is named, looked at by it as well."""

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from tollgate import VERSION
from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.contracts.wpllm.analysis import (
    AnalysisRequest,
    AnalyzeBatchRequest,
    AnalyzeBlockRequest,
    AnalyzeCodeRequest,
    AnalyzeThemeRequest,
    NamedFile,
)
from tollgate.errors import InvalidModelId, ModelNotFound, TooLarge
from tollgate.resources import Resources
from tollgate.services.events import announced
from tollgate.services.tuned_models import find, look_up
from tollgate.services.wpllm.models import DEFAULT_MODEL, MODELS, resolved, unknown_model
from tollgate.services.wpllm.second_looks import look_again
from tollgate.wordpress.analysis import Analysis, analyze_file, analyze_source, in_order
from tollgate.wordpress.findings import Category, Issue, Severity
from tollgate.wordpress.sarif import MEDIA_TYPE, sarif
from tollgate.wordpress.scores import average
from tollgate.wordpress.themes import theme_issues

MAX_FILE_BYTES: Final = 262_144
MAX_TOTAL_BYTES: Final = 2 * 1_048_576
_MODEL_CALLS_AT_ONCE: Final = 4


class _Outcome(NamedTuple):
    """The analysis of one source, with what a model added."""

    analysis: Analysis
    notes: list[str]

    @property
    def score(self) -> Decimal:
        return self.analysis.score

    def listed(self, severity: str) -> list[Issue]:
        """The issues that were asked for."""
        if severity == "all":
            return list(self.analysis.issues)
        worst = Severity(severity).rank
        return [issue for issue in self.analysis.issues if issue.severity.rank <= worst]


async def analyze_code(request: AnalyzeCodeRequest, call: Call, resources: Resources) -> Answer:
    """Analyse a piece of code.

    Raises TooLarge, ModelNotFound, WrongEndpoint, Forbidden, PaymentRequired, GateBusy, GateUnavailable.
    """
    _check_size("code", request.code)
    model = await _model(request.model, call, resources)
    category = Category(request.analysis_type)
    async with announced("analysis", _head("analysis", "code_analysis", resources), call, resources) as content:
        outcome = await _outcome(
            lambda: analyze_source(request.code, category, language=request.language),
            request.code,
            (category, model.asked),
            call,
            resources,
        )
        issues = outcome.listed(request.severity)
        content |= {
            "model": model.shown,
            "analysis_type": request.analysis_type,
            "issues": [_issue(one) for one in issues],
            "score": float(outcome.score),
            "recommendations": list(outcome.analysis.recommendations),
            "notes": outcome.notes,
        }
    return _sarif([("code", issues)]) if _wants_sarif(call) else Answer(content)


async def analyze_block(request: AnalyzeBlockRequest, call: Call, resources: Resources) -> Answer:
    """Analyse the code of a block.

    Raises as `analyze_code` does.
    """
    _check_size("block_code", request.block_code)
    model = await _model(request.model, call, resources)
    category = Category(request.analysis_type)
    async with announced("analysis", _head("block_analysis", "block_analysis", resources), call, resources) as content:
        outcome = await _outcome(
            lambda: analyze_source(request.block_code, category),
            request.block_code,
            (category, model.asked),
            call,
            resources,
        )
        issues = outcome.listed(request.severity)
        content |= {
            "model": model.shown,
            "analysis_type": request.analysis_type,
            "issues": [_issue(one) for one in issues],
            "optimization_suggestions": list(outcome.analysis.recommendations),
            "score": float(outcome.score),
            "notes": outcome.notes,
        }
    return _sarif([("block", issues)]) if _wants_sarif(call) else Answer(content)


async def analyze_batch(request: AnalyzeBatchRequest, call: Call, resources: Resources) -> Answer:
    """Analyse files. One that cannot be parsed does not keep the others from being analysed.

    Raises as `analyze_code` does.
    """
    async with announced("analysis", _head("batch_analysis", "batch_analysis", resources), call, resources) as content:
        outcomes = await _outcomes("files", request.files, request, call, resources)
        content |= {
            "results": _results(request.files, outcomes, request.severity),
            "summary": _summary(outcomes, request.severity),
        }
    return _sarif_of(request.files, outcomes, request.severity) if _wants_sarif(call) else Answer(content)


async def analyze_theme(request: AnalyzeThemeRequest, call: Call, resources: Resources) -> Answer:
    """Analyse the files of a theme, and the theme as a whole.

    Raises as `analyze_code` does.
    """
    async with announced("analysis", _head("theme_analysis", "theme_analysis", resources), call, resources) as content:
        outcomes = await _outcomes("theme_files", request.theme_files, request, call, resources)
        found = theme_issues([(file.name, file.content) for file in request.theme_files])
        content |= {
            "analysis_type": request.analysis_type,
            "results": _results(request.theme_files, outcomes, request.severity),
            "theme_issues": [one._asdict() for one in found],
            "summary": _summary(outcomes, request.severity),
        }
    return _sarif_of(request.theme_files, outcomes, request.severity) if _wants_sarif(call) else Answer(content)


class _Named(NamedTuple):
    shown: str
    """What the answer says."""
    asked: str | None
    """What is asked; None where only the rules look."""


async def _model(named: str | None, call: Call, resources: Resources) -> _Named:
    if named is None:
        return _Named(DEFAULT_MODEL, None)
    named = resolved(named)
    await look_up([named], call, resources)
    try:
        model = find(named, call, resources)
    except (ModelNotFound, InvalidModelId) as exc:
        if named in MODELS:
            return _Named(named, None)
        raise unknown_model(named, call, resources) from exc
    return _Named(model.id, model.id)


async def _outcomes(
    param: str, files: Sequence[NamedFile], request: AnalysisRequest, call: Call, resources: Resources
) -> list[_Outcome]:
    for number, file in enumerate(files):
        _check_size(f"{param}[{number}].content", file.content)
    _check_size(param, "".join(file.content for file in files), MAX_TOTAL_BYTES)
    model = await _model(request.model, call, resources)
    category = Category(request.analysis_type)
    turns = asyncio.Semaphore(_MODEL_CALLS_AT_ONCE)

    async def one(file: NamedFile) -> _Outcome:
        async with turns:
            return await _outcome(
                lambda: analyze_file(file.name, file.content, category),
                file.content,
                (category, model.asked),
                call,
                resources,
            )

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(file)) for file in files]
    except BaseExceptionGroup as exc:
        raise exc.exceptions[0] from exc
    return [task.result() for task in tasks]


async def _outcome(
    analyze: Callable[[], Analysis],
    source: str,
    asked: tuple[Category, str | None],
    call: Call,
    resources: Resources,
) -> _Outcome:
    # Parsing takes its time, and others are served in the meantime.
    analysis = await asyncio.to_thread(analyze)
    category, model = asked
    if model is None:
        return _Outcome(analysis, analysis.notes)
    more, note = await look_again(source, category, model=model, known=analysis.issues, call=call, resources=resources)
    if more:
        analysis = analysis._replace(issues=tuple(sorted((*analysis.issues, *more), key=in_order)))
    return _Outcome(analysis, [*analysis.notes, *([note] if note else [])])


def _check_size(param: str, text: str, limit: int = MAX_FILE_BYTES) -> None:
    size = len(text.encode())
    if size > limit:
        raise TooLarge(
            f"'{param}' has {size} bytes, more than {limit}.",
            param=param,
            metadata={"limit_bytes": limit, "received_bytes": size},
        )


def _head(prefix: str, kind: str, resources: Resources) -> dict[str, Any]:
    return {"id": resources.new_id(prefix), "object": kind, "created": int(resources.now().timestamp())}


def _results(files: Sequence[NamedFile], outcomes: Sequence[_Outcome], severity: str) -> list[dict[str, Any]]:
    return [
        {
            "file": file.name,
            "issues": [_issue(one) for one in outcome.listed(severity)],
            "score": float(outcome.score),
            "notes": outcome.notes,
        }
        for file, outcome in zip(files, outcomes, strict=True)
    ]


def _summary(outcomes: Sequence[_Outcome], severity: str) -> dict[str, Any]:
    counts = [len(outcome.listed(severity)) for outcome in outcomes]
    return {
        "total_files": len(outcomes),
        "files_with_issues": sum(count > 0 for count in counts),
        "total_issues": sum(counts),
        "average_score": float(average(outcome.score for outcome in outcomes)),
    }


def _issue(issue: Issue) -> dict[str, Any]:
    start, end = issue.range
    shown = {**issue._asdict(), "range": {"start": start._asdict(), "end": end._asdict()}}
    if issue.cwe is None:
        del shown["cwe"]
    return shown


def _wants_sarif(call: Call) -> bool:
    return any(
        part.partition(";")[0].strip().lower() == MEDIA_TYPE for part in call.headers.get("accept", "").split(",")
    )


def _sarif_of(files: Sequence[NamedFile], outcomes: Sequence[_Outcome], severity: str) -> Answer:
    return _sarif([(file.name, outcome.listed(severity)) for file, outcome in zip(files, outcomes, strict=True)])


def _sarif(files: Sequence[tuple[str, Sequence[Issue]]]) -> Answer:
    return Answer(sarif(files, version=VERSION), media_type=MEDIA_TYPE)
