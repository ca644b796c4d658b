"""`POST /v1/analyze`, `/v1/analyze/batch`, `/v1/blocks/analyze` and `/v1/themes/analyze`."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from tollgate.contracts.shapes import Shape


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "must not be empty")
    return text


Code = Annotated[str, AfterValidator(_not_blank)]
AnalysisType = Literal["security", "performance", "quality"]
Severity = Literal["critical", "high", "medium", "low"]
IssueType = Literal["security_vulnerability", "performance_issue", "quality_issue"]


class AnalysisRequest(Shape):
    """What every analysis is told."""

    analysis_type: AnalysisType
    """What to look for."""
    model: str | None = None
    """A model that looks as well; without one only the rules do, and nothing is charged."""
    severity: Literal["all", "critical", "high", "medium", "low"] = "all"
    """The mildest issues to list. The score does not depend on it."""


class AnalyzeCodeRequest(AnalysisRequest):
    """A piece of code."""

    code: Code
    """At most 262,144 bytes. It is never run."""
    language: Literal["php", "js", "css", "html", "json"] | None = None
    """In which language it is; without it, that is found out."""


class NamedFile(Shape):
    """A file."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    """Its extension tells the language; nothing is found in a file of another kind."""
    content: str
    """At most 262,144 bytes."""


class AnalyzeBatchRequest(AnalysisRequest):
    """Files, at most 2 MiB of them."""

    files: Annotated[list[NamedFile], Field(min_length=1, max_length=100)]


class AnalyzeBlockRequest(AnalysisRequest):
    """The code of a block."""

    block_code: Code
    """JavaScript, JSX, PHP or block.json."""


class AnalyzeThemeRequest(AnalysisRequest):
    """The files of a theme, at most 2 MiB of them."""

    theme_files: Annotated[list[NamedFile], Field(min_length=1, max_length=100)]


class Place(Shape):
    """Counted from 1; columns in code points."""

    line: int
    column: int


class PlaceRange(Shape):
    """From the first token to behind the last one."""

    start: Place
    end: Place


class CodeIssue(Shape):
    """A finding."""

    line: int
    """Where the statement begins."""
    column: int
    """The first character of that line that is not blank."""
    severity: Severity
    type: IssueType
    message: str
    suggestion: str
    code_snippet: str
    """The statement, or its first 300 characters."""
    rule: str
    """The rule's name, as in docs/rules.md."""
    range: PlaceRange
    """Where the statement is."""
    origin: Literal["rules", "model"]
    """Whether a rule or the model found it."""
    cwe: str | None = None
    """Its number in the Common Weakness Enumeration."""


class CodeAnalysis(Shape):
    """The analysis of a piece of code."""

    id: str
    object: Literal["code_analysis"] = "code_analysis"
    created: int
    """Unix seconds."""
    model: str
    analysis_type: AnalysisType
    issues: list[CodeIssue]
    """By line."""
    score: float
    """From 0 to 10, higher is better."""
    recommendations: list[str]
    notes: list[str]
    """What else there is to say: what was deducted, and why the model was not asked."""


class FileAnalysis(Shape):
    """The analysis of one file."""

    file: str
    issues: list[CodeIssue]
    score: float
    notes: list[str]


class BatchSummary(Shape):
    """All files together."""

    total_files: int
    files_with_issues: int
    total_issues: int
    average_score: float


class BatchAnalysis(Shape):
    """The analysis of several files, in the order of the request."""

    id: str
    object: Literal["batch_analysis"] = "batch_analysis"
    created: int
    results: list[FileAnalysis]
    summary: BatchSummary


class BlockAnalysis(Shape):
    """The analysis of a block."""

    id: str
    object: Literal["block_analysis"] = "block_analysis"
    created: int
    model: str
    analysis_type: AnalysisType
    issues: list[CodeIssue]
    optimization_suggestions: list[str]
    score: float
    notes: list[str]


class ThemeFinding(Shape):
    """What is wrong with the theme as a whole."""

    rule: str
    severity: Severity
    message: str
    suggestion: str
    file: str
    """The file that it is about, which may be missing."""


class ThemeAnalysis(Shape):
    """The analysis of a theme."""

    id: str
    object: Literal["theme_analysis"] = "theme_analysis"
    created: int
    analysis_type: AnalysisType
    results: list[FileAnalysis]
    theme_issues: list[ThemeFinding]
    summary: BatchSummary


Sarif = dict[str, Any]
"""A log in SARIF 2.1.0."""
