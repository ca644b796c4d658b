// The chat behind a button in a corner of the page.
const FOCUSABLE = "button, [href], textarea, [tabindex='0'], summary";

class Popup {
  constructor(chat, host, config) {
    this.chat = chat;
    this.host = host;
    this.config = config;
    const { text } = config;
    this.launcher = element("button", { type: "button", class: "tg-launcher", "aria-expanded": "false" });
    this.launcher.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    this.panel = chat.root;
    this.panel.setAttribute("role", "dialog");
    this.panel.setAttribute("aria-modal", "true");
    this.panel.id = "tg-dialog";
    this.launcher.setAttribute("aria-controls", "tg-dialog");
    chat.headerButtons.append(iconButton("close", text.closeChat, () => this.close(), "tg-icon-button"));
    this.root = element("div", { class: `tg-popup tg-${config.popupPosition}` }, this.panel, this.hint(), this.launcher);
    this.panel.addEventListener("keydown", (event) => this.pressed(event));
    this.show(false);
    this.appear();
  }

  hint() {
    const { popupLabelEnabled, popupLabelText, popupLabelDismissible, text } = this.config;
    if (!popupLabelEnabled || !popupLabelText || this.chat.conversation.messages.length) return "";
    const say = element("button", { type: "button", class: "tg-hint-text", dir: "auto", onclick: () => this.open() });
    say.textContent = popupLabelText;
    this.label = element("div", { class: "tg-hint" }, say);
    if (popupLabelDismissible) {
      this.label.append(iconButton("close", text.dismiss, () => this.label.remove(), "tg-icon-button"));
    }
    return this.label;
  }

  appear() {
    const { popupDelay } = this.config;
    if (this.chat.conversation.isOpen) this.show(true);
    else if (popupDelay > 0) {
      this.root.classList.add("tg-late");
      setTimeout(() => this.root.classList.remove("tg-late"), popupDelay * 1000);
    }
  }

  show(isOpen) {
    const { text } = this.config;
    this.isOpen = isOpen;
    this.root.classList.toggle("tg-open", isOpen);
    this.panel.hidden = !isOpen;
    const label = isOpen ? text.closeChat : text.openChat;
    this.launcher.setAttribute("aria-expanded", String(isOpen));
    this.launcher.setAttribute("aria-label", label);
    this.launcher.title = label;
    this.launcher.replaceChildren(icon(isOpen ? "close" : "bubble"));
    if (isOpen) this.chat.messages.toEnd();
    this.chat.fit();
  }

  open() {
    this.label?.remove();
    this.show(true);
    this.remember();
    this.chat.focus();
  }

  close() {
    this.show(false);
    this.remember();
    this.launcher.focus();
  }

  remember() {
    this.chat.conversation.isOpen = this.isOpen;
    this.chat.conversation.save();
  }

  pressed(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
    } else if (event.key === "Tab") {
      this.keepWithin(event);
    }
  }

  keepWithin(event) {
    const all = [...this.panel.querySelectorAll(FOCUSABLE)].filter((one) => one.checkVisibility() && !one.disabled);
    const active = this.host.shadowRoot.activeElement;
    const edge = event.shiftKey ? all[0] : all.at(-1);
    if (active !== edge) return;
    event.preventDefault();
    (event.shiftKey ? all.at(-1) : all[0]).focus();
  }
}
