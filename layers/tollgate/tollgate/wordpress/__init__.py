"""What the source of a plugin or theme tells us: parsed, followed from source to sink, and held against rules.

Nothing here reaches out, knows the time, or runs what it reads. The same input has the same outcome.
"""
