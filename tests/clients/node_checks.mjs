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

async function embedding(input, options = {}) {
  const asked = { model: "openai/text-embedding-3-small", input, dimensions: 4, ...options };
  const answer = await client().embeddings.create(asked);
  const { prompt_tokens, total_tokens, cost } = answer.usage;
  return {
    vectors: answer.data.map((item) => Array.from(item.embedding)),
    places: answer.data.map((item) => item.index),
    told: [answer.model, prompt_tokens, total_tokens, cost],
  };
}

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

const withKey = (wish, text, options = {}) =>
  client({ maxRetries: 2 }).chat.completions.create(
    { model, messages: [{ role: "user", content: wish }], ...options },
    { headers: { "Idempotency-Key": text } },
  );

async function repeated() {
  const [first, second] = [await withKey("hello", "node-1"), await withKey("hello", "node-1")];
  const streams = [];
  for (let turn = 0; turn < 2; turn++) streams.push(await textOf(withKey("hello", "node-2", { stream: true })));
  return { same_id: first.id === second.id, streams };
}

async function retried() {
  // The first answer takes longer than this client waits; the SDK asks again by itself, and gets that answer.
  const impatient = client({ timeout: 400, maxRetries: 2 });
  const body = { model, messages: [{ role: "user", content: "take a second" }], seed: parseInt(VERSION) };
  const answer = await impatient.chat.completions.create(body, { headers: { "Idempotency-Key": "node-lost" } });
  return answer.choices[0].message.content;
}

const image = (options = {}) => client().images.generate({ model: "openai/gpt-image-2", prompt: "a lighthouse", ...options });
const sizeOf = (png) => `${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`;
const sizeIn = (text) => sizeOf(Buffer.from(text, "base64"));

async function imageByAddress() {
  const [found] = (await image({ response_format: "url" })).data;
  const response = await fetch(found.url);
  const type = response.headers.get("content-type");
  return [found.b64_json ?? null, type, sizeOf(Buffer.from(await response.arrayBuffer()))];
}

async function shownOf(stream) {
  const shown = [];
  for await (const event of await stream) shown.push(event);
  return shown;
}

async function imageStreamed() {
  const options = { model: "sandbox/image-tokens", stream: true, partial_images: 2, size: "64x32" };
  const shown = await shownOf(image(options));
  return [...shown.map((event) => [event.type, sizeIn(event.b64_json)]), shown.at(-1).usage.total_tokens];
}

async function imageTold() {
  const told = await image();
  return [told.size, told.output_format, told.usage.total_tokens];
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
  // Unless told otherwise, the SDK asks for base64 and reads it itself.
  embeddings: () => embedding(["a", "bcd"]),
  embeddings_float: () => embedding(["a", "bcd"], { encoding_format: "float" }),
  embedding_tokens: () => embedding([1, 2, 3]),
  embedding_refused: () => raised(() => embedding([""])),
  empty: () => raised(() => chat("hello", {}, client({ apiKey: emptyKey }))),
  wrong_key: () => raised(() => chat("hello", {}, client({ apiKey: "tg-wrong" }))),
  rate_limit: () => raised(() => chat("429")),
  bad_request: () => raised(() => chat("hello", { temperature: 9 })),
  unknown_route: () => raised(() => client().post("/nope", {})),
  reserved_then_free: reservedThenFree,
  repeated,
  reused: () => raised(() => withKey("hello again", "node-1")),
  retried,
  image: async () => sizeIn((await image({ response_format: "b64_json" })).data[0].b64_json),
  image_told: imageTold,
  image_by_address: imageByAddress,
  image_streamed: imageStreamed,
  image_breaks_off: () => raised(() => shownOf(image({ model: "sandbox/image-cut", stream: true }))),
  image_filtered: () => raised(() => image({ model: "sandbox/image-filter" })),
};

const found = {};
for (const [name, find] of Object.entries(findings)) found[name] = await find();
process.stdout.write(JSON.stringify(found));
