"""Settings of a chatbot: how it looks on a page."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from tollgate.contracts.rest import Boolean, Integer, Object, RestShape

Text = Annotated[str, Field(max_length=1_000)]
Word = Annotated[str, Field(max_length=100)]
Address = Annotated[str, Field(max_length=2_000)]
Seconds = Annotated[Integer, Field(ge=0, le=86_400)]


def _as_origins(value: Any) -> Any:
    items = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        return items
    return list(dict.fromkeys(item.strip().rstrip("/") for item in items if item.strip().rstrip("/")))


Origins = Annotated[list[Annotated[str, Field(max_length=260)]], BeforeValidator(_as_origins), Field(max_length=200)]


class WidgetSettings(RestShape):
    """What only the browser sees."""

    greeting: Text = "Hello there!"
    """Shown first, and never sent to the model."""
    subgreeting: Text = "How can I help you today?"
    conversation_starters: list[Text] = Field(default_factory=list, max_length=20)
    """Questions that a visitor may click."""
    enable_conversation_starters: Boolean = True
    content_aware_enabled: Boolean = False
    """Whether the model is shown a part of the page that the chat is on."""
    deploy_mode: Literal["inline", "popup", "external"] = "popup"
    embed_allowed_domains: Origins = Field(default_factory=list)
    """Origins of the pages that may embed it: one a line, or a list. None is all of them."""
    popup_position: Literal["bottom-right", "bottom-left", "top-right", "top-left"] = "bottom-right"
    popup_delay: Seconds = 1
    """Seconds until the button is shown."""
    popup_icon_type: Literal["default", "custom"] = "default"
    popup_icon_style: Literal["circle", "square", "none"] = "circle"
    popup_icon_value: Address = "chat-bubble"
    popup_icon_size: Literal["small", "medium", "large", "xlarge"] = "medium"
    popup_label_enabled: Boolean = False
    popup_label_text: Text = ""
    popup_label_mode: Literal["always", "on_delay", "until_open", "until_dismissed"] = "on_delay"
    popup_label_delay_seconds: Seconds = 2
    popup_label_auto_hide_seconds: Seconds = 0
    popup_label_dismissible: Boolean = True
    popup_label_frequency: Literal["always", "once_per_session", "once_per_visitor"] = "once_per_visitor"
    popup_label_show_on_mobile: Boolean = True
    popup_label_show_on_desktop: Boolean = True
    popup_label_version: Word = ""
    popup_label_size: Literal["small", "medium", "large", "xlarge"] = "medium"
    theme: Literal["light", "dark", "auto", "chatgpt", "custom"] = "light"
    """`auto` is light or dark as the visitor's system is."""
    theme_preset_key: Word = ""
    custom_theme_settings: Annotated[Object, Field(max_length=100)] = Field(default_factory=dict)
    """Colours and sizes of the theme `custom`; their names are in docs/widget.md."""
    header_name: Word = ""
    """What stands above the chat; the bot's name unless said otherwise."""
    header_avatar_type: Literal["default", "icon", "custom"] = "default"
    header_avatar_value: Address = ""
    header_avatar_url: Address = ""
    header_online_text: Word = "Online"
    footer_text: Text = ""
    input_placeholder: Word = "Type your message..."
    custom_typing_text: Word = ""
    enable_fullscreen: Boolean = True
    enable_download: Boolean = False
    enable_copy_button: Boolean = True
    enable_feedback: Boolean = False
    enable_sidebar: Boolean = False
    show_sources: Boolean = True
    """Whether an answer names what it was found in."""
    enable_consent_compliance: Boolean = False
    """Whether a visitor has to agree first."""
    consent_title: Word = "Consent Required"
    consent_message: Annotated[str, Field(max_length=4_000)] = (
        "Before starting the conversation, please agree to our Terms of Service and Privacy Policy."
    )
    consent_button: Word = "I Agree"
