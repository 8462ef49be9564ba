// @ts-check
/** Passkeys: forms with `data-passkey` are shown where the browser knows how, and sent with its answer in them. */
import { t } from "./messages.js";

const canTranslate =
  typeof PublicKeyCredential === "function" && "parseRequestOptionsFromJSON" in PublicKeyCredential;

/**
 * @param {HTMLFormElement} form
 * @param {object} options
 */
function askAuthenticator(form, options) {
  if (form.dataset.passkey === "create")
    return navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(/** @type {any} */ (options)),
    });
  return navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(/** @type {any} */ (options)),
  });
}

/** @param {HTMLFormElement} form */
async function answerInto(form) {
  const response = await fetch(form.dataset.challenge ?? "", {
    method: "POST",
    headers: { "X-Shown": "1" },
  });
  const { options, ticket, error } = await response.json();
  // The page that the form leads to asks for the proof, and says what else is wrong.
  if (error?.code === "reauthentication_required") return;
  if (error) throw new Error(error.message);
  const credential = /** @type {PublicKeyCredential | null} */ (await askAuthenticator(form, options));
  const field = (/** @type {string} */ name) =>
    /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  field("ticket").value = ticket;
  field("credential").value = JSON.stringify(credential?.toJSON());
}

/** What a person is told, by the name that WebAuthn gives to what went wrong.
 * @type {Readonly<Record<string, string>>} */
const explanations = {
  NotAllowedError: t("No passkey was given, or it took too long."),
  InvalidStateError: t("There is a passkey of yours already where this one was to be kept."),
  SecurityError: t("Passkeys do not work at this address."),
};

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (
  document.querySelectorAll("form[data-passkey]")
)) {
  if (!canTranslate) continue;
  form.hidden = false;
  const problem = /** @type {HTMLElement} */ (form.querySelector(".error"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    problem.hidden = true;
    answerInto(form).then(
      () => form.submit(),
      (error) => {
        problem.textContent = explanations[error.name] ?? error.message;
        problem.hidden = false;
      },
    );
  });
}
