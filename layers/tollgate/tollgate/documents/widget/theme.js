// Colours are taken only where a browser takes them for colours, so no setting can carry anything else.
const COLOURS = {
  primary_color: "--tg-primary",
  link_color: "--tg-link",
  primary_text_color: "--tg-on-primary",
  background_color: "--tg-background",
  surface_color: "--tg-surface",
  text_color: "--tg-text",
  muted_text_color: "--tg-muted",
  border_color: "--tg-border",
  user_bubble_color: "--tg-user",
  user_text_color: "--tg-on-user",
  bot_bubble_color: "--tg-bot",
  bot_text_color: "--tg-on-bot",
};

function applyTheme(host, config) {
  const settings = config.customThemeSettings || {};
  const isCustom = config.theme === "custom";
  host.dataset.theme = isCustom ? settings.color_scheme || "auto" : config.theme;
  if (!isCustom) return;
  for (const [name, property] of Object.entries(COLOURS)) {
    if (CSS.supports("color", settings[name] || "")) host.style.setProperty(property, settings[name]);
  }
  if (settings.primary_color && !settings.link_color) host.style.setProperty("--tg-link", "inherit");
  const on = readableOn(settings.primary_color);
  if (on && !settings.primary_text_color) host.style.setProperty("--tg-on-primary", on);
  const radius = Number(settings.radius);
  if (settings.radius !== undefined && radius >= 0 && radius <= 32) host.style.setProperty("--tg-radius", `${radius}px`);
  if (/^[\w\s,"'-]{1,200}$/.test(settings.font_family || "")) host.style.setProperty("--tg-font", settings.font_family);
}

// Black or white, whichever is read better on a colour; null for a colour that is no hexadecimal one.
// The relative luminance is that of https://www.w3.org/TR/WCAG22/#dfn-relative-luminance .
function readableOn(colour) {
  const short = /^#([\da-f])([\da-f])([\da-f])$/i.exec(colour || "");
  const long = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(colour || "");
  const parts = short ? short.slice(1).map((digit) => digit + digit) : long?.slice(1);
  if (!parts) return null;
  const [red, green, blue] = parts.map((part) => {
    const share = parseInt(part, 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}
