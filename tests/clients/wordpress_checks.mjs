// What WordPress's own client for its REST API makes of the gateway: one JSON object of findings on standard output.
//
// The requests are those that the client of its AI plugin sends, through the middlewares that it installs.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
// In Node there is no page whose origin and whose state of the network the client could ask for.
globalThis.window ??= { navigator, location: { origin: "https://example.com" } };
const apiFetch = require("@wordpress/api-fetch").default;

const [baseUrl, key, emptyKey] = process.argv.slice(2);
const message = (text) => ({ role: "user", parts: [{ channel: "content", type: "text", text }] });
const prompt = { messages: [message("Hello")], modelConfig: {}, modelPreferences: ["gpt-4o"], providerId: "openai" };

let credential = `Bearer ${key}`;
apiFetch.use((options, next) => next({ ...options, headers: { ...options.headers, Authorization: credential } }));
apiFetch.use(apiFetch.createRootURLMiddleware(`${baseUrl}/wp-json/`));

const get = (path) => apiFetch({ path });
const post = (path, data) => apiFetch({ path, method: "POST", data });

async function as(other, call) {
  const usual = credential;
  credential = other;
  try {
    return await raised(call);
  } finally {
    credential = usual;
  }
}

async function raised(call) {
  try {
    await call();
  } catch (error) {
    return { code: error.code, status: error.data?.status ?? null, message: error.message };
  }
  return "nothing was raised";
}

const result = await post("/wp-ai/v1/generate", prompt);
const providers = await get("/wp-ai/v1/providers");
const asked = (capability, modality) =>
  post("/wp-ai/v1/generate", {
    messages: [message("A lighthouse")],
    modelConfig: { outputModalities: [modality] },
    capability,
    providerId: "sandbox",
  });
const image = (await asked("image_generation", "image")).candidates[0].message.parts[0].file;
const speech = (await asked("text_to_speech_conversion", "audio")).candidates[0].message.parts[0].file;
const raw = await apiFetch({ path: "/wp-ai/v1/providers?_fields=id", parse: false });

console.log(
  JSON.stringify({
    text: result.candidates[0].message.parts.find((part) => part.channel === "content" && part.type === "text").text,
    answered_by: [result.providerMetadata.id, result.modelMetadata.id],
    image: [image.mimeType, image.base64Data.slice(0, 11)],
    speech: [speech.mimeType, speech.base64Data.length > 1000],
    supported: (await post("/wp-ai/v1/is-supported", { ...prompt, capability: "text_generation" })).supported,
    unsupported: (await post("/wp-ai/v1/is-supported", { ...prompt, capability: "video_generation" })).supported,
    providers: providers.map((provider) => provider.id),
    models: (await get("/wp-ai/v1/providers/sandbox/models")).map((model) => model.id),
    model: (await get("/wp-ai/v1/providers/sandbox/models/chat")).id,
    index: Object.keys((await get("/wp-ai/v1")).routes).length,
    fields: (await raw.json())[0],
    link: raw.headers.get("link"),
    empty_prompt: await raised(() => post("/wp-ai/v1/generate", { ...prompt, messages: [] })),
    unknown_provider: await raised(() => get("/wp-ai/v1/providers/nobody")),
    unconfigured: await raised(() => get("/wp-ai/v1/providers/anthropic/models")),
    no_route: await raised(() => get("/wp-ai/v1/nope")),
    overridden: await raised(() => apiFetch({ path: "/wp-ai/v1/providers", method: "DELETE" })),
    wrong_key: await as("Bearer tg-wrong", () => post("/wp-ai/v1/generate", prompt)),
    password: await as(`Basic ${btoa(`admin:${key}`)}`, () => post("/wp-ai/v1/generate", prompt)),
    no_money: await as(`Bearer ${emptyKey}`, () => post("/wp-ai/v1/generate", prompt)),
  }),
);
