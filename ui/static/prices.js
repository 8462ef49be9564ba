// @ts-check
/** A price file's text put where it can also be pasted, and its name with it. */

const form = /** @type {HTMLFormElement} */ (document.getElementById("prices"));
const text = /** @type {HTMLTextAreaElement} */ (document.getElementById("csv"));
const name = /** @type {HTMLInputElement} */ (document.getElementById("name"));
const file = /** @type {HTMLInputElement} */ (document.getElementById("file"));
const help = /** @type {HTMLElement} */ (document.getElementById("file-help"));

const largest = 2_500_000;

file.closest("[hidden]")?.removeAttribute("hidden");
file.addEventListener("change", async () => {
  const [chosen] = file.files ?? [];
  if (!chosen) return;
  if (chosen.size > largest) {
    help.textContent = `${chosen.name} is larger than 2.5 MB: split it, or put it into the folder of price files.`;
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
    help.textContent = `${chosen.name} is ready: take it in.`;
  } catch {
    help.textContent = `${chosen.name} could not be read now: try again, or paste its text.`;
  }
});
form.addEventListener("submit", () => {
  help.textContent = "The file is being read.";
});
