"""Blocks, plugins and themes written from templates: the same request and plan make the same files, byte by byte.

Nothing here asks anybody. What a model may add arrives as a plan, and is a part of the same templates.
"""
