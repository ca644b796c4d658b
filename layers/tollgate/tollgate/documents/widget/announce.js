// Tells screen readers what is written, a sentence at a time: each word of a stream would interrupt the one before.
const SENTENCE = /^[\s\S]*?(?:[.!?…。！？؟](?=\s)|\n)\s*/;
const MARKUP = /[*_`#>|~]+|^\s*[-+]\s/gm;
const MOST_LINES = 20;

class Announcer {
  constructor() {
    this.region = element("div", { class: "tg-hidden", role: "status", "aria-live": "polite", "aria-atomic": "false" });
    this.waiting = "";
  }

  say(text) {
    const words = text.replace(/\]\([^)]*\)/g, "").replace(/[[\]]/g, "").replace(MARKUP, "").trim();
    // A line of a table, or one that is drawn, has nothing to say.
    if (!/[\p{L}\p{N}]/u.test(words)) return;
    this.region.append(element("p", {}, words));
    while (this.region.childNodes.length > MOST_LINES) this.region.firstChild.remove();
  }

  hear(piece) {
    this.waiting += piece;
    let sentences = "";
    for (let match; (match = SENTENCE.exec(this.waiting)); this.waiting = this.waiting.slice(match[0].length)) {
      sentences += match[0];
    }
    this.say(sentences);
  }

  finish() {
    this.say(this.waiting);
    this.waiting = "";
  }
}
