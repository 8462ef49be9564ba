// @ts-check
/** Tickers offered while one is typed: the ARIA combobox pattern, list autocomplete with manual selection. */
import { t } from "./messages.js";

/** @typedef {{ ticker: string, name: string, asset_class: string, exchange: string | null }} Match */

// `data-market` of the form: where tickers are looked up, by its name. `data-market-only`: assets of one's own are not offered.

export const ticker = /** @type {HTMLInputElement} */ (document.getElementById("ticker"));
export const form = /** @type {HTMLFormElement} */ (ticker.form);
const options = /** @type {HTMLUListElement} */ (document.getElementById("ticker-options"));
const help = document.getElementById("ticker-help");
const searchProblem = /** @type {HTMLElement} */ (document.getElementById("search-problem"));

let active = -1;
/** @type {AbortController | undefined} */
let search;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let pause;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let patience;

for (const [name, value] of Object.entries({
  role: "combobox",
  "aria-autocomplete": "list",
  "aria-expanded": "false",
  "aria-controls": options.id,
}))
  ticker.setAttribute(name, value);

function close() {
  options.hidden = true;
  active = -1;
  ticker.setAttribute("aria-expanded", "false");
  ticker.removeAttribute("aria-activedescendant");
}

/** @param {number} index */
function activate(index) {
  const items = [...options.querySelectorAll("[role=option]")];
  if (items.length === 0) return;
  active = (index + items.length) % items.length;
  for (const [position, item] of items.entries())
    item.setAttribute("aria-selected", String(position === active));
  const item = items[active];
  if (!item) return;
  ticker.setAttribute("aria-activedescendant", item.id);
  item.scrollIntoView({ block: "nearest" });
}

/** @param {Element | undefined} item */
function choose(item) {
  if (!(item instanceof HTMLElement)) return;
  ticker.value = item.dataset.ticker ?? "";
  if (item.dataset.name && help) {
    help.textContent = item.dataset.name;
    help.dataset.names = "own";
  }
  ticker.dispatchEvent(new Event("change", { bubbles: true }));
  close();
}

/**
 * Says why not all tickers are offered: below the field, and at the end of the list, which lies over that.
 * @param {string} problem "": there is none
 */
function tell(problem) {
  searchProblem.textContent = problem;
  options.querySelector(".problem")?.remove();
  if (problem === "" || options.hidden) return;
  const line = Object.assign(document.createElement("li"), { className: "problem", textContent: problem });
  line.setAttribute("aria-hidden", "true"); // said by the status already
  options.append(line);
}

async function offer() {
  search?.abort();
  clearTimeout(patience);
  const query = ticker.value.trim();
  if (query === "") {
    tell("");
    return close();
  }
  search = new AbortController();
  const { market = "" } = form.dataset;
  patience = setTimeout(
    () => tell(t("{market} is slow to answer. A ticker typed in full will do.", { market })),
    2000,
  );
  try {
    const response = await fetch(`/api/tickers?q=${encodeURIComponent(query)}`, { signal: search.signal });
    if (!response.ok) throw new Error(response.statusText);
    /** @type {{ tickers: Match[], is_complete: boolean }} */
    const { tickers: found, is_complete } = await response.json();
    const isOffered = (/** @type {Match} */ match) =>
      form.dataset.marketOnly === undefined || !match.ticker.startsWith("~");
    const tickers = found.filter(isOffered);
    options.replaceChildren(...tickers.slice(0, 8).map(option));
    active = -1;
    const none = tickers.length === 0 || document.activeElement !== ticker;
    options.hidden = none;
    ticker.setAttribute("aria-expanded", String(!none));
    clearTimeout(patience);
    tell(
      is_complete
        ? ""
        : t("{market} does not answer: only tickers that are known here are offered.", { market }),
    );
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return; // more was typed meanwhile
    clearTimeout(patience);
    close();
    tell(t("Tickers cannot be looked up now. A ticker typed in full will do."));
  }
}

/** As src/web/figures/labels.ts has them. @type {Readonly<Record<string, string>>} */
const classNames = {
  stock: t("Stock"),
  etf: t("ETF"),
  fund: t("Fund"),
  index: t("Index"),
  crypto: t("Crypto"),
  currency: t("Currency"),
  future: t("Future"),
  bond: t("Bond"),
  commodity: t("Commodity"),
  real_estate: t("Real estate"),
  other: t("Other"),
};

/**
 * @param {Match} match
 * @param {number} index
 */
function option(match, index) {
  const item = document.createElement("li");
  item.id = `ticker-option-${index}`;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.dataset.ticker = match.ticker;
  const kind = [classNames[match.asset_class] ?? match.asset_class, match.exchange]
    .filter(Boolean)
    .join(", ");
  const isOwn = match.ticker.startsWith("~"); // an asset of one's own goes by its name
  if (isOwn) item.dataset.name = match.name;
  item.append(
    Object.assign(document.createElement("strong"), { textContent: isOwn ? match.name : match.ticker }),
    Object.assign(document.createElement("span"), { className: "kind", textContent: kind }),
  );
  if (!isOwn)
    item.append(
      Object.assign(document.createElement("span"), { className: "name", textContent: match.name }),
    );
  return item;
}

ticker.addEventListener("input", () => {
  if (help?.dataset.names) {
    help.textContent = "";
    delete help.dataset.names;
  }
  clearTimeout(pause);
  pause = setTimeout(() => void offer(), 150);
});
// Somebody was faster than this script.
if (document.activeElement === ticker && ticker.value !== "") void offer();
ticker.addEventListener("blur", close);
ticker.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (options.hidden) void offer();
    else activate(event.key === "ArrowDown" ? active + 1 : active - (active < 0 ? 0 : 1));
  } else if (event.key === "Enter" && !options.hidden && active >= 0) {
    event.preventDefault();
    choose(options.querySelectorAll("[role=option]")[active]);
  } else if (event.key === "Escape") close();
});
// On pointerdown the input would lose the focus first, and the list with it.
options.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  if (event.target instanceof Element) choose(event.target.closest("[role=option]") ?? undefined);
});
