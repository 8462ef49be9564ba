// @ts-check
/** The form of the watchlist: tickers offered while typing, and one submission, which may take as long as a history does. */
import { t } from "./messages.js";
import { form, ticker } from "./ticker-search.js";

const progress = /** @type {HTMLElement} */ (document.getElementById("progress"));
const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));

form.addEventListener("submit", () => {
  button.disabled = true;
  progress.textContent = t("Fetching the prices of {ticker} from {market}…", {
    ticker: ticker.value.trim().toUpperCase(),
    market: form.dataset.market ?? "",
  });
});
// Coming back with the browser's back button shows the form as it was left: let it be sent again.
addEventListener("pageshow", () => {
  button.disabled = false;
  progress.textContent = "";
});
