// What a visitor said and was told, for as long as the tab is open. Nothing of it is kept on the gateway's behalf.
const MOST_KEPT = 200;
// The gateway takes no more of a message.
const LONGEST_SENT = 20_000;

class Conversation {
  constructor(botId) {
    this.key = `tollgate-chat-${botId}`;
    const kept = this.read();
    this.id = kept.id || newId();
    this.messages = Array.isArray(kept.messages) ? kept.messages.filter(isMessage) : [];
    this.hasConsent = kept.hasConsent === true;
    this.isOpen = kept.isOpen === true;
    this.draft = typeof kept.draft === "string" ? kept.draft : "";
  }

  read() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key)) || {};
    } catch {
      return {};
    }
  }

  save() {
    const { id, messages, hasConsent, isOpen, draft } = this;
    try {
      const kept = { id, messages: messages.slice(-MOST_KEPT), hasConsent, isOpen, draft };
      sessionStorage.setItem(this.key, JSON.stringify(kept));
    } catch {
      // A page that may not keep anything has its conversation until it is left.
    }
  }

  begin() {
    this.id = newId();
    this.messages = [];
    this.save();
  }

  // What the chatbot gets to read, as a form: the last messages, beginning with the visitor's.
  asked(token, most, page) {
    const said = this.messages.filter((message) => message.content.trim()).slice(-most);
    const form = new URLSearchParams({ token, conversation_uuid: this.id, ...(page && { page }) });
    const first = said.findIndex((message) => message.role === "user");
    said.slice(first).forEach(({ role, content }, number) => {
      form.append(`messages[${number}][role]`, role);
      form.append(`messages[${number}][content]`, content.slice(0, LONGEST_SENT));
    });
    return form;
  }
}

// `crypto.randomUUID` is there for pages with TLS only.
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function isMessage(value) {
  return (value?.role === "user" || value?.role === "assistant") && typeof value.content === "string";
}
