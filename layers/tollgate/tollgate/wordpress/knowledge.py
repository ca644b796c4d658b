"""What PHP's and WordPress's functions do to a value: which clean it, which make it safe to print, which pass it on.

Names are those of the WordPress Coding Standards' lists: https://github.com/WordPress/WordPress-Coding-Standards/wiki
"""

import re
from typing import Final


def words(text: str) -> frozenset[str]:
    """The names in a list of them."""
    return frozenset(text.split())


NUMERIC: Final = words(
    "absint intval floatval doubleval boolval count sizeof number_format rest_sanitize_boolean strlen mb_strlen "
    "strpos stripos strrpos strcmp strcasecmp time microtime floor ceil round abs mt_rand rand wp_rand random_int "
    "filesize number_format_i18n get_current_user_id get_current_blog_id get_the_id hash_equals array_sum "
    "validate_file filemtime crc32 ord preg_match preg_match_all checkdate"
)
"""What comes out is a number, a boolean, or made of digits alone."""

# `sanitize_*` of core, and what clears a value in another way.
SANITIZERS: Final = words(
    "is_email filter_var filter_input sanitize_email sanitize_file_name sanitize_hex_color sanitize_html_class "
    "sanitize_key sanitize_meta sanitize_mime_type sanitize_option sanitize_sql_orderby sanitize_term "
    "sanitize_text_field sanitize_textarea_field sanitize_title sanitize_url sanitize_user wp_parse_id_list "
    "wp_strip_all_tags esc_url_raw wp_kses wp_kses_post wp_kses_data wp_handle_upload sanitize_hex_color_no_hash "
    "sanitize_title_with_dashes sanitize_title_for_query sanitize_locale_name sanitize_post sanitize_bookmark "
    "sanitize_user_field sanitize_post_field sanitize_term_field sanitize_trackback_urls wp_handle_sideload "
    "media_handle_upload"
)

ESCAPERS: Final = words(
    "esc_html esc_attr esc_url esc_js esc_textarea esc_xml esc_html__ esc_attr__ esc_html_e esc_attr_e esc_html_x "
    "esc_attr_x esc_xml__ esc_xml_x wp_kses wp_kses_post wp_kses_data wp_kses_allowed_html wp_json_encode "
    "json_encode rawurlencode urlencode tag_escape sanitize_key sanitize_html_class sanitize_hex_color intval "
    "floatval number_format wp_kses_one_attr esc_html_n"
)

AUTO_ESCAPED: Final = words(
    "allowed_tags bloginfo body_class calendar_week_mod category_description checked comment_class count_users "
    "cancel_comment_reply_link date date_i18n dbdelta delete_get_calendar_cache disabled do_shortcode "
    "do_shortcode_tag get_archives_link get_attachment_link get_avatar get_bookmark_field get_calendar "
    "get_comment_author_link get_comment_reply_link get_current_network_id get_edit_term_link get_search_form "
    "get_search_query get_the_author_link get_the_category_list get_the_date get_the_modified_date "
    "get_the_modified_time get_the_post_thumbnail get_the_tag_list get_the_term_list get_the_time gmdate "
    "paginate_comments_links paginate_links post_class post_type_archive_title readonly selected settings_fields "
    "single_cat_title single_month_title single_post_title single_tag_title single_term_title site_icon_url "
    "size_format submit_button get_submit_button get_language_attributes language_attributes tag_description "
    "term_description the_author the_content the_date the_excerpt the_id the_permalink the_post_thumbnail "
    "the_posts_pagination the_tags the_terms the_time the_title the_title_attribute vip_powered_wpcom "
    "walk_nav_menu_tree wp_create_nonce wp_date wp_dropdown_categories wp_dropdown_pages wp_dropdown_users "
    "wp_enqueue_script wp_generate_tag_cloud wp_get_archives wp_get_attachment_image wp_get_attachment_link "
    "wp_link_pages wp_list_authors wp_list_bookmarks wp_list_categories wp_list_comments wp_login_form wp_loginout "
    "wp_nav_menu wp_nonce_field wp_register wp_tag_cloud wp_title get_block_wrapper_attributes render_block "
    "do_blocks wp_readonly"
)
"""They print themselves, or give back what is safe to print."""

