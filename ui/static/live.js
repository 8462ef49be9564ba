// @ts-check
/**
 * Keeps what is marked `data-live` as new as the server: when an event of its kind arrives, the page is fetched
 * again as a fragment and the marked parts are swapped. Without this script the page is simply as of its loading.
 */
import { t } from "./messages.js";

const updated = document.getElementById("updated");
let fetching = false;
let again = false;
/** In a row. */
let failures = 0;
/** Seconds since the last look ended. */
let idle = 0;

/** @param {ParentNode} root */
const liveParts = (root) => /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-live]")]);

/** Each part as the server sent it: other scripts add to what stands in the page. */
const sources = new Map(liveParts(document).map((part) => [part.id, part.innerHTML]));

async function refresh() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    const response = await fetch(location.href, { headers: { "X-Fragment": "main" } });
    failures = response.ok ? 0 : failures + 1;
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const changed = liveParts(document).map((part) => swap(part, fresh));
    if (updated && changed.includes(true))
      updated.textContent = t("Updated {time}", {
        time: new Date().toLocaleTimeString(document.documentElement.dataset.locale),
      });
  } catch {
    failures += 1;
    if (updated) updated.textContent = t("Not connected: the figures are as of the last update.");
  } finally {
    fetching = false;
    idle = 0;
    if (again) {
      again = false;
      void refresh();
    }
  }
}

/**
 * What is typed into, and told apart by an id.
 * @param {Element} part
 */
const fields = (part) =>
  /** @type {HTMLInputElement[]} */ ([
    ...part.querySelectorAll("input[id]:not([type=hidden], [type=checkbox], [type=radio], [type=file])"),
  ]);

/**
 * Replaces a part by its namesake unless they are the same; what the reader opened, typed, focused or scrolled stays so.
 * @param {HTMLElement} part
 * @param {Document} fresh
 */
function swap(part, fresh) {
  const next = fresh.getElementById(part.id);
  if (!next || next.innerHTML === sources.get(part.id)) return false;
  sources.set(part.id, next.innerHTML);
  const open = new Map(
    [...part.querySelectorAll("details")].map((details, index) => [details.id || index, details.open]),
  );
  const scrolls = [...part.querySelectorAll(".scroll")].map(({ scrollLeft, scrollTop }) => ({
    scrollLeft,
    scrollTop,
  }));
  const typed = fields(part).filter(({ value, defaultValue }) => value !== defaultValue);
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const focusedId = focused?.id;
  const focusedHref = focused?.getAttribute("href");
  part.replaceWith(next);
  for (const [index, details] of [...next.querySelectorAll("details")].entries())
    details.open = open.get(details.id || index) ?? details.open;
  for (const [index, region] of [...next.querySelectorAll(".scroll")].entries())
    Object.assign(region, scrolls[index]);
  for (const { id, value } of typed)
    for (const field of fields(next)) if (field.id === id) field.value = value;
  const target = focusedId
    ? document.getElementById(focusedId)
    : focusedHref
      ? next.querySelector(`[href="${CSS.escape(focusedHref)}"]`)
      : null;
  if (target instanceof HTMLElement || target instanceof SVGElement) target.focus({ preventScroll: true });
  next.dispatchEvent(new CustomEvent("swapped", { bubbles: true }));
  return true;
}

const kinds = new Set(liveParts(document).flatMap((part) => (part.dataset.live ?? "").split(" ")));

if (kinds.size > 0) {
  const events = new EventSource(document.documentElement.dataset.events ?? "/api/events");
  let interrupted = false;
  for (const kind of kinds) events.addEventListener(kind, () => void refresh());
  events.addEventListener("error", () => {
    interrupted = true;
  });
  events.addEventListener("open", () => {
    // What happened while the line was down was not heard.
    if (interrupted) void refresh();
    interrupted = false;
  });
}

// While something is under way that sends no events (a first fetch of prices), look every second; where that fails, each time after
// twice as long, up to a minute: what takes the server too long is not to be asked of it all the time.
setInterval(() => {
  if (fetching) return;
  idle += 1;
  if (idle < Math.min(2 ** failures, 60)) return;
  if (document.querySelector("[data-poll]") && document.visibilityState === "visible") void refresh();
}, 1000);
