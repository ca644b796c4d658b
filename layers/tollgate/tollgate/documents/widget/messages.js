// The messages as they stand in the log, one by one.
class MessageList {
  constructor(config, announcer) {
    this.config = config;
    this.announcer = announcer;
    this.root = element("div", { class: "tg-log", role: "log", "aria-live": "off", tabindex: "0" });
    this.root.setAttribute("aria-label", config.text.conversation);
    this.isAtEnd = true;
    this.root.addEventListener("scroll", () => {
      this.isAtEnd = this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight < 40;
    });
  }

  greet() {
    const { initialGreeting, initialSubgreeting } = this.config.text;
    if (!initialGreeting && !initialSubgreeting) return;
    this.root.append(
      element(
        "div",
        { class: "tg-greeting" },
        avatar(this.config),
        initialGreeting && element("p", { class: "tg-greeting-title", dir: "auto" }, initialGreeting),
        initialSubgreeting && element("p", { dir: "auto" }, initialSubgreeting),
      ),
    );
  }

  addUser(message) {
    const bubble = element("div", { class: "tg-bubble", dir: "auto" }, message.content);
    this.append(element("div", { class: "tg-message tg-from-user" }, this.speaker(this.config.text.you), bubble));
    this.toEnd();
  }

  addAnswer(message) {
    const answer = new AnswerView(this.config);
    this.append(answer.root);
    answer.show(message.content);
    answer.finish(message);
    return answer;
  }

  addPendingAnswer() {
    const answer = new AnswerView(this.config);
    answer.wait();
    this.append(answer.root);
    return answer;
  }

  addNotice(message, { className = "tg-error", actions = [] } = {}) {
    const text = element("p", { dir: "auto" }, message);
    const buttons = actions.length > 0 && element("div", { class: "tg-actions" }, ...actions);
    const notice = element("div", { class: `tg-notice ${className}`, role: "alert" }, icon("warning"), element("div", {}, text, buttons));
    this.append(notice);
    this.toEnd();
    return notice;
  }

  speaker(name) {
    return element("span", { class: "tg-hidden" }, `${name}: `);
  }

  append(node) {
    this.root.append(node);
    this.follow();
  }

  follow() {
    if (this.isAtEnd) this.root.scrollTop = this.root.scrollHeight;
  }

  toEnd() {
    this.isAtEnd = true;
    this.follow();
  }

  clear() {
    this.root.replaceChildren();
    this.isAtEnd = true;
  }
}

// An answer, as far as it has come.
class AnswerView {
  constructor(config) {
    const { text } = config;
    this.config = config;
    this.body = element("div", { class: "tg-bubble tg-markdown", dir: "auto" });
    this.view = new MarkdownView(this.body, text);
    this.foot = element("div", { class: "tg-foot" });
    const name = element("span", { class: "tg-hidden" }, `${config.headerName}: `);
    const column = element("div", { class: "tg-column" }, name, this.body, this.foot);
    this.root = element("div", { class: "tg-message tg-from-bot" }, avatar(config), column);
    this.text = "";
  }

  wait() {
    const dots = element("span", { class: "tg-dots", "aria-hidden": "true" }, ...[1, 2, 3].map(() => element("i")));
    const label = this.config.customTypingText || this.config.text.typing;
    this.waiting = element("div", { class: "tg-bubble tg-waiting" }, dots, element("span", { class: "tg-typing" }, label));
    this.body.hidden = true;
    this.body.before(this.waiting);
  }

  show(text) {
    this.waiting?.remove();
    this.body.hidden = false;
    this.text = text;
    this.view.show(text);
  }

  finish({ sources, isStopped }) {
    this.waiting?.remove();
    this.body.hidden = !this.text;
    const { text, enableCopyButton, showSources } = this.config;
    if (showSources && sources?.length) this.foot.before(sourceList(sources, text.sources));
    if (isStopped) this.foot.append(element("span", { class: "tg-note" }, text.stopped));
    if (enableCopyButton && this.text) this.foot.append(copyButton(text.copy, text.copied, () => this.text));
  }
}

function sourceList(sources, label) {
  const items = sources.map((source) => {
    const title = String(source.title || source.url || source.file_name || "");
    const address = safeAddress(String(source.url || ""));
    return element("li", { dir: "auto" }, address ? link(address, title) : title);
  });
  const summary = element("summary", {}, `${label} (${items.length})`);
  return element("details", { class: "tg-sources" }, summary, element("ol", {}, ...items));
}

function avatar(config) {
  const address = config.headerAvatarType === "custom" ? safeAddress(config.headerAvatarUrl || "") : null;
  const drawn = address ? element("img", { src: address, alt: "", referrerpolicy: "no-referrer" }) : icon("spark");
  return element("span", { class: "tg-avatar", "aria-hidden": "true" }, drawn);
}
