"""Prices, costs and budgets, in exact decimals. Thinks only: no network, no clock."""
