// Markdown as nodes. Blocks are found line by line, what is within them character by character; both in time that grows
// with the text and not with its square, because a model may write anything.
const DEEPEST = 6;
const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$/;
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])[ \t]+(.*)$/;
const QUOTE = /^ {0,3}>[ \t]?(.*)$/;
const DIVIDER = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

// The blocks of a text: each with its kind, and with its own text under `source`, by which it is known again.
function blocksOf(text, depth = 0) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const [block, end] = blockAt(lines, at, depth);
    blocks.push({ ...block, source: lines.slice(at, end).join("\n") });
    at = end;
  }
  return blocks;
}

function blockAt(lines, at, depth) {
  const line = lines[at];
  let match = FENCE.exec(line);
  if (match) return codeAt(lines, at, match);
  match = HEADING.exec(line);
  if (match) return [{ kind: "heading", level: match[1].length, text: match[2] }, at + 1];
  if (RULE.test(line)) return [{ kind: "rule" }, at + 1];
  if (depth < DEEPEST && QUOTE.test(line)) return quoteAt(lines, at);
  if (depth < DEEPEST && ITEM.test(line)) return listAt(lines, at);
  if (isTableAt(lines, at)) return tableAt(lines, at);
  return paragraphAt(lines, at, depth);
}

function codeAt(lines, at, [, fence, language]) {
  const closing = new RegExp(`^ {0,3}${fence[0]}{${fence.length},}[ \\t]*$`);
  let end = at + 1;
  while (end < lines.length && !closing.test(lines[end])) end += 1;
  return [{ kind: "code", language, text: lines.slice(at + 1, end).join("\n") }, Math.min(end + 1, lines.length)];
}

function quoteAt(lines, at) {
  let end = at;
  const inner = [];
  for (let match; end < lines.length && (match = QUOTE.exec(lines[end])); end += 1) inner.push(match[1]);
  return [{ kind: "quote", text: inner.join("\n") }, end];
}

function listAt(lines, at) {
  const [, indent, mark] = ITEM.exec(lines[at]);
  const isOrdered = /\d/.test(mark);
  const items = [];
  let end = at;
  while (end < lines.length) {
    const match = ITEM.exec(lines[end]);
    if (match && match[1].length <= indent.length + 1) {
      if (/\d/.test(match[2]) !== isOrdered || match[1].length < indent.length) break;
      items.push([match[3]]);
    } else if (!lines[end].trim()) {
      const next = lines[end + 1];
      if (next === undefined || !(/^ {2,}\S/.test(next) || ITEM.test(next))) break;
      items.at(-1).push("");
    } else if (match || /^\s/.test(lines[end])) {
      items.at(-1).push(lines[end].replace(new RegExp(`^[ \\t]{1,${indent.length + mark.length + 1}}`), ""));
    } else if (!lines[end - 1].trim() || startsBlock(lines, end)) {
      break;
    } else {
      items.at(-1).push(lines[end]);
    }
    end += 1;
  }
  return [{ kind: "list", isOrdered, start: parseInt(mark, 10), items: items.map((item) => item.join("\n")) }, end];
}

function isTableAt(lines, at) {
  return lines[at].includes("|") && at + 1 < lines.length && lines[at + 1].includes("-") && DIVIDER.test(lines[at + 1]);
}

function tableAt(lines, at) {
  const head = cellsOf(lines[at]);
  const sides = cellsOf(lines[at + 1]).map((cell) =>
    cell.endsWith(":") ? (cell.startsWith(":") ? "center" : "end") : "start",
  );
  let end = at + 2;
  const rows = [];
  for (; end < lines.length && lines[end].includes("|") && lines[end].trim(); end += 1) rows.push(cellsOf(lines[end]));
  return [{ kind: "table", head, sides, rows }, end];
}

function cellsOf(line) {
  const cells = line.trim().replace(/^\|/, "").replace(/\|$/, "").split(/(?<!\\)\|/);
  return cells.map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function paragraphAt(lines, at, depth) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !(depth < DEEPEST && startsBlock(lines, end))) end += 1;
  return [{ kind: "paragraph", text: lines.slice(at, end).join("\n") }, end];
}

function startsBlock(lines, at) {
  const line = lines[at];
  return (
    FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || ITEM.test(line) || isTableAt(lines, at)
  );
}

