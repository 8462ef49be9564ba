// @ts-check
/**
 * The purchases that a sale takes, on its form: asked for, and asked again when what they depend on changes, without leaving
 * the page; and what is chosen of them so far, added up while it is typed.
 */

const form = /** @type {HTMLFormElement} */ (document.getElementById("entry"));
const locale = document.documentElement.dataset.locale;
const shown = new Intl.NumberFormat(locale, { maximumFractionDigits: 20 });
/** What says which purchases there are, and what each would gain. */
const asked = new Set(["ticker", "date", "account", "price", "currency", "fx_rate", "quantity"]);
let asking = new AbortController();

const isShown = () => form.elements.namedItem("lots") !== null;

/** The same form as the server would send it back, of which the purchases are taken. */
async function ask() {
  asking.abort();
  asking = new AbortController();
  const body = new URLSearchParams(/** @type {never} */ (new FormData(form)));
  body.set("choose", "yes");
  try {
    const response = await fetch(form.action, {
      method: "POST",
      headers: { "X-Fragment": "main" },
      body,
      signal: asking.signal,
    });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("lots");
    if (!response.ok || !fresh) throw new Error(response.statusText);
    swap(fresh);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return; // something else changed meanwhile
    form.requestSubmit(form.querySelector("[data-choose]")); // as without this script
  }
}

/** @param {HTMLElement} fresh */
function swap(fresh) {
  const current = document.getElementById("lots");
  const focused = current?.contains(document.activeElement) ? document.activeElement : null;
  const isFirst = focused instanceof HTMLElement && focused.dataset.choose === "first";
  for (const input of current?.querySelectorAll("td input") ?? []) {
    const next = fresh.querySelector(`#${input.id}`); // typed since it was asked
    if (next instanceof HTMLInputElement) next.value = /** @type {HTMLInputElement} */ (input).value;
  }
  current?.replaceWith(fresh);
  for (const input of fresh.querySelectorAll("td input"))
    input.dispatchEvent(new Event("input", { bubbles: true }));
  form.closest(".entry")?.classList.add("wide");
  fresh.querySelector("[data-choose]")?.setAttribute("hidden", ""); // they renew themselves
  const target = isFirst ? fresh.querySelector("td input") : focused && document.getElementById(focused.id);
  if (target instanceof HTMLElement) target.focus();
  add();
}

/** Exactly: as whole numbers of their smallest digit. */
function add() {
  const output = document.getElementById("lots-chosen");
  const texts = [...form.querySelectorAll("#lots td input")].map((input) => {
    const { dataset, value } = /** @type {HTMLInputElement} */ (input);
    return value.trim() === "" ? "" : dataset.read || "none";
  });
  if (!output || !texts.every((text) => text.length < 40 && /^(?:\d+(?:\.\d*)?)?$/.test(text))) return;
  const sum = texts.reduce((total, text) => {
    const [whole = "", part = ""] = text.split(".");
    return total + BigInt(whole + part.slice(0, 12).padEnd(12, "0"));
  }, 0n);
  const digits = String(sum).padStart(13, "0");
  const text = `${digits.slice(0, -12)}.${digits.slice(-12)}`;
  output.textContent = shown.format(/** @type {Intl.StringNumericLiteral} */ (text));
}

form.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-choose]") : null;
  if (!button) return;
  event.preventDefault();
  void ask();
});
form.addEventListener("change", ({ target }) => {
  const isAsked = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
  if (isAsked && asked.has(target.name) && isShown()) void ask();
});
form.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLInputElement && target.name.startsWith("lot-")) add();
});
if (isShown()) form.querySelector("#lots [data-choose]")?.setAttribute("hidden", "");
