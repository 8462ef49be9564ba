// @ts-check
/**
 * The trade form: what the ticker is called and in what it is quoted, what was traded on the day, whose close stands until a price is
 * typed, and what can be sold. The prices of a ticker that nobody has traded here are fetched while the rest of the form is filled in.
 */
import { t } from "./messages.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("trade"));
const ticker = /** @type {HTMLInputElement} */ (document.getElementById("ticker"));
const day = /** @type {HTMLInputElement} */ (document.getElementById("date"));
const price = /** @type {HTMLInputElement} */ (document.getElementById("price"));
const available = /** @type {HTMLElement} */ (document.getElementById("available"));
const suggestion = /** @type {HTMLElement} */ (document.getElementById("suggestion"));
const facts = /** @type {HTMLElement} */ (document.getElementById("ticker-facts"));
const traded = /** @type {HTMLElement} */ (document.getElementById("traded"));
const locale = document.documentElement.dataset.locale;
const market = form.dataset.market ?? "";
const quantity = new Intl.NumberFormat(locale, { maximumFractionDigits: 20 });
/** As a number is typed here. */
const typed = new Intl.NumberFormat(locale, { maximumFractionDigits: 20, useGrouping: false });
const sixDigits = new Intl.NumberFormat(locale, { maximumSignificantDigits: 6 });
const date = new Intl.DateTimeFormat(locale, {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});

/**
 * @typedef {{
 *   name: string | null, first_price_date: string | null, low: string | null, high: string | null,
 *   available: string, close: string | null, close_date: string | null, currency: string | null,
 *   quote_unit: string | null, unit_factor: string | null, unit_name: string | null, base_currency: string, rate: string | null
 * }} Draft
 */

/** @type {Draft | null} */
let draft = null;
let asked = "";
/** Where there are several. */
const account = /** @type {HTMLSelectElement | null} */ (document.getElementById("account"));
// The server may have suggested one already.
let suggested = suggestion.textContent === "" ? null : price.value;
/** What the form asks for before a ticker says in what it is quoted. */
const usual = { price: labelOf("price").textContent, fee: labelOf("fee").textContent };
/** And what it tells the server of that. */
const askedUnit = /** @type {HTMLInputElement} */ (form.elements.namedItem("asked_unit"));
const usualUnit = askedUnit.value;

/** @param {string} name */
function labelOf(name) {
  return /** @type {HTMLLabelElement} */ (form.querySelector(`label[for=${name}]`));
}

/** Decimals between a unit and its currency: 2 from pence to pounds. 0: price and fee are in the currency itself. */
function places() {
  const chosen = new FormData(form).get("currency");
  if (!draft?.unit_name || chosen === draft.currency) return 0;
  return (draft.unit_factor ?? "").length - 2;
}

/**
 * An amount of the currency in units of which 10^places are one: "8.052" pounds, with 2 places, "805.2" pence.
 * @param {string} amount
 * @param {number} places
 */
function inUnit(amount, places) {
  const [whole = "", part = ""] = amount.split(".");
  const digits = whole + part.padEnd(places, "0");
  const point = whole.length + places;
  const [left, right] = [
    digits.slice(0, point).replace(/^0+(?=\d)/, ""),
    digits.slice(point).replace(/0+$/, ""),
  ];
  return right === "" ? left : `${left}.${right}`;
}

/** A symbol with an exchange's ending, or a pair, is hardly quoted in dollars. @param {string} symbol */
const isForeign = (symbol) => /[.=]|-(?!USD$)[A-Z]{3}$/i.test(symbol);

/** Of what is quoted in hundredths or thousandths. @type {Readonly<Record<string, string>>} */
const unitNames = { pence: t("pence"), cents: t("cents"), agorot: t("agorot"), fils: t("fils") };

/** @param {string} name */
const unitName = (name) => unitNames[name] ?? name;

