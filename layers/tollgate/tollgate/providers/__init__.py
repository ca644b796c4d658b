"""Who answers for us: one module a vendor, one row in the registry."""
