// @ts-check
/** A button that copies the body of an asset. Without this script, or where the browser lets no page copy, there is none. */
import { t } from "./messages.js";

const body = document.querySelector("#body code");
const button = document.getElementById("copy-body");

if (body && button && navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const lines = [...body.querySelectorAll(".line")].map((line) => line.textContent);
    await navigator.clipboard.writeText(`${lines.join("\n")}\n`);
    button.textContent = t("Copied");
  });
}
