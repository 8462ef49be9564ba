// @ts-check
/** A price file's text put where it can also be pasted, and its name with it. */
import { t } from "./messages.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("prices"));
const text = /** @type {HTMLTextAreaElement} */ (document.getElementById("csv"));
const name = /** @type {HTMLInputElement} */ (document.getElementById("name"));
const file = /** @type {HTMLInputElement} */ (document.getElementById("file"));
const help = /** @type {HTMLElement} */ (document.getElementById("file-help"));

/** What a form carries as text; what is larger goes as a file of its own. */
const largestText = 2_500_000;
const largestFile = 7_000_000;

/** A file that is too large for the text field, until the form is sent. @type {File | null} */
let large = null;

file.closest("[hidden]")?.removeAttribute("hidden");
file.addEventListener("change", async () => {
  const [chosen] = file.files ?? [];
  if (!chosen) return;
  large = null;
  text.required = true;
  if (chosen.size > largestFile) {
    help.textContent = t("{name} is larger than 7 MB: split it, by its years or months.", {
      name: chosen.name,
    });
    return;
  }
  if (chosen.size > largestText) {
    large = chosen;
    text.value = "";
    text.required = false;
    name.value = chosen.name;
    help.textContent = t("{name} is ready: take it in. It is too large to be shown here.", {
      name: chosen.name,
    });
    return;
  }
  try {
    const response = await fetch("/transactions/import/text", {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: await chosen.arrayBuffer(),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    /** @type {{ text: string }} */
    const decoded = await response.json();
    text.value = decoded.text;
    name.value = chosen.name;
    help.textContent = t("{name} is ready: take it in.", { name: chosen.name });
  } catch {
    help.textContent = t("{name} could not be read now: try again, or paste its text.", {
      name: chosen.name,
    });
  }
});
form.addEventListener("submit", (event) => {
  help.textContent = t("The file is being read.");
  if (!large || text.value !== "") return;
  event.preventDefault();
  void send(large);
});

/** As programs do, with what the form says of it; then its report. @param {File} chosen */
async function send(chosen) {
  const said = new URLSearchParams();
  for (const field of ["name", "exchange", "ticker", "pair", "date_order", "replace"]) {
    const value = new FormData(form).get(field);
    if (typeof value === "string" && value !== "") said.set(field, value);
  }
  try {
    const response = await fetch(`/api/prices/files?${said}`, {
      method: "POST",
      headers: { "Content-Type": "text/csv", "X-Shown": "1" },
      body: chosen,
    });
    /** @type {{ file?: { file_id: number }, error?: { message: string } }} */
    const answer = await response.json();
    if (answer.file) location.assign(`/assets/prices/${answer.file.file_id}`);
    else
      help.textContent = answer.error
        ? t("{name} was not taken in: {reason}.", { name: chosen.name, reason: answer.error.message })
        : t("{name} was not taken in: try again.", { name: chosen.name });
  } catch {
    help.textContent = t("{name} could not be sent now: try again.", { name: chosen.name });
  }
}
