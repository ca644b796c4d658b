"""Settings of a chatbot: what visitors may use, and what is not answered at all."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from tollgate.contracts.rest import Boolean, Integer, RestShape

ActionType = Literal["none", "dashboard_usage", "dashboard_credits", "dashboard_purchases", "buy_credits", "custom_url"]
Tokens = Annotated[Integer, Field(ge=0, le=10**15)]


def _as_lines(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return [item.strip() for item in value.replace("\n", ",").split(",") if item.strip()]


Items = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]], BeforeValidator(_as_lines), Field(max_length=1_000)
]
"""A list, or a text with commas or line breaks between its items."""
Label = Annotated[str, Field(max_length=200)]


class LimitSettings(RestShape):
    """Tokens for each period, and moderation."""

    token_limit_mode: Literal["general", "role_based"] = "general"
    """Whether users have one limit, or each role its own."""
    token_guest_limit: Tokens | None = None
    """Tokens that a guest may use in a period. 0 is no access, and none given is no limit."""
    token_user_limit: Tokens | None = None
    """The same of a user, where `token_limit_mode` is `general`."""
    token_role_limits: dict[str, Tokens | None] = Field(default_factory=dict, max_length=100)
    """The same for each role. Of several roles the highest counts, and null is no limit."""
    token_reset_period: Literal["never", "daily", "weekly", "monthly"] = "never"
    """When counting begins anew: at midnight, on Monday, on the first of the month, in the deployment's time zone."""
    token_limit_message: Annotated[str, Field(max_length=1_000)] = "You have reached your usage limit."
    """What a visitor is told who has used it all."""
    token_limit_primary_action_type: ActionType = "none"
    token_limit_primary_action_label: Label = ""
    token_limit_primary_action_url: Annotated[str, Field(max_length=2_000)] = ""
    token_limit_secondary_action_type: ActionType = "none"
    token_limit_secondary_action_label: Label = ""
    token_limit_secondary_action_url: Annotated[str, Field(max_length=2_000)] = ""
    banned_words: Items = Field(default_factory=list)
    """Messages with one of these, as a whole word in either case, are refused. A list, or a text with commas."""
    banned_words_message: Annotated[str, Field(max_length=1_000)] = "Your message contains words that are not allowed."
    banned_ips: Items = Field(default_factory=list)
    """Addresses that are refused. A list, or a text with commas."""
    banned_ips_message: Annotated[str, Field(max_length=1_000)] = "Your address may not use this chat."
    openai_moderation_enabled: Boolean = False
    """Whether messages are shown to OpenAI's moderation first, where the bot's provider is OpenAI."""
    openai_moderation_message: Annotated[str, Field(max_length=1_000)] = "Your message was flagged by moderation."
