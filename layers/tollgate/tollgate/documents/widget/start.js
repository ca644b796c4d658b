// An element that the bootstrap has put on the page becomes a chat. Its `data-config` says what the chat is like.
async function initialize(host) {
  if (host.shadowRoot) return;
  const config = JSON.parse(host.dataset.config);
  const shadow = host.attachShadow({ mode: "open" });
  applyTheme(host, config);
  await loadStyles(shadow, config.assetUrls);
  const chat = new Chat(config);
  const root = config.popupEnabled ? new Popup(chat, host, config).root : chat.root;
  if (!config.popupEnabled) root.classList.add("tg-inline");
  shadow.append(root);
  chat.fit();
  chat.messages.toEnd();
  followKeyboard(host);
}

function loadStyles(shadow, { css, cssIntegrity }) {
  return new Promise((resolve) => {
    const styles = element("link", { rel: "stylesheet", href: css, integrity: cssIntegrity, crossorigin: "anonymous" });
    // Without them there is a plain chat rather than none.
    styles.addEventListener("load", resolve);
    styles.addEventListener("error", resolve);
    shadow.append(styles);
  });
}

// What a keyboard on the screen leaves of it is told by the visual viewport alone.
function followKeyboard(host) {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const fit = () => {
    host.style.setProperty("--tg-viewport-height", `${viewport.height}px`);
    host.style.setProperty("--tg-viewport-top", `${viewport.offsetTop}px`);
  };
  viewport.addEventListener("resize", fit);
  viewport.addEventListener("scroll", fit);
  fit();
}

window.aipkit_initializeChatInstance = initialize;
