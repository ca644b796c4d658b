"""A plugin's files: the main one, and one for each feature."""

from collections.abc import Iterator, Mapping
from typing import Final

from tollgate.wordpress.generation.catalogues import catalogue
from tollgate.wordpress.generation.files import Files, GeneratedFile, by_role
from tollgate.wordpress.generation.names import cleaned, pascal_case
from tollgate.wordpress.generation.plugin_plans import (
    LONGEST_TAXONOMY,
    LONGEST_TYPE,
    OFFERS,
    Field,
    PluginPlan,
    PluginSpec,
    header_description,
)
from tollgate.wordpress.generation.quoting import json_text, php_text, shortened
from tollgate.wordpress.generation.templates import filled

LONGEST_SUMMARY: Final = 150
_INCLUDES: Final[Mapping[str, str]] = {
    "custom_post_type": "post-types.php",
    "taxonomies": "taxonomies.php",
    "rest_api": "rest-api.php",
    "admin_interface": "admin.php",
    "meta_boxes": "meta-boxes.php",
    "settings": "settings.php",
    "shortcodes": "shortcodes.php",
    "blocks": "blocks.php",
    "lifecycle": "lifecycle.php",
    "cron": "cron.php",
}
_CLEANERS: Final[Mapping[str, str]] = {
    "text": "sanitize_text_field",
    "textarea": "sanitize_textarea_field",
    "url": "esc_url_raw",
    "number": "floatval",
    "checkbox": "absint",
}


def plugin_files(spec: PluginSpec, plan: PluginPlan) -> Files:
    """The files of a plugin, the main one first."""
    return by_role(_files(spec, plan))


def _files(spec: PluginSpec, plan: PluginPlan) -> Iterator[GeneratedFile]:
    values = _values(spec, plan)
    includes = [name for feature, name in _INCLUDES.items() if feature in spec.features]
    if plan.code:
        includes.append("features.php")
    requires = "\n".join(f"require_once __DIR__ . '/includes/{name}';" for name in includes)
    main = filled("plugin/main.php", {**values, "requires": requires})
    written = [GeneratedFile("main_plugin", f"{spec.slug}.php", main)]
    for feature, name in _INCLUDES.items():
        if feature in spec.features:
            written.append(GeneratedFile(feature, f"includes/{name}", filled(f"plugin/{name}", values)))
    if plan.code:
        written.append(GeneratedFile("features", "includes/features.php", _code(spec, plan)))
    if "blocks" in spec.features:
        written.extend(_items_block(spec, values))
    yield from written
    yield from _others(spec, plan, values, written)


def _others(
    spec: PluginSpec, plan: PluginPlan, values: Mapping[str, str], written: list[GeneratedFile]
) -> Iterator[GeneratedFile]:
    if "uninstall" in spec.features:
        yield GeneratedFile(
            "uninstall", "uninstall.php", filled("plugin/uninstall.php", {**values, "removals": _removals(spec)})
        )
    if "readme" in spec.features:
        yield GeneratedFile("readme", "readme.txt", readme(spec.name, plan.description, plan.tags, spec.features))
    if "i18n" in spec.features:
        yield GeneratedFile("i18n", f"languages/{spec.slug}.pot", catalogue(spec.name, spec.slug, written))


def _values(spec: PluginSpec, plan: PluginPlan) -> dict[str, str]:
    one, many = plan.item
    term, terms = plan.term
    return {
        "name": spec.name,
        "slug": spec.slug,
        "prefix": spec.prefix,
        "constant": spec.prefix.upper(),
        "package": pascal_case(spec.slug),
        "namespace": block_namespace(spec.slug),
        "description": header_description(plan),
        "type": spec.post_type,
        "rewrite": _short(spec.slug, LONGEST_TYPE * 3),
        "icon": plan.icon,
        "singular": one,
        "plural": many,
        "add_new": f"Add {one}",
        "edit": f"Edit {one}",
        "new": f"New {one}",
        "view": f"View {one}",
        "search": f"Search {many}",
        "all": f"All {many}",
        "taxonomy": spec.taxonomy,
        "taxonomy_rewrite": _short(f"{spec.slug}-topic", LONGEST_TAXONOMY * 3),
        "hierarchical": "true" if plan.is_hierarchical else "false",
        "term": term,
        "terms": terms,
        "search_terms": f"Search {terms}",
        "all_terms": f"All {terms}",
        "edit_term": f"Edit {term}",
        "update_term": f"Update {term}",
        "add_term": f"Add {term}",
        "new_term": f"New {term}",
        **_meta_values(spec, plan),
        **_setting_values(spec, plan),
        "activate_types": _types(spec),
    }


