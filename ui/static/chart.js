// @ts-check
/**
 * Charts that can be read and zoomed: a crosshair with the values of the day under the pointer, or under the arrow keys,
 * over all charts of the page at once; days that are selected, by dragging or with Shift, become the range of the page.
 */
import { t } from "./messages.js";

const locale = document.documentElement.dataset.locale;
const dayLength = 86_400_000;
const day = new Intl.DateTimeFormat(locale, {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
/**
 * How a chart's values are written.
 * @param {DOMStringMap} chart
 * @returns {Intl.NumberFormat}
 */
function writerOf({ unit, currency = "USD", currencyDisplay = "narrowSymbol" }) {
  if (unit === "percent")
    return new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 2 });
  if (unit === "quantity") return new Intl.NumberFormat(locale, { maximumFractionDigits: 8 });
  return new Intl.NumberFormat(locale, {
    style: "currency",
    currency,
    currencyDisplay: /** @type {"code" | "narrowSymbol"} */ (currencyDisplay),
    ...(unit === "price" && { maximumFractionDigits: 8 }),
  });
}

/** Pixels that a hand moves without meaning to. */
const slip = 5;

class Chart {
  /**
   * @param {HTMLElement} figure
   * @param {HTMLElement} plot
   * @param {string} height of the lines, in pixels
   */
  constructor(figure, plot, height) {
    this.plot = plot;
    this.zoom = figure.dataset.zoom;
    this.labels = [...figure.querySelectorAll("thead th")].slice(1).map((cell) => cell.textContent ?? "");
    this.writer = writerOf(figure.dataset);
    this.points = (figure.dataset.points ?? "").split(";").map((point) => {
      const [date = "", ...values] = point.split(",");
      return { instant: Date.parse(date), values };
    });
    this.first = this.points[0]?.instant ?? 0;
    this.last = this.points.at(-1)?.instant ?? 0;
    this.bands = [...figure.querySelectorAll("[data-from]")].map((band) => {
      const { from, to, label } = /** @type {SVGElement} */ (band).dataset;
      return { from: Date.parse(from ?? ""), to: Date.parse(to ?? ""), label: label ?? "" };
    });
    // What happened belongs to the point that is drawn nearest to it: so each is met, and once.
    this.happened = Map.groupBy(plot.querySelectorAll("[data-date]"), (marker) =>
      this.nearest(Date.parse(/** @type {SVGElement} */ (marker).dataset.date ?? "")),
    );
    this.current = this.points.length - 1;
    /** Where the selection began; null: nothing is selected. @type {number | null} */
    this.anchor = null;
    [this.selection, this.line, this.tooltip] = /** @type {[HTMLElement, HTMLElement, HTMLElement]} */ (
      ["chosen-days", "crosshair", "tooltip"].map((className) =>
        Object.assign(document.createElement("div"), { className, hidden: true }),
      )
    );
    this.selection.style.height = this.line.style.height = `${height}px`;
    this.tooltip.setAttribute("role", "status");
    plot.append(this.selection, this.line, this.tooltip);
    const title = figure.querySelector("h2")?.textContent ?? t("Chart");
    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute(
      "aria-label",
      this.zoom
        ? t(
            "{title}: left and right arrow keys read it day by day; with Shift they select days, and Enter shows those",
            { title },
          )
        : t("{title}: left and right arrow keys read it day by day", { title }),
    );
  }

  get isHidden() {
    return this.tooltip.hidden;
  }

  /** Days that are selected, as points; null: none. */
  get selected() {
    if (this.anchor === null || this.anchor === this.current) return null;
    return { start: Math.min(this.anchor, this.current), end: Math.max(this.anchor, this.current) };
  }

  /** @param {number} index */
  left(index) {
    const span = Math.max(this.last - this.first, dayLength);
    return (((this.points[index]?.instant ?? 0) - this.first) / span) * this.plot.clientWidth;
  }

  /** @param {PointerEvent} event */
  under({ clientX }) {
    const fraction = (clientX - this.plot.getBoundingClientRect().left) / this.plot.clientWidth;
    return this.nearest(this.first + fraction * (this.last - this.first));
  }

