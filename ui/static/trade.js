// @ts-check
/** The trade form: tickers offered while typing, the total while figures change, one submission. */
import { t } from "./messages.js";
import { form, ticker } from "./ticker-search.js";

const output = /** @type {HTMLOutputElement} */ (document.getElementById("total"));
const totalLabel = /** @type {HTMLElement} */ (document.getElementById("total-label"));
const progress = /** @type {HTMLElement} */ (document.getElementById("progress"));
const { locale } = document.documentElement.dataset;
const { market = "" } = form.dataset;

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
  totalLabel.textContent = isSell ? t("You receive") : t("You pay");
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
      progress.textContent = t(
        "{ticker} is new here: its whole price history is being fetched from {market} first…",
        { ticker: underway.ticker, market },
      );
  } catch {
    // The form's own answer says what went wrong.
  }
}

form.addEventListener("submit", () => {
  const button = form.querySelector("button");
  if (button) button.disabled = true;
  progress.textContent = t("Checking {ticker} with {market}…", {
    ticker: ticker.value.trim().toUpperCase(),
    market,
  });
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