def _types(spec: PluginSpec) -> str:
    """What has to be registered before addresses are made anew."""
    calls = {
        "custom_post_type": f"\t{spec.prefix}_register_post_type();",
        "taxonomies": f"\t{spec.prefix}_register_taxonomy();",
    }
    return "\n".join(call for feature, call in calls.items() if feature in spec.features)


def block_namespace(of: str) -> str:
    """A slug as the namespace of a block, which begins with a letter."""
    return of if of[0].isalpha() else f"wpl-{of}"


def _short(text: str, longest: int) -> str:
    return text[:longest].strip("-")


def meta_key(spec: PluginSpec, field: Field) -> str:
    """The key under which a field of the editor is stored."""
    return f"{spec.prefix}_{field.key}"


def _meta_values(spec: PluginSpec, plan: PluginPlan) -> dict[str, str]:
    fields = plan.fields
    listed = _entries("\t\t\t", {field.key: _meta_read(spec, field, "$item->ID") for field in fields})
    details = f"\t\t'details' => array(\n{listed}\n\t\t),"
    longest = max((len(field.key) for field in fields), default=0)
    return {
        "field_reads": "\n".join(
            f"\t${field.key.ljust(longest)} = {_meta_read(spec, field, '$post->ID')};" for field in fields
        ),
        "field_rows": "\n".join(_row(spec, field) for field in fields),
        "field_saves": "\n\n".join(_save(spec, field) for field in fields),
        "rest_fields": details if "meta_boxes" in spec.features else "",
    }


def _meta_read(spec: PluginSpec, field: Field, post_id: str) -> str:
    cast = {"number": "float", "checkbox": "bool"}.get(field.type, "string")
    return f"({cast}) get_post_meta( {post_id}, '{meta_key(spec, field)}', true )"


def _row(spec: PluginSpec, field: Field) -> str:
    name, domain = meta_key(spec, field), spec.slug
    heading = f"<?php esc_html_e( {php_text(field.label)}, '{domain}' ); ?>"
    if field.type == "checkbox":
        box = f'<input type="checkbox" id="{name}" name="{name}" value="1" <?php checked( ${field.key} ); ?> />'
        return f'\t<p>\n\t\t<label for="{name}">\n\t\t\t{box}\n\t\t\t{heading}\n\t\t</label>\n\t</p>'
    if field.type == "textarea":
        shown = f"<?php echo esc_textarea( ${field.key} ); ?>"
        box = f'<textarea id="{name}" name="{name}" rows="4" class="widefat">{shown}</textarea>'
    else:
        escaper = "esc_url" if field.type == "url" else "esc_attr"
        given = f"(string) ${field.key}" if field.type == "number" else f"${field.key}"
        step = ' step="any"' if field.type == "number" else ""
        shown = f"<?php echo {escaper}( {given} ); ?>"
        box = f'<input type="{field.type}" id="{name}" name="{name}" value="{shown}"{step} class="widefat" />'
    return f'\t<p>\n\t\t<label for="{name}">{heading}</label>\n\t\t{box}\n\t</p>'


def _save(spec: PluginSpec, field: Field) -> str:
    name = meta_key(spec, field)
    if field.type == "checkbox":
        return f"\tupdate_post_meta( $post_id, '{name}', isset( $_POST['{name}'] ) ? 1 : 0 );"
    sent = f"wp_unslash( $_POST['{name}'] )"
    return (
        f"\tif ( isset( $_POST['{name}'] ) ) {{\n"
        f"\t\tupdate_post_meta( $post_id, '{name}', {_CLEANERS[field.type]}( {sent} ) );\n"
        "\t}"
    )


def _setting_values(spec: PluginSpec, plan: PluginPlan) -> dict[str, str]:
    empty = {"number": "0", "checkbox": "0"}
    settings = plan.settings
    return {
        "setting_defaults": _entries("\t\t", {one.key: empty.get(one.type, "''") for one in settings}),
        "setting_fields": "\n".join(_setting_field(spec, one) for one in settings),
        "setting_cleaners": _entries("\t\t", {one.key: _cleaned_setting(one) for one in settings}),
    }


