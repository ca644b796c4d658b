"""The chat in a page: what it looks like, and what is sent by it."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from tollgate.contracts.rest import CamelShape, RestShape
from tollgate.contracts.shapes import Query

LONGEST_MESSAGE: Final = 4_000
"""Characters that a visitor may send at once."""
LONGEST_ANSWER: Final = 20_000
"""Characters of an earlier answer that are sent along; the script sends no more of it."""
MOST_MESSAGES: Final = 100


class EmbedConfigQuery(Query):
    """Who asks."""

    session_id: Annotated[str | None, Field(max_length=64)] = None
    """The `sessionId` of an earlier answer, so that a visitor who comes back has the same one."""


class AssetUrls(CamelShape):
    """Where script and styles are: an address for each version, which never holds anything else."""

    css: str
    css_integrity: str
    """For the attribute `integrity` of the tag that loads it."""
    main_js: str
    main_js_integrity: str


class WidgetConfig(CamelShape):
    """All that the script has to know. Instructions, model, keys, domains and limits are not in it."""

    bot_id: int
    provider: str
    """The label of the bot's provider."""
    vector_store_provider: str
    header_name: str
    post_id: Literal[0] = 0
    ajax_url: str
    """Where messages are sent to."""
    embed_config_url: str
    """Where this answer came from: asked again, it gives a new `nonce`."""
    nonce: str
    """Goes with each message. It is for this bot, for pages of this origin and for this session."""
    nonce_expires_in: int
    """Seconds."""
    session_id: str
    asset_urls: AssetUrls
    theme: str
    custom_theme_preset_key: str
    custom_theme_settings: dict[str, Any]
    footer_text: str
    header_avatar_type: str
    header_avatar_value: str
    header_avatar_url: str
    header_online_text: str
    custom_typing_text: str
    popup_enabled: bool
    popup_position: str
    popup_delay: int
    """Seconds."""
    popup_icon_type: str
    popup_icon_style: str
    popup_icon_value: str
    popup_icon_size: str
    popup_label_enabled: bool
    popup_label_text: str
    popup_label_mode: str
    popup_label_delay_seconds: int
    popup_label_auto_hide_seconds: int
    popup_label_dismissible: bool
    popup_label_frequency: str
    popup_label_show_on_mobile: bool
    popup_label_show_on_desktop: bool
    popup_label_version: str
    popup_label_size: str
    enable_fullscreen: bool
    enable_download: bool
    enable_copy_button: bool
    enable_starters: bool
    require_consent_compliance: bool
    show_sources: bool
    content_aware: bool
    """Whether the bot wants to know what the page says."""
    starters: list[str]
    text: dict[str, str]
    """What stands on buttons and in notices."""
    max_messages: int
    """Messages of a conversation that are sent along at most."""
    max_message_length: int = LONGEST_MESSAGE
    # What this widget has none of, for scripts that look for it.
    enable_feedback: Literal[False] = False
    enable_sidebar: Literal[False] = False
    pdf_download_active: Literal[False] = False
    file_upload_enabled_ui: Annotated[Literal[False], Field(alias="fileUploadEnabledUI")] = False
    image_upload_enabled_ui: Annotated[Literal[False], Field(alias="imageUploadEnabledUI")] = False
    input_action_button_enabled: Literal[False] = False
    allow_web_search_tool: Literal[False] = False
    web_toggle_default_on: Literal[False] = False
    allow_google_search_grounding: Literal[False] = False
    enable_openai_conversation_state: Annotated[Literal[False], Field(alias="enableOpenAIConversationState")] = False
    image_triggers: Literal[""] = ""
    tts_enabled: Literal[False] = False
    tts_auto_play: Literal[False] = False
    tts_provider: Literal[""] = ""
    tts_voice_id: Literal[""] = ""
    enable_voice_input_ui: Annotated[Literal[False], Field(alias="enableVoiceInputUI")] = False
    stt_provider: Literal[""] = ""
    enable_realtime_voice_ui: Annotated[Literal[False], Field(alias="enableRealtimeVoiceUI")] = False
    direct_voice_mode: Literal[False] = False
    realtime_model: Literal[""] = ""


class EmbedConfig(RestShape):
    """A chat for a page."""

    config: WidgetConfig
    html: str
    """One element, with all of `config` in its attribute `data-config`."""


class WidgetTurn(RestShape):
    """One message of the conversation so far."""

    role: Literal["user", "assistant"]
    content: Annotated[str, Field(max_length=LONGEST_ANSWER)]


class WidgetMessageRequest(RestShape):
    """A question, and the conversation that it belongs to. The last message is the visitor's."""

    token: Annotated[str, Field(max_length=200)]
    """The `nonce` of the bot's embed-config."""
    conversation_uuid: Annotated[str, Field(max_length=64)] = ""
    """Reduced to `[a-z0-9_-]`, and to 36 characters."""
    messages: Annotated[list[WidgetTurn], Field(min_length=1, max_length=MOST_MESSAGES)]
    """Oldest first. Of a visitor's message at most 4000 characters are taken."""
    page: Annotated[str, Field(max_length=20_000)] = ""
    """What the page says, for a bot with `content_aware_enabled`; its first 4000 characters are taken."""
