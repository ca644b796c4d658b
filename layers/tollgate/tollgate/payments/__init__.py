"""Who takes the money for plans. Nothing outside this room knows a payment service by its name."""

from typing import Final

KEY_SETTING: Final = "STRIPE_API_KEY"
"""The credential without which nobody is asked for money."""
SETTINGS: Final = {KEY_SETTING: "Stripe"}
"""What may be in the secret, and whose it is."""