/** What price and fee are in stands in their labels, and in the form for the total. */
function showUnit() {
  const unit = draft?.currency ? (places() > 0 ? unitName(draft.unit_name ?? "") : draft.currency) : null;
  const isUnknown = unit === null && isForeign(ticker.value.trim());
  const labels = unit
    ? { price: t("Price, {unit}", { unit }), fee: t("Fee, {unit}", { unit }) }
    : isUnknown
      ? { price: t("Price"), fee: t("Fee") }
      : usual;
  labelOf("price").textContent = labels.price;
  labelOf("fee").textContent = labels.fee;
  const hint = document.getElementById("price-help");
  if (hint && !hint.querySelector(".error"))
    hint.textContent = isUnknown ? t("In the currency that it is quoted in; not in pence or cents.") : "";
  const known = draft?.currency && (places() > 0 ? draft.quote_unit : draft.currency);
  askedUnit.value = known || (isUnknown ? "major" : usualUnit);
  form.dataset.currency = draft?.currency ?? "";
  form.dataset.places = String(places());
}

/** Which of the two a quote in pence may be typed in. */
function showChoice() {
  const shown = document.getElementById("unit");
  const name = draft?.unit_name ? `${draft.quote_unit} ${draft.currency}` : "";
  if (name === (shown?.dataset.units ?? "")) return;
  shown?.remove();
  if (!draft?.unit_name) return;
  const field = Object.assign(document.createElement("fieldset"), {
    id: "unit",
    className: "field segmented",
  });
  field.dataset.units = name;
  field.append(Object.assign(document.createElement("legend"), { textContent: t("Price and fee in") }));
  for (const [value, text] of [
    [draft.quote_unit, unitName(draft.unit_name)],
    [draft.currency, draft.currency],
  ]) {
    const choice = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "currency", value });
    input.checked = value === draft.quote_unit;
    choice.append(input, " ", Object.assign(document.createElement("span"), { textContent: text }));
    field.append(choice);
  }
  available.before(field);
}

/** What one of the currency was worth, where that is not the person's own. */
function showRate() {
  const isConverted = draft?.currency && draft.currency !== draft.base_currency;
  const shown = document.getElementById("fx_rate");
  if (!isConverted) return shown?.closest(".field")?.remove();
  const field = shown?.closest(".field") ?? addRate();
  const [label, hint] = [field.querySelector("label"), field.querySelector(".help")];
  if (label)
    label.textContent = t("Exchange rate, {base} for one {currency}", {
      base: draft?.base_currency ?? "",
      currency: draft?.currency ?? "",
    });
  if (hint && !hint.querySelector(".error")) hint.textContent = hintOf(draft?.rate ?? null);
}

/** @param {string | null} rate */
function hintOf(rate) {
  if (rate === null) return t("No rate of that day is known: say yours.");
  return t("Leave it empty for the day’s: {rate}", {
    rate: sixDigits.format(/** @type {Intl.StringNumericLiteral} */ (rate)),
  });
}

function addRate() {
  const field = Object.assign(document.createElement("div"), { className: "field" });
  const input = Object.assign(document.createElement("input"), {
    id: "fx_rate",
    name: "fx_rate",
    inputMode: "decimal",
    autocomplete: "off",
  });
  input.setAttribute("aria-describedby", "fx_rate-help");
  field.append(
    Object.assign(document.createElement("label"), { htmlFor: "fx_rate" }),
    input,
    Object.assign(document.createElement("p"), { className: "help", id: "fx_rate-help" }),
  );
  form.querySelector(".total")?.before(field);
  return field;
}

const isSell = () => new FormData(form).get("type") === "SELL";

function showAvailable() {
  available.textContent =
    draft && isSell()
      ? t("Available: {quantity}", {
          quantity: quantity.format(/** @type {Intl.StringNumericLiteral} */ (draft.available)),
        })
      : "";
}

/** Fills the price in, unless one was typed, or is just being typed: digits would be appended to the suggestion. */
function suggest() {
  if (document.activeElement === price) return;
  if (price.value !== "" && price.value !== suggested) return;
  const close = draft?.close ? inUnit(draft.close, places()) : null;
  suggested = close && typed.format(/** @type {Intl.StringNumericLiteral} */ (close));
  price.value = suggested ?? "";
  suggestion.textContent =
    draft?.close_date && suggested
      ? t("Suggested price: the close of {date}. Change it to yours.", { date: inWords(draft.close_date) })
      : "";
  form.dispatchEvent(new Event("input")); // the total follows
}

/** @param {string} day */
const inWords = (day) => date.format(new Date(`${day}T12:00:00Z`));

