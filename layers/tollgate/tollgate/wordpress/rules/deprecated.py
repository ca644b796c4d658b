"""What WordPress keeps for old plugins only."""

from collections.abc import Iterator, Mapping
from typing import Final

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.js import text_of as js_text_of
from tollgate.wordpress.knowledge import words
from tollgate.wordpress.php import made

# https://developer.wordpress.org/reference/ marks each of them with its successor.
_SUCCESSORS: Final[Mapping[str, str]] = {
    "add_contextual_help": "get_current_screen()->add_help_tab",
    "add_custom_background": "add_theme_support",
    "add_custom_image_header": "add_theme_support",
    "add_object_page": "add_menu_page",
    "add_utility_page": "add_menu_page",
    "attribute_escape": "esc_attr",
    "automatic_feed_links": "add_theme_support",
    "category_exists": "term_exists",
    "clean_url": "esc_url",
    "create_user": "wp_create_user",
    "delete_usermeta": "delete_user_meta",
    "dropdown_cats": "wp_dropdown_categories",
    "get_all_category_ids": "get_terms",
    "get_author_name": "get_the_author_meta",
    "get_currentuserinfo": "wp_get_current_user",
    "get_current_theme": "wp_get_theme",
    "get_catname": "get_cat_name",
    "get_page": "get_post",
    "get_page_by_title": "WP_Query",
    "get_postdata": "get_post",
    "get_profile": "get_the_author_meta",
    "get_settings": "get_option",
    "get_the_attachment_link": "wp_get_attachment_link",
    "get_theme": "wp_get_theme",
    "get_theme_data": "wp_get_theme",
    "get_themes": "wp_get_themes",
    "get_user_by_email": "get_user_by",
    "get_userdatabylogin": "get_user_by",
    "get_usermeta": "get_user_meta",
    "get_usernumposts": "count_user_posts",
    "get_users_of_blog": "get_users",
    "image_resize": "wp_get_image_editor",
    "is_taxonomy": "taxonomy_exists",
    "is_term": "term_exists",
    "js_escape": "esc_js",
    "like_escape": "$wpdb->esc_like",
    "register_sidebar_widget": "wp_register_sidebar_widget",
    "register_widget_control": "wp_register_widget_control",
    "screen_icon": "get_admin_page_title",
    "seems_utf8": "wp_is_valid_utf8",
    "the_category_id": "get_the_category",
    "the_editor": "wp_editor",
    "update_category_cache": "clean_term_cache",
    "update_usermeta": "update_user_meta",
    "wp_cache_reset": "wp_cache_switch_to_blog",
    "wp_convert_bytes_to_hr": "size_format",
    "wp_dropdown_cats": "wp_dropdown_categories",
    "wp_explain_nonce": "wp_nonce_ays",
    "wp_get_http": "wp_safe_remote_get",
    "wp_get_single_post": "get_post",
    "wp_htmledit_pre": "format_for_editor",
    "wp_login": "wp_signon",
    "wp_make_content_images_responsive": "wp_filter_content_tags",
    "wp_no_robots": "wp_robots_no_robots",
    "wp_richedit_pre": "format_for_editor",
    "wp_setcookie": "wp_set_auth_cookie",
    "wp_specialchars": "esc_html",
    "wp_tiny_mce": "wp_editor",
    "wp_sensitive_page_meta": "wp_robots_sensitive_page",
    "wpmu_current_site": "get_current_site",
}
_CLASSES: Final[Mapping[str, str]] = {
    "WP_User_Search": "WP_User_Query",
    "Services_JSON": "wp_json_encode()",
    "WP_Customize_New_Menu_Control": "WP_Customize_Manager",
}
_MOVED: Final = words(
    "AlignmentToolbar BlockControls BlockAlignmentToolbar ColorPalette InnerBlocks InspectorControls MediaUpload "
    "MediaUploadCheck PanelColorSettings PlainText RichText URLInput URLInputButton useBlockProps BlockIcon "
    "InspectorAdvancedControls ContrastChecker withColors getColorClassName MediaPlaceholder"
)


def _find(file: File) -> Iterator[Hit]:
    if file.language == "js":
        yield from _find_in_js(file)
        return
    for name, successor in _SUCCESSORS.items():
        for call in file.calls(name):
            new = successor if successor[:1].isupper() else f"{successor}()"
            yield Hit(call, None, f"{name}() is deprecated", f"Call {new} instead")
    for node in file.of("object_creation_expression"):
        if made(node) in _CLASSES:
            yield Hit(node, None, f"{made(node)} is deprecated", f"Use {_CLASSES[made(node)]} instead")


def _find_in_js(file: File) -> Iterator[Hit]:
    for node in file.of("member_expression"):
        subject, name = node.get("object"), node.get("property")
        if subject is not None and name is not None and name.text == "editor" and subject.text in {"wp", "window.wp"}:
            yield Hit(node)
    for node in file.of("import_statement"):
        if js_text_of(node.get("source")) == "@wordpress/editor" and any(
            one.kind == "import_specifier" and one.children[0].text in _MOVED for one in node.walk()
        ):
            yield Hit(node)


RULES = (
    Rule(
        name="deprecated",
        category=Category.QUALITY,
        severity=Severity.MEDIUM,
        message="wp.editor no longer has what blocks are made of",
        suggestion="Take it from wp.blockEditor, as in useBlockProps()",
        recommendation="Replace what is deprecated by its successor",
        example=Example("<?php\n$user = get_currentuserinfo();", "<?php\n$user = wp_get_current_user();"),
        find=_find,
        languages=frozenset({"php", "js"}),
        cwe="CWE-477",
    ),
)
