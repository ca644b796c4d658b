"""What OpenAI's SDK for Python makes of the gateway: one JSON object of findings on standard output.

Runs under every version of the SDK, so it uses what all of them have.
"""

import base64
import hashlib
import json
import random
import struct
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai


def main(base_url: str, key: str, empty_key: str, tight_key: str) -> dict[str, Any]:
    """Every finding by its name."""

    def client(**options: Any) -> openai.OpenAI:
        return openai.OpenAI(**{"base_url": f"{base_url}/v1", "api_key": key, "max_retries": 0, **options})

    def chat(wish: str, using: openai.OpenAI | None = None, **options: Any) -> Any:
        messages: Any = [{"role": "user", "content": wish}]
        return (using or client()).chat.completions.create(model="openai/gpt-4o", messages=messages, **options)

    def text_of(stream: Any) -> str:
        return "".join(chunk.choices[0].delta.content or "" for chunk in stream)

    def tools_streamed() -> Any:
        calls: dict[int, dict[str, str]] = {}
        finish = None
        for chunk in chat("tools", stream=True, tools=_tools()):
            for fragment in chunk.choices[0].delta.tool_calls or []:
                call = calls.setdefault(fragment.index, {"id": "", "name": "", "arguments": ""})
                call["id"] += fragment.id or ""
                call["name"] += fragment.function.name or ""
                call["arguments"] += fragment.function.arguments or ""
            finish = chunk.choices[0].finish_reason or finish
        return {"calls": [calls[index] for index in sorted(calls)], "finish": finish}

    def tool_round_trip() -> Any:
        asked = chat("tools", tools=_tools()).choices[0].message
        results = [{"role": "tool", "tool_call_id": call.id, "content": "12 C"} for call in asked.tool_calls]
        messages = [{"role": "user", "content": "tools"}, asked.model_dump(exclude_none=True), *results]
        answer = client().chat.completions.create(model="openai/gpt-4o", messages=messages, tools=_tools())
        return answer.choices[0].message.content

    def usage_streamed() -> Any:
        chunks = list(chat("hello", stream=True, stream_options={"include_usage": True}))
        return {
            "with_usage": [bool(chunk.usage) for chunk in chunks].count(True),
            "last": [len(chunks[-1].choices), chunks[-1].usage.total_tokens, chunks[-1].usage.model_extra["cost"]],
        }

    def reserved_then_free() -> Any:
        # The first call holds most of the account for a second; the SDK waits for the second one by itself.
        using = client(api_key=tight_key, max_retries=3)
        first = threading.Thread(target=lambda: chat("take a second", using, max_completion_tokens=1000))
        first.start()
        threading.Event().wait(0.3)
        second = chat("hello", using, max_completion_tokens=1000)
        first.join()
        return second.choices[0].message.content

    findings: dict[str, Callable[[], Any]] = {
        **_of_sound(client),
        "version": lambda: openai.__version__,
        "list": lambda: all("/" in model.id for model in client().models.list() if not model.id.startswith("wp-llm-")),
        "list_has": lambda: "openai/gpt-4o" in {model.id for model in client().models.list()},
        "retrieve": lambda: client().models.retrieve("openai/gpt-4o").id,
        "chat": lambda: chat("hello").choices[0].message.content,
        "cost": lambda: chat("hello").usage.model_extra["cost"],
        "request_id": lambda: (chat("hello")._request_id or "")[:4],
        "token_header": lambda: (
            chat("hello", client(default_headers={"Authorization": f"Token {key}"})).choices[0].message.content
        ),
        "stream": lambda: text_of(chat("hello", stream=True)),
        "usage_streamed": usage_streamed,
        "tools_streamed": tools_streamed,
        "tool_round_trip": tool_round_trip,
        "dies": lambda: _raised(lambda: text_of(chat("die in the middle", stream=True))),
        "ends_early": lambda: _raised(lambda: text_of(chat("end early", stream=True))),
        # Unless told otherwise, the SDK asks for base64 and reads it itself.
        "embeddings": lambda: _embedding(client(), ["a", "bcd"]),
        "embeddings_float": lambda: _embedding(client(), ["a", "bcd"], encoding_format="float"),
        "embedding_tokens": lambda: _embedding(client(), [1, 2, 3]),
        "embedding_refused": lambda: _raised(lambda: _embedding(client(), [""])),
        "empty": lambda: _raised(lambda: chat("hello", client(api_key=empty_key))),
        "wrong_key": lambda: _raised(lambda: chat("hello", client(api_key="tg-wrong"))),
        "rate_limit": lambda: _raised(lambda: chat("429")),
        "bad_request": lambda: _raised(lambda: chat("hello", temperature=9)),
        "unknown_route": lambda: _raised(lambda: client().post("/nope", cast_to=object)),
        "reserved_then_free": reserved_then_free,
        "repeated": lambda: _repeated(chat, text_of),
        "reused": lambda: _raised(lambda: chat("hello again", extra_headers=_with_key("whole"))),
        "retried": lambda: _retried(chat, client(timeout=0.4, max_retries=2)),
        **_of_images(client),
    }
    return {name: find() for name, find in findings.items()}


