"""A plugin to begin with: its main file, and what people want beside it from the first day. No model has a say."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from tollgate.wordpress.generation.catalogues import catalogue
from tollgate.wordpress.generation.files import Files, GeneratedFile, by_role
from tollgate.wordpress.generation.names import pascal_case
from tollgate.wordpress.generation.plugin_plans import PluginPlan, PluginSpec, header_description, usual_plan
from tollgate.wordpress.generation.plugins import readme
from tollgate.wordpress.generation.quoting import json_text
from tollgate.wordpress.generation.templates import filled

ENTRIES: Final = (
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
)
"""What `include_files` may name."""

# Entry, and under which key and value the reply's `structure` tells of it.
_PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "readme.txt": ("readme_file", "readme.txt"),
    "uninstall.php": ("uninstall_file", "uninstall.php"),
    "languages/": ("languages_dir", "languages/"),
    "assets/": ("assets_dir", "assets/"),
    "includes/": ("includes_dir", "includes/"),
}
_DIRECTORIES: Final[Mapping[str, tuple[str, ...]]] = {
    "minimal": (),
    "standard": ("includes", "assets"),
    "advanced": ("includes", "assets", "admin", "public", "tests"),
}
# Entry, template, file name and role of what is a template and no more.
_PLAIN: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "uninstall.php": (("uninstall.php", "uninstall.php", "uninstall_file"),),
    "assets/": (("index.php", "assets/index.php", "assets_index"),),
    "includes/": (("index.php", "includes/index.php", "includes_index"),),
    ".gitignore": (("gitignore.txt", ".gitignore", "gitignore"),),
    ".distignore": (("distignore.txt", ".distignore", "distignore"),),
    ".editorconfig": (("editorconfig.txt", ".editorconfig", "editorconfig"),),
    ".phpcs.xml.dist": (("phpcs.xml.dist", ".phpcs.xml.dist", "phpcs_xml_dist"),),
    "phpunit.xml.dist": (("phpunit.xml.dist", "phpunit.xml.dist", "phpunit_xml_dist"),),
    "tests/": (
        ("bootstrap.php", "tests/bootstrap.php", "tests_bootstrap_php"),
        ("test-sample.php", "tests/test-sample.php", "tests_test_sample_php"),
    ),
    "bin/install-wp-tests.sh": (("install-wp-tests.sh", "bin/install-wp-tests.sh", "bin_install_wp_tests_sh"),),
}


class Scaffold(NamedTuple):
    """A plugin to begin with, as it was asked for. `structure` is `minimal`, `standard` or `advanced`."""

    name: str
    structure: str
    entries: tuple[str, ...]

    @property
    def spec(self) -> PluginSpec:
        """The plugin that it is the beginning of."""
        return PluginSpec(self.name, "", ())

    @property
    def wanted(self) -> tuple[str, ...]:
        """What was asked for, with what an advanced structure has anyway, each once and in the order of the list."""
        own = ("phpunit.xml.dist", "tests/") if self.structure == "advanced" else ()
        return tuple(entry for entry in ENTRIES if entry in {*self.entries, *own})

    @property
    def plan(self) -> PluginPlan:
        """What its files say."""
        return usual_plan(self.spec)


def layout(scaffold: Scaffold) -> dict[str, str]:
    """Where what is. Folders end with a slash."""
    found = {"main_file": f"{scaffold.spec.slug}.php"}
    found.update({f"{name}_dir": f"{name}/" for name in _DIRECTORIES[scaffold.structure]})
    found.update(dict(_PLACES[entry] for entry in scaffold.wanted if entry in _PLACES))
    return found


def scaffold_files(scaffold: Scaffold) -> Files:
    """The files of a scaffold, the main one first."""
    return by_role(_files(scaffold))


def _files(scaffold: Scaffold) -> Iterator[GeneratedFile]:
    spec, values = scaffold.spec, _values(scaffold)
    is_advanced = scaffold.structure == "advanced"
    template = "scaffold/main-advanced.php" if is_advanced else "plugin/main.php"
    written = [GeneratedFile("main_file", f"{spec.slug}.php", filled(template, values))]
    if is_advanced:
        name = f"includes/class-{spec.slug}.php"
        written.append(GeneratedFile(_role_of(name), name, filled("scaffold/class.php", values)))
    for entry in scaffold.wanted:
        for source, name, role in _PLAIN.get(entry, ()):
            written.append(GeneratedFile(role, name, filled(f"scaffold/{source}", values)))
    yield from written
    for entry in scaffold.wanted:
        match entry:
            case "readme.txt":
                text = readme(spec.name, scaffold.plan.description, scaffold.plan.tags)
                yield GeneratedFile("readme_file", "readme.txt", text)
            case "languages/":
                own = [file for file in written if not file.filename.startswith("tests/")]
                text = catalogue(spec.name, spec.slug, own)
                yield GeneratedFile("languages_file", f"languages/{spec.slug}.pot", text)
            case "composer.json":
                yield GeneratedFile("composer_json", "composer.json", json_text(_composer(spec, scaffold.plan)))


def _role_of(name: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in name).strip("_")


def _values(scaffold: Scaffold) -> dict[str, str]:
    spec = scaffold.spec
    return {
        "name": spec.name,
        "description": header_description(scaffold.plan),
        "slug": spec.slug,
        "prefix": spec.prefix,
        "constant": spec.prefix.upper(),
        "package": pascal_case(spec.slug),
        "class": pascal_case(spec.prefix),
        "requires": "",
    }


def _composer(spec: PluginSpec, plan: PluginPlan) -> dict[str, object]:
    return {
        "name": f"wpllm/{spec.slug}",
        "description": plan.description,
        "type": "wordpress-plugin",
        "license": "GPL-2.0-or-later",
        "require": {"php": ">=7.4"},
        "require-dev": {
            "dealerdirect/phpcodesniffer-composer-installer": "^1.0",
            "phpcompatibility/phpcompatibility-wp": "^2.1",
            "phpunit/phpunit": "^9.6",
            "wp-coding-standards/wpcs": "^3.1",
            "yoast/phpunit-polyfills": "^2.0",
        },
        "scripts": {"lint": "phpcs", "format": "phpcbf", "test": "phpunit"},
        "config": {"allow-plugins": {"dealerdirect/phpcodesniffer-composer-installer": True}},
    }