// Shows a text that grows: what stands already is left alone, so that a selection in it survives the next word.
class MarkdownView {
  constructor(root, labels) {
    this.root = root;
    this.labels = labels;
    this.sources = [];
  }

  show(text) {
    const blocks = blocksOf(text);
    let same = 0;
    while (same < blocks.length && blocks[same].source === this.sources[same]) same += 1;
    while (this.root.childNodes.length > same) this.root.lastChild.remove();
    for (const block of blocks.slice(same)) this.root.append(this.block(block, 0));
    this.sources = blocks.map((block) => block.source);
  }

  block(block, depth) {
    switch (block.kind) {
      case "code":
        return this.code(block);
      case "heading":
        // The page has headings of its own: these are below them.
        return element(`h${Math.min(block.level + 2, 6)}`, { class: `tg-h${block.level}` }, ...inline(block.text));
      case "rule":
        return element("hr");
      case "quote":
        return element("blockquote", {}, ...this.within(block.text, depth));
      case "list":
        return this.list(block, depth);
      case "table":
        return this.table(block);
      default:
        return element("p", {}, ...inline(block.text));
    }
  }

  within(text, depth) {
    return blocksOf(text, depth + 1).map((block) => this.block(block, depth + 1));
  }

  code({ language, text }) {
    const button = copyButton(this.labels.copyCode, this.labels.copied, () => text);
    const bar = element("div", { class: "tg-code-bar" }, element("span", {}, language), button);
    const pre = element("pre", { tabindex: "0", dir: "ltr" }, element("code", {}, text));
    return element("div", { class: "tg-code" }, bar, pre);
  }

  list({ isOrdered, start, items }, depth) {
    const made = items.map((item) => element("li", {}, ...this.item(item, depth)));
    return element(isOrdered ? "ol" : "ul", isOrdered && start !== 1 ? { start } : {}, ...made);
  }

  item(text, depth) {
    const [first, ...rest] = this.within(text, depth);
    // An item of one line is a line, and no paragraph.
    return first?.tagName === "P" ? [...first.childNodes, ...rest] : [first, ...rest];
  }

  table({ head, sides, rows }) {
    const cell = (tag, text, column) =>
      element(tag, { class: `tg-${sides[column] || "start"}`, scope: tag === "th" && "col" }, ...inline(text));
    const body = rows.map((row) => element("tr", {}, ...head.map((_, column) => cell("td", row[column] || "", column))));
    const table = element(
      "table",
      {},
      element("thead", {}, element("tr", {}, ...head.map((text, column) => cell("th", text, column)))),
      element("tbody", {}, ...body),
    );
    return element("div", { class: "tg-table", tabindex: "0", role: "group" }, table);
  }
}

