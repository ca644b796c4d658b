"""Events as they are told to receivers: their bytes, their signatures, and when to try again. It reaches nothing."""
