// The chat: what a visitor sees of it, and what happens when they say something.
const RENEW_BEFORE_MS = 60_000;
const LONG_MESSAGE_SHARE = 0.9;

class Chat {
  constructor(config) {
    this.config = config;
    this.text = config.text;
    this.token = config.nonce;
    this.tokenEndsAt = Date.now() + config.nonceExpiresIn * 1000;
    this.conversation = new Conversation(config.botId);
    this.announcer = new Announcer();
    this.messages = new MessageList(config, this.announcer);
    this.stopping = null;
    this.root = this.build();
    this.showConversation();
    this.gate();
  }

  build() {
    const { config, text } = this;
    this.renewButton = iconButton("fresh", text.newConversation, () => this.begin(), "tg-icon-button");
    this.saveButton = config.enableDownload && iconButton("save", text.download, () => this.download(), "tg-icon-button");
    const grow = config.enableFullscreen && iconButton("grow", text.fullscreen, () => this.grow(grow), "tg-icon-button tg-grow");
    this.headerButtons = element("div", { class: "tg-header-buttons" }, this.saveButton, this.renewButton, grow);
    const title = element(
      "div",
      { class: "tg-title" },
      element("h2", { dir: "auto" }, config.headerName),
      config.headerOnlineText && element("p", { dir: "auto" }, element("i", { class: "tg-online" }), config.headerOnlineText),
    );
    this.starters = element("div", { class: "tg-starters", role: "group", "aria-label": text.suggestions });
    this.header = element("header", { class: "tg-header" }, avatar(config), title, this.headerButtons);
    this.footer = config.footerText && element("p", { class: "tg-footer", dir: "auto" }, config.footerText);
    this.main = element("div", { class: "tg-main" }, this.messages.root, this.starters);
    const panel = element("section", { class: "tg-panel", "aria-label": config.headerName }, this.header, this.main);
    panel.append(this.composer(), this.footer || "", this.announcer.region);
    return panel;
  }

