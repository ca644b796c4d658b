// What OpenAI's SDK for Node makes of the gateway: one JSON object of findings on standard output.

import { createHash, randomBytes } from "node:crypto";

import OpenAI, { toFile } from "openai";
import { VERSION } from "openai/version";

const [baseUrl, key, emptyKey, tightKey] = process.argv.slice(2);
const model = "openai/gpt-4o";
const schema = { type: "object", properties: { city: { type: "string" } } };
const tools = ["get_weather", "get_time"].map((name) => ({ type: "function", function: { name, parameters: schema } }));

const client = (options = {}) => new OpenAI({ baseURL: `${baseUrl}/v1`, apiKey: key, maxRetries: 0, ...options });
const chat = (wish, options = {}, using = client()) =>
  using.chat.completions.create({ model, messages: [{ role: "user", content: wish }], ...options });

async function textOf(stream) {
  let text = "";
  for await (const chunk of await stream) text += chunk.choices[0].delta.content ?? "";
  return text;
}

async function raised(call) {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    return {
      class: error.constructor.name,
      status: error.status ?? null,
      code: error.code ?? null,
      type: error.type ?? null,
      message: error.message,
      retry_after: error.headers?.get("retry-after") ?? null,
    };
  }
  return "nothing was raised";
}

async function toolsStreamed() {
  const calls = [];
  let finish = null;
  for await (const chunk of await chat("tools", { stream: true, tools })) {
    for (const fragment of chunk.choices[0].delta.tool_calls ?? []) {
      const call = (calls[fragment.index] ??= { id: "", name: "", arguments: "" });
      call.id += fragment.id ?? "";
      call.name += fragment.function?.name ?? "";
      call.arguments += fragment.function?.arguments ?? "";
    }
    finish = chunk.choices[0].finish_reason ?? finish;
  }
  return { calls, finish };
}

async function toolRoundTrip() {
  const asked = (await chat("tools", { tools })).choices[0].message;
  const results = asked.tool_calls.map((call) => ({ role: "tool", tool_call_id: call.id, content: "12 C" }));
  const messages = [{ role: "user", content: "tools" }, asked, ...results];
  return (await client().chat.completions.create({ model, messages, tools })).choices[0].message.content;
}

async function usageStreamed() {
  const chunks = [];
  for await (const chunk of await chat("hello", { stream: true, stream_options: { include_usage: true } })) chunks.push(chunk);
  const last = chunks.at(-1);
  return {
    with_usage: chunks.filter((chunk) => chunk.usage).length,
    last: [last.choices.length, last.usage.total_tokens, last.usage.cost],
  };
}

async function reservedThenFree() {
  const using = client({ apiKey: tightKey, maxRetries: 3 });
  const first = chat("take a second", { max_completion_tokens: 1000 }, using);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const second = await chat("hello", { max_completion_tokens: 1000 }, using);
  await first;
  return second.choices[0].message.content;
}

async function ids() {
  const found = [];
  for await (const entry of client().models.list()) found.push(entry.id);
  return found;
}

const recording = randomBytes(4_000_000);
const digest = (content) => createHash("sha256").update(content).digest("hex");
const spoken = (options = {}) =>
  client().audio.speech.create({ model: "openai/tts-1", voice: "alloy", input: "Hello", ...options });

async function streamedToFile() {
  const hash = createHash("sha256");
  for await (const piece of (await spoken()).body) hash.update(piece);
  return hash.digest("hex");
}

const transcribe = async (name = "openai/whisper-1", options = {}) =>
  client().audio.transcriptions.create({ model: name, file: await toFile(recording, "gate.mp3"), ...options });

async function transcripts() {
  const verbose = await transcribe(undefined, { response_format: "verbose_json", timestamp_granularities: ["word"] });
  const whole = await transcribe();
  const diarized = await transcribe("openai/gpt-4o-transcribe-diarize", { response_format: "diarized_json" });
  const events = [];
  for await (const event of await transcribe("openai/gpt-4o-transcribe", { stream: true })) events.push(event);
  return {
    json: whole.text,
    cost: whole.usage.cost,
    text: await transcribe(undefined, { response_format: "text" }),
    srt: await transcribe(undefined, { response_format: "srt" }),
    vtt: await transcribe(undefined, { response_format: "vtt" }),
    verbose_json: [verbose.text, verbose.duration, verbose.words[0].word, verbose.segments[0].end],
    diarized_json: diarized.segments[0].speaker,
    streamed: [events[0].delta, events.at(-1).text, events.at(-1).type],
  };
}

const findings = {
  sent: async () => digest(recording),
  speech: async () => digest(Buffer.from(await (await spoken({ response_format: "mp3" })).arrayBuffer())),
  speech_to_file: streamedToFile,
  speech_refused: () => raised(() => spoken({ speed: 9 })),
  transcripts,
  transcript_refused: () => raised(() => transcribe("openai/gpt-4o-transcribe", { response_format: "srt" })),
  version: async () => VERSION,
  list: async () => (await ids()).every((id) => id.includes("/") || id.startsWith("wp-llm-")),
  list_has: async () => (await ids()).includes(model),
  retrieve: async () => (await client().models.retrieve(model)).id,
  chat: async () => (await chat("hello")).choices[0].message.content,
  cost: async () => (await chat("hello")).usage.cost,
  request_id: async () => (await chat("hello"))._request_id.slice(0, 4),
  token_header: async () =>
    (await chat("hello", {}, client({ defaultHeaders: { Authorization: `Token ${key}` } }))).choices[0].message.content,
  stream: () => textOf(chat("hello", { stream: true })),
  usage_streamed: usageStreamed,
  tools_streamed: toolsStreamed,
  tool_round_trip: toolRoundTrip,
  dies: () => raised(() => textOf(chat("die in the middle", { stream: true }))),
  ends_early: () => raised(() => textOf(chat("end early", { stream: true }))),
  empty: () => raised(() => chat("hello", {}, client({ apiKey: emptyKey }))),
  wrong_key: () => raised(() => chat("hello", {}, client({ apiKey: "tg-wrong" }))),
  rate_limit: () => raised(() => chat("429")),
  bad_request: () => raised(() => chat("hello", { temperature: 9 })),
  unknown_route: () => raised(() => client().post("/nope", {})),
  reserved_then_free: reservedThenFree,
};

const found = {};
for (const [name, find] of Object.entries(findings)) found[name] = await find();
process.stdout.write(JSON.stringify(found));