def _entries(indent: str, values: Mapping[str, str]) -> str:
    """Entries of an array in PHP, their arrows below each other."""
    longest = max((len(key) for key in values), default=0) + 2
    quoted = {f"'{key}'": value for key, value in values.items()}
    return "\n".join(f"{indent}{key.ljust(longest)} => {value}," for key, value in quoted.items())


def _cleaned_setting(setting: Field) -> str:
    if setting.type == "checkbox":
        return f"empty( $sent['{setting.key}'] ) ? 0 : 1"
    given = f"$sent['{setting.key}']"
    empty = "0" if setting.type == "number" else "''"
    return f"isset( {given} ) && is_scalar( {given} ) ? {_CLEANERS[setting.type]}( {given} ) : {empty}"


def _setting_field(spec: PluginSpec, setting: Field) -> str:
    field_id = f"{spec.prefix}_{setting.key}"
    return f"""
	add_settings_field(
		'{field_id}',
		__( {php_text(setting.label)}, '{spec.slug}' ),
		'{spec.prefix}_render_setting',
		'{spec.slug}-settings',
		'{spec.prefix}_general',
		array(
			'label_for' => '{field_id}',
			'key'       => '{setting.key}',
			'type'      => '{setting.type}',
		)
	);"""


def _removals(spec: PluginSpec) -> str:
    stored = {"admin_interface": "note", "settings": "settings", "lifecycle": "version"}
    lines = [f"delete_option( '{spec.prefix}_{name}' );" for one, name in stored.items() if one in spec.features]
    if "cron" in spec.features:
        lines.append(f"delete_transient( '{spec.prefix}_count' );")
        lines.append(f"wp_clear_scheduled_hook( '{spec.prefix}_daily' );")
    return "\n".join(lines) or f"delete_option( '{spec.prefix}_version' );"


def _code(spec: PluginSpec, plan: PluginPlan) -> str:
    head = f"<?php\n/**\n * What this plugin does beside its features.\n *\n * @package {pascal_case(spec.slug)}\n */\n"
    return f"{head}\ndefined( 'ABSPATH' ) || exit;\n\n{plan.code.strip()}\n"


def _items_block(spec: PluginSpec, values: Mapping[str, str]) -> Iterator[GeneratedFile]:
    namespace = values["namespace"]
    metadata = {
        "$schema": "https://schemas.wp.org/trunk/block.json",
        "apiVersion": 3,
        "name": f"{namespace}/items",
        "title": f"{cleaned(spec.name)}: newest items",
        "category": "widgets",
        "icon": "list-view",
        "description": "Lists what was published last.",
        "textdomain": spec.slug,
        "attributes": {"number": {"type": "integer", "default": 5}},
        "supports": {"html": False, "align": ["wide", "full"]},
        "editorScript": "file:./editor.js",
    }
    needs = ("wp-blocks", "wp-element", "wp-block-editor", "wp-components", "wp-i18n", "wp-server-side-render")
    yield GeneratedFile("items_block_json", "blocks/items/block.json", json_text(metadata))
    yield GeneratedFile("items_editor_script", "blocks/items/editor.js", filled("plugin/items-editor.js", values))
    yield GeneratedFile("items_editor_asset", "blocks/items/editor.asset.php", asset(values["package"], needs))


def asset(package: str, needs: tuple[str, ...]) -> str:
    """What WordPress is told about a script: which of its own it needs, and its version."""
    dependencies = ", ".join(f"'{one}'" for one in needs)
    return filled("plugin/asset.php", {"package": package, "dependencies": dependencies, "version": "1.0.0"})


def readme(name: str, description: str, tags: tuple[str, ...], features: tuple[str, ...] = ()) -> str:
    """readme.txt as WordPress.org reads it.

    https://developer.wordpress.org/plugins/wordpress-org/how-your-readme-txt-works/
    """
    plain = cleaned(description).replace("*", "").replace("`", "").replace("_", " ").replace("=", "")
    values = {
        "name": name,
        "slug": PluginSpec(name, "", ()).slug,
        "contributors": "wpllm",
        "tags": ", ".join(tags[:5]),
        "summary": shortened(plain, LONGEST_SUMMARY + 1) or "A plugin for WordPress.",
        "description": plain or "A plugin for WordPress.",
        "feature_list": "\n".join(
            f"* {offer[0].upper()}{offer[1:]}" for one, offer in OFFERS.items() if one in features
        ),
    }
    return filled("plugin/readme.txt", values)