  composer() {
    const { text, config } = this;
    this.input = element("textarea", {
      class: "tg-input",
      rows: 1,
      placeholder: text.typeMessage,
      "aria-label": text.typeMessage,
      maxlength: config.maxMessageLength,
      enterkeyhint: "send",
      dir: "auto",
    });
    this.input.value = this.conversation.draft;
    this.count = element("span", { class: "tg-count", "aria-hidden": "true" });
    this.sendButton = element("button", { type: "submit", class: "tg-send" });
    this.form = element("form", { class: "tg-composer" }, this.input, this.count, this.sendButton);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.stopping) this.stop();
      else this.send(this.input.value);
    });
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => {
      // Enter also ends the composition of a character, which is not the end of a message.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      if (!this.stopping) this.send(this.input.value);
    });
    this.setBusy(null);
    return this.form;
  }

  showConversation() {
    this.messages.clear();
    this.messages.greet();
    for (const message of this.conversation.messages) {
      if (message.role === "user") this.messages.addUser(message);
      else this.messages.addAnswer(message);
    }
    const last = this.conversation.messages.at(-1);
    // The tab was reloaded before the answer came.
    if (last?.role === "user") this.offerRetry(this.text.streamError);
    this.showStarters();
  }

  showStarters() {
    const { starters, enableStarters } = this.config;
    const isFresh = this.conversation.messages.length === 0 && enableStarters;
    const buttons = (isFresh ? starters : []).map((starter) =>
      element("button", { type: "button", class: "tg-starter", dir: "auto", onclick: () => this.send(starter) }, starter),
    );
    this.starters.replaceChildren(...buttons);
    this.renewButton.hidden = this.conversation.messages.length === 0;
    if (this.saveButton) this.saveButton.hidden = this.renewButton.hidden;
  }

  // Nothing is asked of anybody who has not agreed to it, where the chatbot wants agreement.
  gate() {
    const { text, config, conversation } = this;
    if (!config.requireConsentCompliance || conversation.hasConsent) return;
    const agree = element("button", { type: "button", class: "tg-button" }, text.consentButton);
    const heading = element("h3", { id: "tg-consent" }, text.consentTitle);
    const panel = element(
      "div",
      { class: "tg-consent", role: "group", "aria-labelledby": "tg-consent" },
      heading,
      element("p", { dir: "auto" }, text.consentMessage),
      agree,
    );
    agree.addEventListener("click", () => {
      conversation.hasConsent = true;
      conversation.save();
      panel.remove();
      this.root.classList.remove("tg-gated");
      this.input.focus();
    });
    this.root.classList.add("tg-gated");
    this.main.append(panel);
  }

  focus() {
    if (this.root.classList.contains("tg-gated")) this.root.querySelector(".tg-consent button").focus();
    else this.input.focus({ preventScroll: true });
  }

  typed() {
    this.conversation.draft = this.input.value;
    this.conversation.save();
    this.fit();
  }

  fit() {
    const { input } = this;
    const most = this.config.maxMessageLength;
    input.style.height = "auto";
    // What is not shown has no height yet.
    if (input.scrollHeight) input.style.height = `${Math.min(input.scrollHeight, 160)}px`;
    const isLong = input.value.length > most * LONG_MESSAGE_SHARE;
    this.count.textContent = isLong ? `${input.value.length} / ${most}` : "";
    this.sendButton.disabled = !this.stopping && !input.value.trim();
  }

  setBusy(stopping) {
    this.stopping = stopping;
    const label = stopping ? this.text.stopResponse : this.text.sendMessage;
    this.sendButton.setAttribute("aria-label", label);
    this.sendButton.title = label;
    this.sendButton.replaceChildren(icon(stopping ? "stop" : "send"));
    this.fit();
  }

  async send(said) {
    const content = said.trim();
    if (!content || this.stopping || content.length > this.config.maxMessageLength) return;
    this.notice?.remove();
    const message = { role: "user", content };
    this.conversation.messages.push(message);
    this.conversation.draft = this.input.value = "";
    this.conversation.save();
    this.messages.addUser(message);
    this.showStarters();
    await this.answer();
  }

  async retry() {
    this.notice?.remove();
    this.broken?.remove();
    await this.answer();
  }

  stop() {
    this.stopping?.abort();
  }

  begin() {
    this.stop();
    this.notice?.remove();
    this.form.hidden = false;
    this.conversation.begin();
    this.showConversation();
    this.focus();
  }

  grow(button) {
    const isGrown = this.root.classList.toggle("tg-grown");
    const label = isGrown ? this.text.shrink : this.text.fullscreen;
    button.setAttribute("aria-label", label);
    button.title = label;
    button.replaceChildren(icon(isGrown ? "shrink" : "grow"));
    this.messages.toEnd();
  }

  download() {
    const names = { user: this.text.you, assistant: this.config.headerName };
    const lines = this.conversation.messages.map(({ role, content }) => `${names[role]}:\n${content}\n`);
    const address = URL.createObjectURL(new Blob([lines.join("\n")], { type: "text/plain" }));
    element("a", { href: address, download: `${this.config.headerName}.txt` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  async answer() {
    const stopping = new AbortController();
    const { conversation } = this;
    const conversationId = conversation.id;
    const view = this.messages.addPendingAnswer();
    const told = { role: "assistant", content: "" };
    this.setBusy(stopping);
    this.announcer.say(this.config.customTypingText || this.text.typing);
    const failure = await this.read(told, view, stopping.signal);
    this.setBusy(null);
    // Another conversation was begun in the meantime: nobody wants this answer any more.
    if (conversation.id !== conversationId) return;
    this.announcer.finish();
    if (told.content && (!failure || stopping.signal.aborted)) {
      told.isStopped = stopping.signal.aborted;
      conversation.messages.push(told);
      conversation.save();
      view.show(told.content);
      view.finish(told);
    } else {
      // What came of it can be read until it is asked for again.
      if (told.content) view.show(told.content);
      else view.root.remove();
      this.broken = view.root;
      this.refused(failure);
    }
    this.messages.follow();
  }

  // Reads an answer into `told`; gives the failure that it ended in, or null.
  async read(told, view, signal) {
    let isWhole = false;
    let failure = null;
    const paint = painter(() => {
      view.show(told.content);
      this.messages.follow();
    });
    try {
      for await (const [name, data] of await this.events(signal)) {
        if (name === "error") failure = Object.assign(new Error(data.error), { notice: data.quota_notice });
        else if (name === "citations") told.sources = data.citations;
        else if (name === "done") isWhole = true;
        else if (name === "message_start") told.id = data.message_id;
        else if (typeof data.delta === "string") {
          told.content += data.delta;
          this.announcer.hear(data.delta);
          paint();
        }
      }
    } catch (error) {
      failure = error;
    }
    paint.stop();
    return failure || (isWhole ? null : new Error(this.text.connError));
  }

  async events(signal) {
    if (Date.now() > this.tokenEndsAt - RENEW_BEFORE_MS) await this.renew(signal);
    try {
      return await this.opened(signal);
    } catch (error) {
      if (error.code !== "rest_aipkit_widget_token_invalid") throw error;
      // The page slept longer than the token lives.
      await this.renew(signal);
      return this.opened(signal);
    }
  }

  // The events of a stream that has begun, so that a refusal is known before the first of them.
  async opened(signal) {
    const { config, conversation } = this;
    const page = config.contentAware ? pageText() : "";
    const events = ask(config.ajaxUrl, conversation.asked(this.token, config.maxMessages, page), signal);
    const first = await events.next();
    return (async function* () {
      if (!first.done) yield first.value;
      yield* events;
    })();
  }

  async renew(signal) {
    const url = new URL(this.config.configUrl || this.config.embedConfigUrl);
    url.searchParams.set("session_id", this.config.sessionId);
    const response = await fetch(url, { credentials: "omit", cache: "no-store", signal });
    const body = await response.json().catch(() => ({}));
    if (!response.ok) throw new Refusal(response.status, body);
    this.token = body.config.nonce;
    this.tokenEndsAt = Date.now() + body.config.nonceExpiresIn * 1000;
  }

  refused(failure) {
    if (failure?.name === "AbortError") {
      this.offerRetry(this.text.stopped, "tg-info");
    } else if (failure?.notice) {
      this.showQuota(failure.notice);
    } else {
      const isOurs = failure && !(failure instanceof TypeError);
      this.offerRetry((isOurs && failure.message) || this.text.connError);
    }
  }

  offerRetry(message, className = "tg-error") {
    const again = element("button", { type: "button", class: "tg-button tg-small", onclick: () => this.retry() });
    again.textContent = this.text.retry;
    this.notice = this.messages.addNotice(message, { className, actions: [again] });
  }

  showQuota(notice) {
    const actions = (notice.actions || []).flatMap(({ label, url }) => {
      const address = safeAddress(String(url || ""));
      if (!address) return [];
      const made = link(address, String(label || address));
      made.className = "tg-button tg-small";
      return [made];
    });
    this.notice = this.messages.addNotice(notice.message, { className: "tg-quota", actions });
    this.form.hidden = true;
  }
}

// Paints at most once a frame, whatever comes in.
function painter(paint) {
  let frame = 0;
  const ask = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      paint();
    });
  };
  ask.stop = () => cancelAnimationFrame(frame);
  return ask;
}
