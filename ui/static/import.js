// @ts-check
/** The import: a file's text put where it can also be pasted, and one submission at a time. */
import { t } from "./messages.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("import"));
const text = /** @type {HTMLTextAreaElement} */ (document.getElementById("csv"));
const file = /** @type {HTMLInputElement | null} */ (document.getElementById("file"));
const fileName = /** @type {HTMLInputElement | null} */ (form.querySelector("input[name=file_name]"));
const help = document.getElementById("file-help");
const progress = document.getElementById("import-progress");

const largest = 2_500_000;

/** In whatever it is encoded: the server tells it by the bytes. @param {ArrayBuffer} bytes @returns {Promise<{ text: string, encoding: string }>} */
async function decode(bytes) {
  const response = await fetch("/transactions/import/text", {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: bytes,
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.json();
}

file?.closest("[hidden]")?.removeAttribute("hidden");
file?.addEventListener("change", async () => {
  const [chosen] = file.files ?? [];
  if (!chosen || !help) return;
  if (chosen.size > largest) {
    help.textContent = t("{name} is larger than 2.5 MB: export a shorter period.", { name: chosen.name });
    return;
  }
  try {
    const decoded = await decode(await chosen.arrayBuffer());
    text.value = decoded.text;
    if (fileName) fileName.value = chosen.name.slice(0, 200);
    const lines = text.value.trim().split("\n").length;
    const ready = t("{name}, {lines} lines, is ready: preview it.", { name: chosen.name, lines });
    const encoded = t("It was read as {encoding}.", { encoding: decoded.encoding });
    help.textContent = decoded.encoding === "UTF-8" ? ready : `${ready} ${encoded}`;
  } catch {
    help.textContent = t("{name} could not be read now: try again, or paste its text.", {
      name: chosen.name,
    });
  }
});

/** @param {string} selector @param {string} text */
function tell(selector, text) {
  const element = form.querySelector(selector);
  if (element) element.textContent = text;
}

/** What is ticked, and what else is to be recorded, is counted on the button. */
function count() {
  const button = form.querySelector("button[data-label]");
  if (!button) return;
  /** Of the rows that are on other pages of the list. */
  const { ticked: unshown = "0", problems: unshownProblems = "0" } =
    /** @type {HTMLInputElement | null} */ (form.querySelector("input[name=unshown]"))?.dataset ?? {};
  const ticked = Number(unshown) + form.querySelectorAll("input[name=line]:checked").length;
  const problems =
    Number(unshownProblems) + form.querySelectorAll("input[name=line][data-problem]:checked").length;
  const chosen = /** @type {NodeListOf<HTMLInputElement>} */ (
    form.querySelectorAll("input[data-rows]:checked")
  );
  const others = [...chosen].reduce((sum, { dataset }) => sum + Number(dataset.rows), 0);
  if (others === 0)
    button.textContent = t("Import {trades, plural, one {# trade} other {# trades}}", { trades: ticked });
  else if (ticked === 0)
    button.textContent = t("Import {rows, plural, one {# row} other {# rows}}", { rows: others });
  else
    button.textContent = t(
      "Import {trades, plural, one {# trade} other {# trades}} and {rows, plural, one {# other row} other {# other rows}}",
      { trades: ticked, rows: others },
    );
  tell(".import-bar .ready", t("{ready, plural, other {# ready}}", { ready: ticked - problems }));
  tell(".import-bar .problems", t("{problems, plural, one {# problem} other {# problems}}", { problems }));
}
form.addEventListener("change", (event) => {
  if (event.target instanceof HTMLInputElement && /^(line|record_.*)$/.test(event.target.name)) count();
});

const lookups = /** @type {HTMLElement | null} */ (document.getElementById("import-lookups"));
const bar = lookups?.querySelector("progress");
const said = lookups?.querySelector("span");

/** How far the check has come, while the browser waits for its answer. Without an answer of its own it says nothing. */
async function showProgress() {
  if (!lookups || !bar || !said) return;
  try {
    const response = await fetch("/transactions/import/progress");
    /** @type {{ rows: number, checked: number, total: number } | null} */
    const underway = response.ok ? await response.json() : null;
    lookups.hidden = !underway || underway.total === 0;
    if (!underway) return;
    bar.max = underway.total;
    bar.value = underway.checked;
    said.textContent = t("{checked} of {total} new tickers looked up, for {rows} rows", {
      checked: underway.checked,
      total: underway.total,
      rows: underway.rows,
    });
  } catch {
    // The form's own answer says what went wrong.
  }
}

/** @type {ReturnType<typeof setInterval> | undefined} */
let asking;

/** @param {boolean} isSending */
function mark(isSending) {
  // Afterwards: a disabled button would not say which step was asked for.
  setTimeout(() => {
    for (const button of form.querySelectorAll("button")) button.disabled = isSending;
  });
  clearInterval(asking);
  if (isSending) asking = setInterval(() => void showProgress(), 400);
  else if (lookups) lookups.hidden = true;
  if (progress)
    progress.textContent = isSending
      ? t("Checking every row; new tickers are looked up with {market}…", {
          market: form.dataset.market ?? "",
        })
      : "";
}
form.addEventListener("submit", () => mark(true));
addEventListener("pageshow", () => mark(false));
