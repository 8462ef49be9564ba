// @ts-check
/** While an asset is pointed at or focused, everything it is made from and everything made from it stands out. */

/**
 * The assets that edges lead to from `name`, in one direction, however far.
 * @param {NodeListOf<Element>} edges
 * @param {string} name
 * @param {"data-from" | "data-to"} start
 * @param {"data-from" | "data-to"} end
 */
function reached(edges, name, start, end) {
  const names = new Set([name]);
  // A set is walked in the order of insertion, also through what is added on the way.
  for (const next of names)
    for (const edge of edges) if (edge.getAttribute(start) === next) names.add(edge.getAttribute(end) ?? "");
  return names;
}

/** @param {Event} event */
function mark(event) {
  const node = event.target instanceof Element ? event.target.closest(".lineage a.node") : null;
  const isBegun = event.type === "pointerover" || event.type === "focusin";
  const name = isBegun ? node?.getAttribute("data-name") : null;
  for (const graph of document.querySelectorAll(".lineage")) {
    const isOwn = name != null && graph.contains(node);
    const edges = graph.querySelectorAll(".edge");
    const above = isOwn ? reached(edges, name, "data-to", "data-from") : new Set();
    const below = isOwn ? reached(edges, name, "data-from", "data-to") : new Set();
    graph.classList.toggle("tracing", isOwn);
    for (const edge of edges) {
      const [from, to] = [edge.getAttribute("data-from"), edge.getAttribute("data-to")];
      edge.classList.toggle("near", (above.has(from) && above.has(to)) || (below.has(from) && below.has(to)));
    }
    for (const other of graph.querySelectorAll("a.node")) {
      const otherName = other.getAttribute("data-name");
      other.classList.toggle("near", above.has(otherName) || below.has(otherName));
    }
  }
}

for (const type of ["pointerover", "pointerout", "focusin", "focusout"])
  document.addEventListener(type, mark);

// The asset that a graph is about stands in the middle of what can be seen.
for (const region of document.querySelectorAll(".lineage")) {
  const focus = region.querySelector(".node.focus")?.getBoundingClientRect();
  if (!focus) continue;
  const middle = focus.left + focus.width / 2 - region.getBoundingClientRect().left;
  region.scrollLeft = middle - region.clientWidth / 2;
}
