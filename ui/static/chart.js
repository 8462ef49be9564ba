// @ts-check
/** A crosshair over the charts: the day under the pointer (or under the arrow keys) and its values. */

const locale = document.documentElement.dataset.locale;
const day = new Intl.DateTimeFormat(locale, {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
const writers = {
  money: new Intl.NumberFormat(locale, {
    style: "currency",
    currency: "USD",
    currencyDisplay: "narrowSymbol",
  }),
  price: new Intl.NumberFormat(locale, {
    style: "currency",
    currency: "USD",
    currencyDisplay: "narrowSymbol",
    maximumFractionDigits: 8,
  }),
  quantity: new Intl.NumberFormat(locale, { maximumFractionDigits: 8 }),
  percent: new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 2 }),
};

/** @param {HTMLElement} figure */
function addCrosshair(figure) {
  const plot = /** @type {HTMLElement | null} */ (figure.querySelector(".plot"));
  const paths = figure.querySelector(".paths");
  if (!plot || !paths) return;
  const labels = [...figure.querySelectorAll(".legend li")].map((item) => item.textContent ?? "");
  const write = writers[/** @type {keyof typeof writers} */ (figure.dataset.unit)];
  const points = (figure.dataset.points ?? "").split(";").map((point) => {
    const [date = "", ...values] = point.split(",");
    return { instant: Date.parse(date), values };
  });
  const first = points[0]?.instant ?? 0;
  const span = Math.max((points.at(-1)?.instant ?? 0) - first, 86_400_000);
  const line = Object.assign(document.createElement("div"), { className: "crosshair", hidden: true });
  const tooltip = Object.assign(document.createElement("div"), { className: "tooltip", hidden: true });
  tooltip.setAttribute("role", "status");
  plot.append(line, tooltip);
  let current = points.length - 1;

  /** @param {number} index */
  function show(index) {
    current = Math.min(Math.max(index, 0), points.length - 1);
    const point = points[current];
    if (!point || !plot || !paths) return;
    const x = ((point.instant - first) / span) * plot.clientWidth;
    line.hidden = tooltip.hidden = false;
    line.style.left = `${x}px`;
    line.style.height = `${paths.getAttribute("height")}px`;
    tooltip.replaceChildren(
      row(day.format(point.instant)),
      ...point.values.map((value, series) =>
        row(labels[series] ?? "", value === "" ? "no value" : write.format(Number(value))),
      ),
    );
    const right = x + 12 + tooltip.offsetWidth > plot.clientWidth;
    tooltip.style.left = `${Math.max(0, right ? x - 12 - tooltip.offsetWidth : x + 12)}px`;
  }

  function hide() {
    line.hidden = tooltip.hidden = true;
  }

  plot.tabIndex = 0;
  plot.setAttribute("role", "group");
  plot.setAttribute(
    "aria-label",
    `${figure.querySelector("h2")?.textContent ?? "Chart"}: left and right arrow keys read it day by day`,
  );
  plot.addEventListener("pointermove", (event) => {
    const fraction = (event.clientX - plot.getBoundingClientRect().left) / plot.clientWidth;
    show(nearest(points, first + fraction * span));
  });
  plot.addEventListener("pointerleave", hide);
  plot.addEventListener("blur", hide);
  plot.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    const last = points.length - 1;
    const targets = /** @type {Record<string, number>} */ ({
      ArrowLeft: tooltip.hidden ? last : current - 1,
      ArrowRight: tooltip.hidden ? last : current + 1,
      Home: 0,
      End: last,
    });
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    show(target);
  });
}

/**
 * @param {string} label
 * @param {string} [value]
 */
function row(label, value) {
  const paragraph = document.createElement("p");
  for (const text of value === undefined ? [label] : [label, value])
    paragraph.append(Object.assign(document.createElement("span"), { textContent: text }));
  return paragraph;
}

/**
 * @param {{ instant: number }[]} points ascending
 * @param {number} instant
 */
function nearest(points, instant) {
  let low = 0;
  let high = points.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.instant ?? 0) <= instant) low = middle;
    else high = middle;
  }
  const before = instant - (points[low]?.instant ?? 0);
  return before < (points[high]?.instant ?? 0) - instant ? low : high;
}

/** @param {ParentNode} root */
function addCrosshairs(root) {
  for (const figure of root.querySelectorAll("[data-chart]"))
    addCrosshair(/** @type {HTMLElement} */ (figure));
}

addCrosshairs(document);
document.addEventListener("swapped", (event) => addCrosshairs(/** @type {HTMLElement} */ (event.target)));
