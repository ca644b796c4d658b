"""Lambda's runtime loop for ASGI applications that stream: see docs/runtime.md.

It needs the standard library only and knows nothing of the package `tollgate`: when Lambda's own Python runtime can
stream, this package is the only thing that goes. What it imports is paid for at every cold start: asyncio, which brings
base64, signal and traceback along, json, and urllib.parse, which every application has imported by then.
"""
