"""POST /v1/themes/generate: write a block theme, a classic theme or a child theme."""

from tollgate.contracts.wpllm.artifacts import Archive, GeneratedTheme, GenerateThemeRequest
from tollgate.edge.endpoint import endpoint
from tollgate.services.wpllm.themes import generate_theme

app = endpoint(
    generate_theme,
    body=GenerateThemeRequest,
    answer={"application/json": GeneratedTheme, "application/zip": Archive},
    capability="prompt_ai",
)