const BARE_ADDRESS = /https?:\/\/[^\s<>"`]+/y;
const BRACKETED = /<((?:https?:\/\/|mailto:)[^\s<>]+)>/y;
const ESCAPED = /\\([\\`*_{}[\]()#+\-.!|~<>])/y;
const MARKS = [
  ["**", "strong"],
  ["__", "strong"],
  ["~~", "s"],
  ["*", "em"],
  ["_", "em"],
];
const WORD = /[\p{L}\p{N}]/u;

// What stands within a block, as nodes.
function inline(text, depth = 0) {
  const nodes = [];
  const hopeless = {};
  let plain = "";
  let at = 0;
  const flush = () => {
    if (plain) nodes.push(document.createTextNode(plain));
    plain = "";
  };
  while (at < text.length) {
    const found = depth < DEEPEST && SPECIAL.test(text[at]) ? inlineAt(text, at, depth, hopeless) : null;
    if (!found) {
      plain += text[at];
      at += 1;
    } else if (typeof found.node === "string") {
      plain += found.node;
      at = found.end;
    } else {
      flush();
      nodes.push(found.node);
      at = found.end;
    }
  }
  flush();
  return nodes;
}

const SPECIAL = /[\\`*_~[!<h\n]/;

function inlineAt(text, at, depth, hopeless) {
  switch (text[at]) {
    case "\\":
      return matched(ESCAPED, text, at, (match) => match[1]);
    case "`":
      return codeSpan(text, at, hopeless);
    case "\n":
      return { node: element("br"), end: at + 1 };
    case "<":
      return matched(BRACKETED, text, at, (match) => linkOrText(match[1], match[1]));
    case "h":
      return WORD.test(text[at - 1] || " ") ? null : bareAddress(text, at);
    case "!":
      return text[at + 1] === "[" ? bracketed(text, at + 1, depth, hopeless) : null;
    case "[":
      return bracketed(text, at, depth, hopeless);
    default:
      return emphasis(text, at, depth, hopeless);
  }
}

function matched(pattern, text, at, build) {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  return match && { node: build(match), end: at + match[0].length };
}

function bareAddress(text, at) {
  BARE_ADDRESS.lastIndex = at;
  const match = BARE_ADDRESS.exec(text);
  if (!match) return null;
  // What ends a sentence does not end an address, nor does a bracket that was opened before it.
  let address = match[0].replace(/[.,;:!?'*_~]+$/, "");
  if (address.endsWith(")") && !address.includes("(")) address = address.slice(0, -1);
  return { node: linkOrText(address, address), end: at + address.length };
}

function linkOrText(address, shown) {
  const safe = safeAddress(address);
  return safe ? link(safe, shown) : shown;
}

function codeSpan(text, at, hopeless) {
  let length = 1;
  while (text[at + length] === "`") length += 1;
  const mark = "`".repeat(length);
  if (hopeless[mark] <= at) return { node: mark, end: at + length };
  let end = text.indexOf(mark, at + length);
  while (end >= 0 && text[end + length] === "`") {
    while (text[end] === "`") end += 1;
    end = text.indexOf(mark, end);
  }
  if (end < 0) {
    hopeless[mark] = at;
    return { node: mark, end: at + length };
  }
  return { node: element("code", {}, text.slice(at + length, end).trim() || mark), end: end + length };
}

// `[text](address)`, and `![text](address)` too: an image would tell a stranger's server who reads it.
function bracketed(text, at, depth, hopeless) {
  if (!(hopeless.middle >= at)) hopeless.middle = text.indexOf("](", at);
  const { middle } = hopeless;
  if (middle < 0) hopeless.middle = text.length;
  if (middle < 0 || middle === text.length) return null;
  const shown = text.slice(at + 1, middle);
  if (shown.includes("[")) return null;
  const end = endOfAddress(text, middle + 2);
  if (end < 0) return null;
  const [address] = text.slice(middle + 2, end).trim().replace(/^<|>$/g, "").split(/\s+["'(]/);
  const safe = safeAddress(address);
  const inner = inline(shown || address, depth + 1);
  return { node: safe ? link(safe, ...inner) : element("span", {}, ...inner), end: end + 1 };
}

// Addresses may have brackets of their own.
function endOfAddress(text, from) {
  let open = 0;
  for (let at = from; at < text.length && text[at] !== "\n"; at += 1) {
    if (text[at] === "(") open += 1;
    else if (text[at] === ")" && open === 0) return at;
    else if (text[at] === ")") open -= 1;
  }
  return -1;
}

function emphasis(text, at, depth, hopeless) {
  for (const [mark, tag] of MARKS) {
    if (!text.startsWith(mark, at)) continue;
    const inner = at + mark.length;
    const opens = /\S/.test(text[inner] || " ") && !isWithinWord(text, at, inner, mark);
    const end = opens ? closing(text, inner, mark, hopeless) : -1;
    if (end < 0) continue;
    return { node: element(tag, {}, ...inline(text.slice(inner, end), depth + 1)), end: end + mark.length };
  }
  return null;
}

// `snake_case` and `2*3*4` are what they are.
function isWithinWord(text, at, inner, mark) {
  const before = text[at - 1] || " ";
  return mark[0] === "_" ? WORD.test(before) : mark === "*" && /\d/.test(before) && /\d/.test(text[inner]);
}

function closing(text, from, mark, hopeless) {
  if (hopeless[mark] <= from) return -1;
  for (let at = text.indexOf(mark, from); at >= 0; at = text.indexOf(mark, at + 1)) {
    const isAlone = mark.length > 1 || (text[at + 1] !== mark && text[at - 1] !== mark);
    const isWordEnd = mark[0] !== "_" || !WORD.test(text[at + mark.length] || " ");
    if (at > from && isAlone && isWordEnd && /\S/.test(text[at - 1])) return at;
  }
  hopeless[mark] = from;
  return -1;
}