  /** The point nearest to an instant. @param {number} instant */
  nearest(instant) {
    let low = 0;
    let high = this.points.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.points[middle]?.instant ?? 0) <= instant) low = middle;
      else high = middle;
    }
    const before = instant - (this.points[low]?.instant ?? 0);
    return before < (this.points[high]?.instant ?? 0) - instant ? low : high;
  }

  /** @param {number} index */
  show(index) {
    this.current = Math.min(Math.max(index, 0), this.points.length - 1);
    const x = this.left(this.current);
    this.line.hidden = this.tooltip.hidden = false;
    this.line.style.left = `${x}px`;
    this.tooltip.replaceChildren(...this.rows());
    const isRight = x + 12 + this.tooltip.offsetWidth > this.plot.clientWidth;
    this.tooltip.style.left = `${Math.max(0, isRight ? x - 12 - this.tooltip.offsetWidth : x + 12)}px`;
    const { selected } = this;
    this.selection.hidden = !selected;
    if (!selected) return;
    const start = this.left(selected.start);
    this.selection.style.left = `${start}px`;
    this.selection.style.width = `${this.left(selected.end) - start}px`;
  }

  rows() {
    const { selected } = this;
    const [start, end] = [selected?.start, selected?.end ?? this.current].map((index) =>
      index === undefined ? undefined : this.points[index],
    );
    if (!end) return [];
    const told = this.labels.map((label, series) => {
      const [from, to] = [start, end].map((point) => point && this.write(point.values[series]));
      return row(label, from ? `${from} → ${to}` : `${to}`);
    });
    if (start)
      return [
        row(t("{start} to {end}", { start: day.format(start.instant), end: day.format(end.instant) })),
        ...told,
        row(t("Enter, or letting go, shows these days")),
      ];
    const band = this.bands.find(({ from, to }) => from <= end.instant && end.instant <= to);
    const happened = this.happened.get(this.current) ?? [];
    return [
      row(day.format(end.instant)),
      ...told,
      ...(band ? [row(t("Regime"), band.label)] : []),
      ...happened.map((marker) => row(marker.querySelector("title")?.textContent ?? "")),
    ];
  }

  /** @param {string | undefined} value */
  write(value) {
    return value ? this.writer.format(Number(value)) : t("no value");
  }

  hide() {
    this.anchor = null;
    this.selection.hidden = this.line.hidden = this.tooltip.hidden = true;
  }

  /** Shows the selected days: every figure of the page follows its address. */
  go() {
    const { selected } = this;
    if (!selected) return;
    const [start, end] = [selected.start, selected.end].map((index) => this.points[index]?.instant ?? 0);
    // A range is measured from the close before its first day: from the point where the selection begins.
    const isFirstDay = selected.start === 0 && this.zoom === "day";
    const from = (start ?? 0) + (isFirstDay ? 0 : dayLength);
    const address = new URL(location.href);
    address.searchParams.delete("range");
    address.searchParams.set("from", new Date(from).toISOString().slice(0, 10));
    address.searchParams.set("to", new Date(end ?? 0).toISOString().slice(0, 10));
    location.assign(address);
  }
}

/** @type {Chart[]} */
let charts = [];

/**
 * Reads a chart at a point, and the others of the page at the same day as far as they reach: only the first speaks.
 * @param {Chart} chart
 * @param {number} index
 */
function read(chart, index) {
  chart.tooltip.removeAttribute("aria-hidden");
  chart.show(index);
  const { instant } = chart.points[chart.current] ?? { instant: 0 };
  for (const other of charts) {
    if (other === chart) continue;
    other.tooltip.setAttribute("aria-hidden", "true");
    other.hide();
    if (other.first <= instant && instant <= other.last) other.show(other.nearest(instant));
  }
}

function hideAll() {
  for (const chart of charts) chart.hide();
}

/** @param {Chart} chart */
function listenToPointer(chart) {
  const { plot } = chart;
  let began = 0;
  plot.addEventListener("pointerdown", (event) => {
    // A finger reads, and scrolls the page up and down: it has the picker to choose days with.
    const isSelecting = chart.zoom && event.pointerType !== "touch" && event.button === 0;
    read(chart, chart.under(event));
    if (!isSelecting) return;
    began = event.clientX;
    chart.anchor = chart.current;
    plot.setPointerCapture(event.pointerId);
  });
  plot.addEventListener("pointermove", (event) => {
    // A selection made with the keys is not moved by a pointer that happens to be there.
    if (chart.anchor !== null && event.buttons === 0) return;
    read(chart, chart.under(event));
  });
  plot.addEventListener("pointerup", (event) => {
    if (!plot.hasPointerCapture(event.pointerId)) return;
    if (Math.abs(event.clientX - began) > slip) chart.go();
    chart.anchor = null;
    read(chart, chart.current);
  });
  plot.addEventListener("pointercancel", hideAll);
  plot.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch" && chart.anchor === null) hideAll();
  });
}

/** @param {Chart} chart */
function listenToKeys(chart) {
  const { plot } = chart;
  plot.addEventListener("blur", hideAll);
  plot.addEventListener("keydown", (event) => {
    if (event.key === "Enter") chart.go();
    if (event.key === "Escape") {
      const wasSelecting = chart.anchor !== null;
      hideAll();
      if (wasSelecting) read(chart, chart.current);
    }
    const isSelecting = event.shiftKey && chart.zoom !== undefined;
    const last = chart.points.length - 1;
    // The first key shows where reading begins, at the last day.
    const at = chart.isHidden ? last : chart.current;
    const step = chart.isHidden && !isSelecting ? 0 : 1;
    const targets = /** @type {Record<string, number>} */ ({
      ArrowLeft: at - step,
      ArrowRight: at + step,
      Home: 0,
      End: last,
    });
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    chart.anchor = isSelecting ? (chart.anchor ?? at) : null;
    read(chart, target);
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

/** @param {ParentNode} root */
function addCharts(root) {
  charts = charts.filter(({ plot }) => plot.isConnected);
  for (const figure of root.querySelectorAll("[data-chart]")) {
    const plot = /** @type {HTMLElement | null} */ (figure.querySelector(".plot"));
    const height = figure.querySelector(".paths")?.getAttribute("height");
    if (!plot || !height) continue;
    const chart = new Chart(/** @type {HTMLElement} */ (figure), plot, height);
    listenToPointer(chart);
    listenToKeys(chart);
    charts.push(chart);
  }
}

addCharts(document);
document.addEventListener("swapped", (event) => addCharts(/** @type {HTMLElement} */ (event.target)));
document.addEventListener("pointerdown", (event) => {
  if (!(event.target instanceof Element && event.target.closest(".plot"))) hideAll();
});