/** @param {string} problem "": there is none */
function showFacts(problem = "") {
  facts.classList.toggle("error", problem !== "");
  const isOwn = ticker.value.startsWith("~"); // its name stands under the field already
  if (problem !== "" || !draft?.name || isOwn) {
    facts.textContent = problem;
    return;
  }
  const { name, first_price_date: first } = draft;
  const isEarly = first !== null && day.value !== "" && day.value < first;
  const since = first === null ? "" : t("Prices since {date}.", { date: inWords(first) });
  const early = isEarly ? t("Before that day it is valued at the price paid.") : "";
  facts.textContent = [`${name}.`, since, early].filter(Boolean).join(" ");
}

function showTraded() {
  const { low, high, close_date } = draft ?? {};
  if (!low || !high || !close_date) {
    traded.textContent = "";
    return;
  }
  const [from, to] = [low, high].map((price) =>
    quantity.format(/** @type {Intl.StringNumericLiteral} */ (inUnit(price, places()))),
  );
  const day = inWords(close_date);
  traded.textContent =
    from === to
      ? t("Traded on {date}: {price}.", { date: day, price: from ?? "" })
      : t("Traded on {date}: {low} to {high}.", { date: day, low: from ?? "", high: to ?? "" });
}

/** Looked at again while a history is on its way: soon at first, then less often, for as long as recording would wait. */
const looks = [300, 500, 800, ...Array.from({ length: 16 }, () => 1500)];

/**
 * Has the prices of a ticker fetched that are not stored yet, so that recording need not wait for them.
 * @param {string} subject of what they are asked; another one ends it
 */
async function fetchHistory(subject) {
  facts.classList.remove("error");
  facts.textContent = t("Looking {ticker} up with {market}…", {
    ticker: ticker.value.trim().toUpperCase(),
    market,
  });
  const response = await fetch("/api/tickers/history", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ticker: ticker.value.trim() }),
  });
  if (subject !== asked) return;
  if (!response.ok) {
    /** @type {{ error?: { code: string } }} */
    const { error } = await response.json().catch(() => ({}));
    const isUnknown = error?.code === "unknown_ticker";
    const name = ticker.value.trim().toUpperCase();
    showFacts(isUnknown ? t("{market} has no ticker {ticker}.", { market, ticker: name }) : "");
    return;
  }
  for (const pause of looks) {
    const answer = await readDraft(subject);
    if (subject !== asked) return;
    if (answer) show(answer);
    if (answer?.first_price_date) return;
    facts.textContent = t("{name}. Its prices are being fetched from {market}…", {
      name: answer?.name ?? ticker.value,
      market,
    });
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (subject !== asked) return;
  }
  showFacts();
}

/**
 * @param {string} subject
 * @returns {Promise<Draft | null>}
 */
async function readDraft(subject) {
  try {
    const response = await fetch(`/api/transactions/draft?${subject}`);
    return response.ok ? await response.json() : null;
  } catch {
    return null; // A convenience: without it the figures are typed, and checked on submission.
  }
}

/** @param {Draft | null} answer */
function show(answer) {
  draft = answer;
  showAvailable();
  showChoice();
  showRate();
  showUnit();
  showFacts();
  showTraded();
  suggest();
  form.dispatchEvent(new Event("input")); // the total is in the same
}

async function ask() {
  const subject = new URLSearchParams({
    ticker: ticker.value.trim(),
    date: day.value,
    ...(account && { account: account.value }),
  }).toString();
  if (subject === asked) return;
  asked = subject;
  const isSaid = ticker.value.trim() !== "" && day.value !== "";
  const answer = isSaid ? await readDraft(subject) : null;
  if (subject !== asked) return; // another one was chosen meanwhile
  show(answer);
  if (answer && !answer.first_price_date && !isSell() && !ticker.value.startsWith("~"))
    await fetchHistory(subject).catch(() => showFacts());
}

ticker.addEventListener("change", () => void ask());
day.addEventListener("change", () => void ask());
account?.addEventListener("change", () => void ask());
form.addEventListener("change", ({ target }) => {
  showAvailable();
  if (!(target instanceof HTMLInputElement && target.name === "currency")) return;
  showUnit();
  showTraded();
  suggest();
  form.dispatchEvent(new Event("input"));
});
price.addEventListener("input", () => {
  suggested = null;
  suggestion.textContent = "";
});
price.addEventListener("blur", suggest);
// A form that came back with what was typed, or that the browser filled in again.
if (ticker.value !== "") void ask();
