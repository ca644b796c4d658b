// The chat behind a button in a corner of the page.
const FOCUSABLE = "button, [href], textarea, [tabindex='0'], summary";

const isMobile = () => matchMedia("(max-width: 480px)").matches;

class Popup {
  constructor(chat, host, config) {
    this.chat = chat;
    this.host = host;
    this.config = config;
    const { text } = config;
    const look = `tg-launcher tg-${config.popupIconSize} tg-${config.popupIconStyle}`;
    this.launcher = element("button", { type: "button", class: look, "aria-expanded": "false" });
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
    const { popupLabelText, popupLabelDismissible, popupLabelSize, text } = this.config;
    if (!this.isHintWanted()) return "";
    const say = element("button", { type: "button", class: "tg-hint-text", dir: "auto", onclick: () => this.open() });
    say.textContent = popupLabelText;
    this.label = element("div", { class: `tg-hint tg-${popupLabelSize}`, hidden: true }, say);
    if (popupLabelDismissible) {
      this.label.append(iconButton("close", text.dismiss, () => this.endHint(), "tg-icon-button"));
    }
    return this.label;
  }

  isHintWanted() {
    const { config } = this;
    const isShownHere = isMobile() ? config.popupLabelShowOnMobile : config.popupLabelShowOnDesktop;
    if (!config.popupLabelEnabled || !config.popupLabelText || !isShownHere) return false;
    if (this.chat.conversation.messages.length > 0) return false;
    return config.popupLabelFrequency === "always" || !this.recall(config.popupLabelFrequency);
  }

  // Where it is kept that the hint was seen: for a visitor, or for a visit. A new version of it is another hint.
  recall(frequency, seen) {
    const key = `tollgate-chat-hint-${this.config.botId}-${this.config.popupLabelVersion}`;
    try {
      const storage = frequency === "once_per_visitor" ? localStorage : sessionStorage;
      if (seen) storage.setItem(key, "1");
      return storage.getItem(key);
    } catch {
      return null;
    }
  }

  appear() {
    const { popupDelay, popupLabelMode, popupLabelDelaySeconds, popupLabelAutoHideSeconds } = this.config;
    if (this.chat.conversation.isOpen) {
      this.show(true);
      return;
    }
    this.root.classList.toggle("tg-late", popupDelay > 0);
    setTimeout(() => this.root.classList.remove("tg-late"), popupDelay * 1000);
    if (!this.label) return;
    const delay = popupLabelMode === "on_delay" ? popupLabelDelaySeconds : 0;
    setTimeout(() => (this.label.hidden = this.isOpen), (popupDelay + delay) * 1000);
    if (popupLabelAutoHideSeconds > 0) {
      setTimeout(() => this.endHint(), (popupDelay + delay + popupLabelAutoHideSeconds) * 1000);
    }
  }

  endHint() {
    if (!this.label?.isConnected) return;
    this.label.remove();
    this.recall(this.config.popupLabelFrequency, true);
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
    this.launcher.replaceChildren(isOpen ? icon("close") : this.picture());
    if (isOpen) this.chat.messages.toEnd();
    this.chat.fit();
  }

  picture() {
    const { popupIconType, popupIconValue } = this.config;
    const address = popupIconType === "custom" ? safeAddress(popupIconValue) : null;
    return address ? element("img", { src: address, alt: "", referrerpolicy: "no-referrer" }) : icon("bubble");
  }

  open() {
    this.endHint();
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
    const all = [...this.panel.querySelectorAll(FOCUSABLE)].filter((one) => one.getClientRects().length > 0 && !one.disabled);
    const active = this.host.shadowRoot.activeElement;
    const edge = event.shiftKey ? all[0] : all.at(-1);
    if (active !== edge) return;
    event.preventDefault();
    (event.shiftKey ? all.at(-1) : all[0]).focus();
  }
}
