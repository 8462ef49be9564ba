// @ts-check
/** The trade form: what can be sold of the ticker on the day, and the day's close until a price is typed. */

const form = /** @type {HTMLFormElement} */ (document.getElementById("trade"));
const ticker = /** @type {HTMLInputElement} */ (document.getElementById("ticker"));
const day = /** @type {HTMLInputElement} */ (document.getElementById("date"));
const price = /** @type {HTMLInputElement} */ (document.getElementById("price"));
const available = /** @type {HTMLElement} */ (document.getElementById("available"));
const suggestion = /** @type {HTMLElement} */ (document.getElementById("suggestion"));
const locale = document.documentElement.dataset.locale;
const quantity = new Intl.NumberFormat(locale, { maximumFractionDigits: 20 });
const date = new Intl.DateTimeFormat(locale, {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});

/** @typedef {{ available: string, close: string | null, close_date: string | null }} Draft */

/** @type {Draft | null} */
let draft = null;
let asked = "";
// The server may have suggested one already.
let suggested = suggestion.textContent === "" ? null : price.value;

function show() {
  const isSell = new FormData(form).get("type") === "SELL";
  available.textContent =
    draft && isSell
      ? `Available: ${quantity.format(/** @type {Intl.StringNumericLiteral} */ (draft.available))}`
      : "";
}

/** Fills the price in, unless one was typed, or is just being typed: digits would be appended to the suggestion. */
function suggest() {
  if (document.activeElement === price) return;
  if (price.value !== "" && price.value !== suggested) return;
  suggested = draft?.close ?? null;
  price.value = suggested ?? "";
  suggestion.textContent =
    draft?.close_date && suggested
      ? `Suggested price: the close of ${date.format(new Date(`${draft.close_date}T12:00:00Z`))}. Change it to yours.`
      : "";
  form.dispatchEvent(new Event("input")); // the total follows
}

async function ask() {
  const subject = new URLSearchParams({ ticker: ticker.value.trim(), date: day.value }).toString();
  if (subject === asked) return;
  asked = subject;
  let answer = null;
  if (ticker.value.trim() !== "" && day.value !== "") {
    try {
      const response = await fetch(`/api/transactions/draft?${subject}`);
      if (response.ok) answer = /** @type {Draft} */ (await response.json());
    } catch {
      // A convenience: without it the figures are typed, and checked on submission.
    }
  }
  if (subject !== asked) return; // another one was chosen meanwhile
  draft = answer;
  show();
  suggest();
}

ticker.addEventListener("change", () => void ask());
day.addEventListener("change", () => void ask());
form.addEventListener("change", show);
price.addEventListener("input", () => {
  suggested = null;
  suggestion.textContent = "";
});
price.addEventListener("blur", suggest);
// A form that came back with what was typed, or that the browser filled in again.
if (ticker.value !== "") void ask();