def _embedding(using: openai.OpenAI, texts: Any, **options: Any) -> Any:
    answer = using.embeddings.create(model="openai/text-embedding-3-small", input=texts, dimensions=4, **options)
    usage: Any = answer.usage
    return {
        "vectors": [item.embedding for item in answer.data],
        "places": [item.index for item in answer.data],
        "told": [answer.model, usage.prompt_tokens, usage.total_tokens, usage.model_extra["cost"]],
    }


def _with_key(text: str) -> dict[str, str]:
    return {"Idempotency-Key": f"{text} of Python {openai.__version__}".replace(" ", "-")}


def _repeated(chat: Callable[..., Any], text_of: Callable[[Any], str]) -> Any:
    first, second = (chat("hello", extra_headers=_with_key("whole")) for _ in range(2))
    streams = [text_of(chat("hello", stream=True, extra_headers=_with_key("stream"))) for _ in range(2)]
    return {"same_id": first.id == second.id, "streams": streams}


def _retried(chat: Callable[..., Any], impatient: openai.OpenAI) -> Any:
    # The answer takes longer than this client waits; the SDK asks again by itself, and gets the same one.
    seed = int(openai.__version__.partition(".")[0])
    return chat("take a second", impatient, seed=seed, extra_headers=_with_key("lost")).choices[0].message.content


RECORDING = random.Random(6).randbytes(4_000_000)


def _of_sound(client: Callable[..., openai.OpenAI]) -> dict[str, Callable[[], Any]]:
    def spoken(**options: Any) -> Any:
        return client().audio.speech.create(model="openai/tts-1", voice="alloy", input="Hello", **options)

    def streamed_to_file() -> str:
        speech = client().audio.speech.with_streaming_response
        with (
            tempfile.TemporaryDirectory() as folder,
            speech.create(model="openai/tts-1", voice="alloy", input="Hello") as response,
        ):
            response.stream_to_file(f"{folder}/speech.mp3")
            return _digest(Path(f"{folder}/speech.mp3").read_bytes())

    def transcribe(model: str = "openai/whisper-1", **options: Any) -> Any:
        return client().audio.transcriptions.create(model=model, file=("gate.mp3", RECORDING), **options)

    def transcripts() -> Any:
        verbose = transcribe(response_format="verbose_json", timestamp_granularities=["word"])
        whole = transcribe()
        diarized = transcribe("openai/gpt-4o-transcribe-diarize", response_format="diarized_json")
        events = list(transcribe("openai/gpt-4o-transcribe", stream=True))
        return {
            "json": whole.text,
            "cost": whole.usage.model_extra["cost"],
            **{name: transcribe(response_format=name) for name in ("text", "srt", "vtt")},
            "verbose_json": [verbose.text, verbose.duration, verbose.words[0].word, verbose.segments[0].end],
            # The oldest version does not know the format, and leaves it as it comes.
            "diarized_json": (
                diarized.segments[0]["speaker"]
                if isinstance(diarized.segments[0], dict)
                else diarized.segments[0].speaker
            ),
            "streamed": [events[0].delta, events[-1].text, events[-1].type],
        }

    return {
        "sent": lambda: _digest(RECORDING),
        "speech": lambda: _digest(spoken(response_format="mp3").read()),
        "speech_to_file": streamed_to_file,
        "speech_refused": lambda: _raised(lambda: spoken(speed=9)),
        "transcripts": transcripts,
        "transcript_refused": lambda: _raised(lambda: transcribe("openai/gpt-4o-transcribe", response_format="srt")),
    }


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _raised(call: Callable[[], Any]) -> Any:
    try:
        call()
    except openai.APIError as exc:
        response = getattr(exc, "response", None)
        return {
            "class": type(exc).__name__,
            "status": getattr(exc, "status_code", None),
            "code": exc.code,
            "type": exc.type,
            "message": exc.message,
            "retry_after": response.headers.get("retry-after") if response is not None else None,
        }
    return "nothing was raised"


def _of_images(client: Callable[..., openai.OpenAI]) -> dict[str, Callable[[], Any]]:
    def image(**options: Any) -> Any:
        asked = {"model": "openai/gpt-image-2", "prompt": "a lighthouse", **options}
        return client().images.generate(**asked)

    def told() -> Any:
        answer = image()
        return [answer.size, answer.output_format, answer.usage.total_tokens]

    def by_address() -> Any:
        (found,) = image(response_format="url").data
        with urllib.request.urlopen(found.url) as response:
            return [found.b64_json, response.headers["content-type"], _size_of(response.read())]

    def streamed() -> Any:
        shown = list(image(model="sandbox/image-tokens", stream=True, partial_images=2, size="64x32"))
        sizes = [[event.type, _size_of(base64.b64decode(event.b64_json))] for event in shown]
        return [*sizes, shown[-1].usage.total_tokens]

    return {
        "image": lambda: _size_of(base64.b64decode(image(response_format="b64_json").data[0].b64_json)),
        "image_told": told,
        "image_by_address": by_address,
        "image_streamed": streamed,
        "image_breaks_off": lambda: _raised(lambda: list(image(model="sandbox/image-cut", stream=True))),
        "image_filtered": lambda: _raised(lambda: image(model="sandbox/image-filter")),
    }


def _size_of(png: bytes) -> str:
    width, height = struct.unpack_from(">II", png, 16)
    return f"{width}x{height}"


def _tools() -> list[Any]:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    return [
        {"type": "function", "function": {"name": name, "parameters": schema}} for name in ("get_weather", "get_time")
    ]


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
