// The bootstrap: the one tag that a page has. It asks the gateway what the chatbot looks like, and loads the widget.
(() => {
  "use strict";
  const script = document.currentScript;
  const { botId, wpSite, configUrl, texts } = script.dataset;
  const CONTAINER = `aipkit-chatbot-container-${botId}`;
  const SESSION = `tollgate-chat-session-${botId}`;
  const WAIT_MS = 100;
  const MOST_WAITS = 20;

  function configAddress() {
    // Unless it says otherwise, the gateway is where this script came from.
    const root = wpSite ? `${wpSite.replace(/\/+$/, "")}/wp-json` : new URL("..", script.src).href.replace(/\/$/, "");
    const url = new URL(configUrl || `${root}/aipkit/v1/chatbots/${botId}/embed-config`, document.baseURI);
    const session = remembered();
    if (session) url.searchParams.set("session_id", session);
    return url.href;
  }

  function remembered() {
    try {
      return sessionStorage.getItem(SESSION);
    } catch {
      return null;
    }
  }

  function remember(session) {
    try {
      sessionStorage.setItem(SESSION, session);
    } catch {
      // The page may not keep anything; then the conversation lasts as long as the page.
    }
  }

  async function fetchConfig(address) {
    const response = await fetch(address, { credentials: "omit", cache: "no-store" });
    const body = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(body.message || `The chat cannot be loaded (${response.status}).`);
    return body.config;
  }

  function load(tag, address, integrity) {
    return new Promise((resolve, reject) => {
      const element = document.createElement(tag);
      if (integrity) element.integrity = integrity;
      element.crossOrigin = "anonymous";
      element.onload = resolve;
      element.onerror = () => reject(new Error("The chat cannot be loaded. Reload the page."));
      if (script.nonce) element.nonce = script.nonce;
      element.src = address;
      document.head.append(element);
    });
  }

  function container() {
    const found = document.getElementById(CONTAINER);
    if (found) return found;
    const made = document.createElement("div");
    made.id = CONTAINER;
    document.body.append(made);
    return made;
  }

  function rootElement(config, address) {
    const element = document.createElement("div");
    const kind = config.popupEnabled ? "aipkit_popup_wrapper" : "aipkit_chat_container";
    element.className = kind;
    element.id = `${kind}_${config.botId}`;
    element.dataset.botId = config.botId;
    const own = texts ? JSON.parse(texts) : {};
    element.dataset.config = JSON.stringify({ ...config, configUrl: address, text: { ...config.text, ...own } });
    return element;
  }

  async function initialize(element) {
    for (let waits = 0; waits < MOST_WAITS; waits += 1) {
      if (window.aipkit_initializeChatInstance) return window.aipkit_initializeChatInstance(element);
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
    throw new Error("The chat cannot be loaded. Reload the page.");
  }

  function tell(message) {
    const line = document.createElement("p");
    line.setAttribute("role", "alert");
    line.textContent = message;
    container().replaceChildren(line);
  }

  async function start() {
    try {
      const address = configAddress();
      const config = await fetchConfig(address);
      remember(config.sessionId);
      if (!window.aipkit_initializeChatInstance) {
        await load("script", config.assetUrls.mainJs, config.assetUrls.mainJsIntegrity);
      }
      const element = rootElement(config, address);
      container().replaceChildren(element);
      await initialize(element);
    } catch (error) {
      tell(error instanceof TypeError ? "The chat cannot be reached. Try again later." : error.message);
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start, { once: true });
  else start();
})();
