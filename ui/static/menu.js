// @ts-check
/** Closes a menu that is left: by Escape, by a click elsewhere, or with the Tab key. Without this script its name closes it. */

/** @returns {HTMLDetailsElement[]} */
const openMenus = () =>
  [...document.querySelectorAll("details.menu[open]")].filter((menu) => menu instanceof HTMLDetailsElement);

/** @param {EventTarget | null} target */
function closeOthers(target) {
  for (const menu of openMenus()) if (!(target instanceof Node && menu.contains(target))) menu.open = false;
}

document.addEventListener("click", ({ target }) => closeOthers(target));
document.addEventListener("focusin", ({ target }) => closeOthers(target));
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
});
