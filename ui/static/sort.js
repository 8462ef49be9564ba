// @ts-check
/** Sorts a table where it stands; the address follows, so that a reload, or a renewal by the server, sorts the same. */

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = /** @type {HTMLAnchorElement | null} */ (event.target.closest("[data-sortable] a[data-sort]"));
  const heading = link?.closest("th");
  const body = link?.closest("table")?.tBodies[0];
  if (!link || !heading || !body) return;
  event.preventDefault();
  const address = new URL(link.href);
  const order = address.searchParams.get("order") ?? "descending";
  const sign = order === "ascending" ? 1 : -1;
  const rows = [...body.rows].map((row) => ({ row, value: sortValue(row.cells[heading.cellIndex]) }));
  rows.sort((left, right) => compare(left.value, right.value, sign));
  body.append(...rows.map(({ row }) => row));
  for (const other of heading.parentElement?.children ?? []) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", order);
  history.replaceState(null, "", address);
  address.searchParams.set("order", order === "ascending" ? "descending" : "ascending");
  link.href = address.href;
});

/** @param {HTMLTableCellElement | undefined} cell */
function sortValue(cell) {
  const text = cell?.dataset.value ?? "";
  return text === "" || Number.isNaN(Number(text)) ? text : Number(text);
}

/**
 * What is not known comes last, whichever the order.
 * @param {string | number} left
 * @param {string | number} right
 * @param {number} sign
 */
function compare(left, right, sign) {
  if (left === "" || right === "") return Number(left === "") - Number(right === "");
  return left === right ? 0 : left < right ? -sign : sign;
}
