// @ts-check
/** Number fields: what is typed is told beside them as it will be read, and is there for the page's other scripts (data-read). */
import { t } from "./messages.js";
import { describeReading, readNumber } from "./number-reading.js";

/** @param {EventTarget | null} target @returns {[HTMLInputElement, string] | null} */
function numberField(target) {
  if (!(target instanceof HTMLInputElement) || target.inputMode !== "decimal") return null;
  const locale = target.form?.elements.namedItem("number_locale");
  return locale instanceof HTMLInputElement ? [target, locale.value] : null;
}

/** @param {HTMLInputElement} input */
function besideOf(input) {
  const id = `${input.id}-reading`;
  const known = document.getElementById(id);
  if (known) return known;
  const beside = Object.assign(document.createElement("p"), { id, className: "help reading" });
  (document.getElementById(`${input.id}-help`) ?? input).after(beside);
  input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby") ?? ""} ${id}`.trim());
  return beside;
}

/** @param {HTMLInputElement} input @param {string} locale */
function read(input, locale) {
  const text = input.value;
  const { value } = readNumber(text, locale);
  input.dataset.read = value ?? "";
  const reading = describeReading(text, locale);
  const isWrong = value === null && text.trim() !== "";
  besideOf(input).textContent = isWrong
    ? t("Not read as a number.")
    : reading === null
      ? ""
      : t("Read as {reading}.", { reading });
}

// Before the scripts that go by what was read, which listen further down.
document.addEventListener(
  "input",
  ({ target }) => {
    const forms = target instanceof HTMLFormElement ? [...target.elements] : [target];
    for (const one of forms) {
      const field = numberField(one);
      if (field) read(...field);
    }
  },
  { capture: true },
);
for (const input of document.querySelectorAll("input[inputmode=decimal]")) {
  const field = numberField(input);
  if (field) field[0].dataset.read = readNumber(field[0].value, field[1]).value ?? "";
}
