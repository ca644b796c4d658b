"""Who takes the money for plans. Nothing outside this room knows a payment service by its name."""
