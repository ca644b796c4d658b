"""POST /v1/themes/analyze: find what is wrong with the files of a theme and with the theme as a whole."""

from tollgate.contracts.wpllm.analysis import AnalyzeThemeRequest, Sarif, ThemeAnalysis
from tollgate.edge.endpoint import endpoint
from tollgate.services.wpllm.analysis import analyze_theme

app = endpoint(
    analyze_theme,
    body=AnalyzeThemeRequest,
    answer={"application/json": ThemeAnalysis, "application/sarif+json": Sarif},
    capability="prompt_ai",
    # The rules cost nothing; a model that is named passes the gate by itself.
    is_gated=False,
)
