// @ts-check
/** Opens the explanation of a figure over the page instead of leaving it. Without this script the links are links. */
import { t } from "./messages.js";

const dialog = document.createElement("dialog");
const content = document.createElement("div");
const actions = document.createElement("form");
const page = Object.assign(document.createElement("a"), { textContent: t("Open as a page") });
dialog.className = "explain-dialog";
dialog.setAttribute("aria-labelledby", "explain-heading");
actions.method = "dialog";
actions.append(page, Object.assign(document.createElement("button"), { textContent: t("Close this") }));
dialog.append(actions, content);
document.body.append(dialog);

/** @param {string} href */
async function show(href) {
  try {
    const response = await fetch(href, { headers: { "X-Fragment": "main", Accept: "text/html" } });
    // A session that has ended answers with the page to sign in.
    if (!response.ok || response.redirected) throw new Error(response.statusText);
    const fragment = new DOMParser().parseFromString(await response.text(), "text/html");
    content.replaceChildren(...fragment.body.childNodes);
    page.href = href;
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  } catch {
    location.assign(href);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a.explain") : null;
  // A click that asks for a new tab or window gets one.
  if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  void show(link.getAttribute("href") ?? "");
});

// On the backdrop, which is the dialog itself: its content covers the rest.
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
