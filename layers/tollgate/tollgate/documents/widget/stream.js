// What the gateway answers: a refusal as JSON, or events of the kind `text/event-stream`.
class Refusal extends Error {
  constructor(status, body) {
    super(body.message || "");
    this.status = status;
    this.code = body.code || "";
    this.notice = body.data?.quota_notice || null;
  }
}

// One question, a form, and its answer as events `[name, data]`. A form is what browsers send without asking first
// whether they may, which would take as long as a question. Throws Refusal, or TypeError where nobody was reached.
async function* ask(address, body, signal) {
  const response = await fetch(address, {
    method: "POST",
    credentials: "omit",
    headers: { accept: "text/event-stream" },
    body,
    signal,
  });
  if (!response.ok) throw new Refusal(response.status, await response.json().catch(() => ({})));
  yield* eventsOf(response.body);
}

async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      rest += value;
      const frames = rest.split(/\r?\n\r?\n/);
      rest = frames.pop();
      for (const frame of frames) {
        const event = eventOf(frame);
        if (event) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function eventOf(frame) {
  let name = "message";
  const data = [];
  for (const line of frame.split(/\r?\n/)) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  if (!data.length) return null;
  try {
    return [name, JSON.parse(data.join("\n"))];
  } catch {
    return null;
  }
}
