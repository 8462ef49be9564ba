// @ts-check
/** While an asset is pointed at or focused, the edges that meet it stand out. */

/** @param {Event} event */
function mark(event) {
  const node = event.target instanceof Element ? event.target.closest("a.node") : null;
  const name =
    event.type === "pointerover" || event.type === "focusin" ? node?.getAttribute("data-name") : null;
  for (const edge of document.querySelectorAll(".lineage .edge")) {
    const near =
      name != null && (edge.getAttribute("data-from") === name || edge.getAttribute("data-to") === name);
    edge.classList.toggle("near", near);
  }
}

for (const type of ["pointerover", "pointerout", "focusin", "focusout"])
  document.addEventListener(type, mark);

// The newest end of the graph is the one people come for.
for (const region of document.querySelectorAll(".lineage")) region.scrollLeft = region.scrollWidth;
