const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  bubble: "M12 3C6.5 3 2 6.8 2 11.5c0 2.5 1.3 4.8 3.4 6.3L4.6 21.5l4-2.1c1.1.3 2.2.4 3.4.4 5.5 0 10-3.8 10-8.3S17.500 3 12 3Z",
  send: "M3.4 20.4 21 12 3.4 3.6v6.5L15 12 3.4 13.9Z",
  stop: "M7 7h10v10H7Z",
  close: "m12 10.6 5.3-5.3 1.4 1.4-5.3 5.3 5.3 5.3-1.4 1.4-5.3-5.3-5.3 5.3-1.4-1.4 5.3-5.3-5.3-5.3 1.4-1.4Z",
  fresh: "M12 5V1.5l-5 5 5 5V7.2a5.3 5.3 0 1 1-5.3 5.3H4.5A7.5 7.5 0 1 0 12 5Z",
  save: "M11 3h2v9.2l3.6-3.6L18 10l-6 6-6-6 1.4-1.4L11 12.2ZM4 18h16v2.500H4Z",
  grow: "M4 4h7v2H7.4l4 4L10 11.4l-4-4V11H4Zm16 16h-7v-2h3.6l-4-4 1.4-1.4 4 4V13h2Z",
  shrink: "M11 11H4V9h3.6l-4-4L5 3.6l4 4V4h2Zm2 2h7v2h-3.6l4 4-1.4 1.4-4-4V20h-2Z",
  copy: "M16 2H5a2 2 0 0 0-2 2v12h2V4h11V2Zm3 4H9a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8a2 2 0 0 0-2-2Zm0 14H9V8h10v12Z",
  check: "m9.5 16.2-4.2-4.2-1.4 1.4 5.6 5.6L20.5 8l-1.4-1.4Z",
  warning: "M12 2.5 1.2 21.2h21.6L12 2.5Zm1 15.700h-2v-2h2v2Zm0-3.700h-2v-4.800h2v4.800Z",
  spark: "m12 2.5 2.3 7.2 7.2 2.3-7.2 2.3-2.3 7.2-2.3-7.2L2.5 12l7.2-2.3Z",
};

// Attributes are set by their names, children become text unless they are nodes: nothing is ever parsed as markup.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `tg-icon tg-icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

function iconButton(name, label, onclick, className) {
  return element("button", { type: "button", class: className, "aria-label": label, title: label, onclick }, icon(name));
}

const LINK_SCHEMES = new Set(["http:", "https:", "mailto:"]);

// The address of a link that may be followed, or null. Relative ones are none: nobody knows what they are relative to.
function safeAddress(text) {
  try {
    const url = new URL(text.trim());
    return LINK_SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function link(address, ...children) {
  return element(
    "a",
    { href: address, target: "_blank", rel: "noopener noreferrer nofollow ugc", class: "tg-link" },
    ...children,
  );
}

function copyButton(label, doneLabel, text) {
  const button = element("button", { type: "button", class: "tg-copy" }, icon("copy"), element("span", {}, label));
  button.addEventListener("click", async () => {
    if (!(await toClipboard(text(), button))) return;
    button.replaceChildren(icon("check"), element("span", {}, doneLabel));
    setTimeout(() => button.replaceChildren(icon("copy"), element("span", {}, label)), 2000);
  });
  return button;
}

async function toClipboard(text, near) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages without TLS, and frames without the permission, have the older way only.
    const area = element("textarea", { class: "tg-hidden", "aria-hidden": "true" });
    area.value = text;
    near.after(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    near.focus();
    return isCopied;
  }
}
