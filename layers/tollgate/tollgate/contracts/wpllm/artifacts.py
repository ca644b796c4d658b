"""`POST /v1/blocks/generate`, `/v1/plugins/generate`, `/v1/plugins/scaffold` and `/v1/themes/generate`."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from tollgate.contracts.shapes import Shape
from tollgate.contracts.wpllm.text import Integer

_Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
_Features = Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=64)]], Field(max_length=32)]
_AttributeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=64)]
_Namespace = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=64)]
_Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=100)]
AttributeType = Literal["string", "number", "integer", "boolean", "array", "object", "null", "rich-text"]


def _definition(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


class AttributeDefinition(Shape):
    """An attribute."""

    type: AttributeType | None = None
    """What its values are; that of its choices where those are given."""
    default: Any = None
    """What it is until somebody changes it; else empty."""
    enum: Annotated[list[bool | float | str], Field(min_length=1, max_length=64)] | None = None
    """The values that it may have."""


_Attribute = Annotated[
    AttributeDefinition, BeforeValidator(_definition, json_schema_input_type=AttributeType | AttributeDefinition)
]


class _ModelRequest(Shape):
    model: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    """The model that words and details are asked of; `wp-llm-13b` unless said otherwise."""
    seed: Integer | None = None
    """Where the model has a use for one: the same seed, about the same answer."""


class GenerateBlockRequest(_ModelRequest):
    """A block to be written."""

    block_type: _Name
    """What it is, such as `price card`: its name is made of it."""
    attributes: Annotated[dict[_AttributeName, _Attribute], Field(max_length=64)] = Field(default_factory=dict)
    """Its attributes: each a type, or an object with `type`, `default` and `enum`."""
    features: _Features = Field(default_factory=list)
    """What it can do: see docs/generation.md. Others are passed on to the model as wishes."""
    style_variants: Annotated[list[_Name], Field(max_length=32)] = Field(default_factory=list)
    """Styles to choose among; the first is the default."""
    include_editor: bool = True
    """Whether the files for the editor are wanted."""
    namespace: _Namespace | None = None
    """What its name begins with; `your-theme` unless said otherwise."""
    title: _Name | None = None
    """What people see it called; else made of `block_type`."""
    category: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=64)] | None = None
    """Where the inserter lists it; `widgets` unless said otherwise."""
    text_domain: _Namespace | None = None
    """The text domain of its texts; the namespace unless said otherwise."""


class GeneratePluginRequest(_ModelRequest):
    """A plugin to be written."""

    plugin_name: _Name
    description: Annotated[str, StringConstraints(max_length=500)] = ""
    """What it does."""
    features: _Features = Field(default_factory=list)
    """What it consists of: see docs/generation.md. Others are passed on to the model as wishes."""


class ScaffoldPluginRequest(Shape):
    """A plugin to begin with."""

    plugin_name: _Name
    structure: Literal["minimal", "standard", "advanced"] = "standard"
    include_files: Annotated[
        list[
            Literal[
                "readme.txt",
                "uninstall.php",
                "languages/",
                "assets/",
                "includes/",
                "composer.json",
                ".gitignore",
                ".distignore",
                ".editorconfig",
                ".phpcs.xml.dist",
                "phpunit.xml.dist",
                "tests/",
                "bin/install-wp-tests.sh",
            ]
        ],
        Field(max_length=32),
    ] = Field(default_factory=list)
    """What is wanted beside the main file."""


class GenerateThemeRequest(_ModelRequest):
    """A theme to be written."""

    theme_name: _Name
    type: Literal["block_theme", "classic_theme", "child_theme"] = "block_theme"
    features: _Features = Field(default_factory=list)
    """What it consists of: see docs/generation.md. Others are passed on to the model as wishes."""
    description: Annotated[str, StringConstraints(max_length=500)] = ""
    """What it is for."""
    author: _Name = "WP LLM"
    parent: _Slug | None = None
    """The folder of the theme that a child theme is the child of."""


class ArtifactFile(Shape):
    """A file."""

    content: str
    filename: str
    """Its path, relative to the folder of what was written."""


class CheckOutcome(Shape):
    """A check that every answer passes."""

    id: str
    """Its number in docs/generation.md."""
    title: str
    passed: bool


class Validation(Shape):
    """What the files were held against."""

    passed: bool
    checks: list[CheckOutcome]


class _Written(Shape):
    id: str
    created: int
    """Unix seconds."""
    files: dict[str, ArtifactFile]
    """By the role that each plays."""
    validation: Validation


class _Drafted(_Written):
    model: str
    source: Literal["model", "template"]
    """Whether a model's words and details are in the files, or the template's alone."""
    notes: list[str]
    """Why the template serves, where it does."""
    warnings: list[str]
    """Features that no template has."""


class GeneratedBlock(_Drafted):
    """A block."""

    object: Literal["block_generation"] = "block_generation"
    block_type: str
    instructions: str
    """How to install it."""


class GeneratedPlugin(_Drafted):
    """A plugin."""

    object: Literal["plugin_generation"] = "plugin_generation"
    plugin_name: str
    installation_instructions: str
    """How to install it."""


class ScaffoldedPlugin(_Written):
    """A plugin to begin with."""

    object: Literal["plugin_scaffold"] = "plugin_scaffold"
    plugin_name: str
    structure: dict[str, str]
    """Where what is. Folders end with a slash."""


class GeneratedTheme(_Drafted):
    """A theme."""

    object: Literal["theme_generation"] = "theme_generation"
    theme_name: str
    type: Literal["block_theme", "classic_theme", "child_theme"]


Archive = bytes
"""A zip with one folder, which WordPress installs."""
