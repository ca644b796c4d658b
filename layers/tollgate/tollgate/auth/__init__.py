"""Who is calling and what they may do. Thinks only: no network, no clock."""
