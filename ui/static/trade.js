// @ts-check
/** The trade form: tickers offered while typing, the total while figures change, one submission. */

const form = /** @type {HTMLFormElement} */ (document.getElementById("trade"));
const ticker = /** @type {HTMLInputElement} */ (document.getElementById("ticker"));
const options = /** @type {HTMLUListElement} */ (document.getElementById("ticker-options"));
const output = /** @type {HTMLOutputElement} */ (document.getElementById("total"));
const help = document.getElementById("ticker-help");
const searchProblem = /** @type {HTMLElement} */ (document.getElementById("search-problem"));
const totalLabel = /** @type {HTMLElement} */ (document.getElementById("total-label"));
const progress = /** @type {HTMLElement} */ (document.getElementById("progress"));
const { locale } = document.documentElement.dataset;

/**
 * In the currency of the ticker; by its code where another of the person's has the same sign, as the pages write it.
 * @param {string} currency
 */
function moneyIn(currency) {
  const others = (form.dataset.currencies ?? "USD").split(" ").filter((other) => other !== currency);
  const isShared = others.some((other) => signOf(other) === signOf(currency));
  const currencyDisplay = isShared ? "code" : "narrowSymbol";
  return new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay });
}

/** @param {string} currency */
function signOf(currency) {
  const style = /** @type {const} */ ({ style: "currency", currency, currencyDisplay: "narrowSymbol" });
  return new Intl.NumberFormat(locale, style).formatToParts(0).find(({ type }) => type === "currency")?.value;
}

/** @typedef {{ ticker: string, name: string, asset_class: string, exchange: string | null }} Match */

// Tickers: the ARIA combobox pattern, list autocomplete with manual selection.

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
  const { market } = form.dataset;
  patience = setTimeout(() => tell(`${market} is slow to answer. A ticker typed in full will do.`), 2000);
  try {
    const response = await fetch(`/api/tickers?q=${encodeURIComponent(query)}`, { signal: search.signal });
    if (!response.ok) throw new Error(response.statusText);
    /** @type {{ tickers: Match[], is_complete: boolean }} */
    const { tickers, is_complete } = await response.json();
    options.replaceChildren(...tickers.slice(0, 8).map(option));
    active = -1;
    const none = tickers.length === 0 || document.activeElement !== ticker;
    options.hidden = none;
    ticker.setAttribute("aria-expanded", String(!none));
    clearTimeout(patience);
    tell(is_complete ? "" : `${market} does not answer: only tickers that are known here are offered.`);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return; // more was typed meanwhile
    clearTimeout(patience);
    close();
    tell("Tickers cannot be looked up now. A ticker typed in full will do.");
  }
}

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
  const kind = [match.asset_class, match.exchange].filter(Boolean).join(", ");
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

// The total, exactly: figures are added as whole numbers of their smallest digit, never as floating point.

const decimal = /^(\d*)(?:\.(\d*))?$/;

/**
 * @param {string} name
 * @returns {{ digits: bigint, scale: number } | null}
 */
function figure(name) {
  const input = /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  const text = input.dataset.read ?? input.value.trim();
  const match = decimal.exec(text);
  if (!match || text.length > 40 || (!match[1] && !match[2])) return null;
  return { digits: BigInt(`${match[1]}${match[2] ?? ""}`), scale: match[2]?.length ?? 0 };
}

function showTotal() {
  const isSell = new FormData(form).get("type") === "SELL";
  totalLabel.textContent = isSell ? "You receive" : "You pay";
  const [quantity, price, fee] = [
    figure("quantity"),
    figure("price"),
    figure("fee") ?? { digits: 0n, scale: 0 },
  ];
  if (!quantity || !price) {
    output.value = "–";
    return;
  }
  const amountScale = Math.max(quantity.scale + price.scale, fee.scale);
  const gross = quantity.digits * price.digits * 10n ** BigInt(amountScale - quantity.scale - price.scale);
  const feePart = fee.digits * 10n ** BigInt(amountScale - fee.scale);
  const total = isSell ? gross - feePart : gross + feePart;
  // An amount in pence has two decimals more in pounds.
  const scale = amountScale + Number(form.dataset.places ?? 0);
  const digits = String(total < 0n ? -total : total).padStart(scale + 1, "0");
  const text = `${total < 0n ? "-" : ""}${digits.slice(0, digits.length - scale)}.${digits.slice(digits.length - scale) || "0"}`;
  output.value = moneyIn(form.dataset.currency || "USD").format(
    /** @type {Intl.StringNumericLiteral} */ (text),
  );
}

form.addEventListener("input", showTotal);
showTotal();
totalLabel.closest("p")?.removeAttribute("hidden");

// Today is today where the person is: the server knows only what day it is in UTC.
if (form.dataset.dateOpen !== undefined) {
  const date = /** @type {HTMLInputElement} */ (form.elements.namedItem("date"));
  const local = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short" }).format(new Date());
  if (local !== date.value && local <= date.max) {
    date.value = local;
    date.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

/** @type {ReturnType<typeof setInterval> | undefined} */
let asking;

/** A new ticker's history is fetched before its trade is recorded. Without an answer of its own this says nothing. */
async function showProgress() {
  try {
    const response = await fetch("/transactions/progress");
    /** @type {{ ticker: string } | null} */
    const underway = response.ok ? await response.json() : null;
    if (underway)
      progress.textContent = `${underway.ticker} is new here: its whole price history is being fetched from ${form.dataset.market} first…`;
  } catch {
    // The form's own answer says what went wrong.
  }
}

form.addEventListener("submit", () => {
  const button = form.querySelector("button");
  if (button) button.disabled = true;
  progress.textContent = `Checking ${ticker.value.trim().toUpperCase()} with ${form.dataset.market}…`;
  clearInterval(asking);
  asking = setInterval(() => void showProgress(), 400);
});
// Coming back with the browser's back button shows the form as it was left: let it be sent again.
addEventListener("pageshow", () => {
  const button = form.querySelector("button");
  if (button) button.disabled = false;
  clearInterval(asking);
  progress.textContent = "";
});

form.querySelector("[aria-invalid], .question")?.scrollIntoView({ block: "center" });