FORMATTERS: Final = words(
    "antispambot array_fill array_fill_keys array_merge ent2ncr implode join nl2br sprintf vsprintf wp_sprintf trim "
    "ltrim rtrim str_repeat str_pad wpautop strtolower strtoupper ucfirst array_pad array_values array_unique "
    "array_filter array_reverse array_slice array_pop array_shift reset end current wp_unslash stripslashes "
    "array_combine ucwords mb_strtolower mb_strtoupper"
)
"""What comes out is as safe as what goes in."""

PASSING_ON: Final = re.compile(
    r"(?:str|substr|array|mb|url|base64|json|html|iconv|preg|convert|quoted_printable|utf8|gz|bin2|hex2|wp_unslash"
    r"|stripslashes|addslashes|raw|parse|explode|implode|nl2br|sprintf|vsprintf|trim|ltrim|rtrim|chr|lcfirst|ucfirst"
    r"|ucwords|number|md5|sha1|crypt|strrev|wordwrap|chunk_split|similar_text|compact|serialize|maybe_serialize"
    r"|unserialize|maybe_unserialize|wp_parse_args|wp_parse_url|wp_parse_str|shortcode_atts|apply_filters"
    r"|add_query_arg|remove_query_arg|basename|dirname|realpath|pathinfo|wp_normalize_path|path_join|trailingslashit"
    r"|untrailingslashit|file_get_contents|map_deep|wp_slash|stripslashes_deep|esc_sql|esc_like|current|reset|end"
    r"|next|prev|key|max|min|range|iterator_to_array|list|extract|settype|strval|wptexturize|convert_chars|wpautop"
    r"|make_clickable|balancetags|force_balance_tags|zeroise|wp_specialchars_decode|html_entity_decode|nl2br"
    r"|wp_json_decode|remove_accents|_?deep_replace|wp_list_pluck|escapeshellcmd|call_user_func)(?:_|\d|$)"
    r"|(?:str|array|mb|preg|url|html)"
)
"""Functions of PHP and core that give on what they are given; all others make a value of their own."""

# They look at a value and do nothing with it.
SILENT: Final = words(
    "isset empty array_key_exists key_exists in_array array_search defined function_exists class_exists "
    "method_exists property_exists ctype_digit ctype_alnum ctype_alpha ctype_xdigit unset hash_equals "
    "username_exists email_exists term_exists post_type_exists taxonomy_exists str_contains str_starts_with "
    "str_ends_with wp_is_uuid"
)

NONCE_CHECKS: Final = frozenset({"wp_verify_nonce", "check_admin_referer", "check_ajax_referer"})
CAPABILITY_CHECKS: Final = frozenset(
    {"current_user_can", "user_can", "author_can", "current_user_can_for_blog", "current_user_can_for_site"}
)

# Sanitizers and casts that need no `wp_unslash` before them.
SELF_UNSLASHING: Final = NUMERIC | {"sanitize_key", "sanitize_locale_name", "is_email", "wp_parse_id_list", "is_array"}

NUMERIC_CASTS: Final = frozenset({"int", "integer", "float", "double", "real", "bool", "boolean"})

WRITING_SQL: Final = re.compile(r"\s*(?:insert|update|delete|replace|drop|alter|create|truncate)\b", re.IGNORECASE)
WRITING_METHODS: Final = frozenset({"insert", "update", "delete", "replace"})
READING_METHODS: Final = frozenset({"get_results", "get_row", "get_var", "get_col"})

_STATE_CHANGE: Final = re.compile(
    r"(?:update|add|delete)_(?:site_|network_|blog_)?(?:option|post_meta|user_meta|term_meta|comment_meta|metadata)"
    r"|(?:set|delete|update|add)_(?:site_)?transient"
    r"|wp_(?:insert|update|delete)_(?:post|user|term|comment|attachment|nav_menu_item|site)|wp_trash_post"
    r"|wp_mail|wp_create_user|wp_set_password|file_put_contents|fwrite|fputs|unlink|rename|copy|rmdir|mkdir"
    r"|move_uploaded_file|wp_set_object_terms|wp_set_post_terms|set_theme_mod|remove_theme_mod|activate_plugin"
    r"|deactivate_plugins"
)


def changes_state(function: str) -> bool:
    """Whether a function leaves something behind."""
    return _STATE_CHANGE.fullmatch(function) is not None


def is_silent(function: str) -> bool:
    """Whether a function only looks at what it is given."""
    return function in SILENT or function in NONCE_CHECKS or (function.startswith("is_") and function != "is_email")
