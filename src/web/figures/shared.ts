/**
 * What the page of a link is given. It goes through two gates: `ratiosOf` takes from the figures what is the same whatever was paid and
 * however much there is, and rounds it; `amountsOf` takes the amounts, with what would tell a cost, and is not called for a link of
 * percentages only. Of such a link the figures are an estimate from closes (src/portfolio/close-estimate.ts), and have nothing else.
 */
import Big from "big.js";
import type { SharedPart } from "../../accounts/index.ts";
import { isOwnAsset } from "../../market/ticker.ts";
import type { IncomeRow, RangeFigures, RiskFigures } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import { periodOf } from "./days.ts";
import { heatmap } from "./heatmap.ts";
import { classLabel } from "./labels.ts";
import { type Charted, drawdownChart, returnsChart } from "./performance.ts";
import { lossTiles, riskTiles, rollingView } from "./risk.ts";
import { gainOf } from "./ticker-table.ts";
import { dated, type Tile } from "./tiles.ts";

/** Of the twelve months up to the end of the range; in the base currency. */
export interface SharedIncome {
  readonly months: readonly IncomeRow[];
  readonly tickers: readonly IncomeRow[];
}

/** What was read for the page: of risk and income only where it shows them. */
export interface SharedSource {
  readonly figures: RangeFigures;
  readonly risk: RiskFigures | null;
  readonly income: SharedIncome | null;
}

/** What a link lets through. */
export interface Shown {
  readonly parts: readonly SharedPart[];
  readonly shows_amounts: boolean;
}

/** To a hundredth of a percent. Doubles of one ratio that was computed from other amounts differ in their last digits. */
const rounded = (value: number): number => Number(value.toFixed(4));
const roundedOrNull = (value: number | null): number | null => (value === null ? null : rounded(value));
const roundedAll = (values: readonly number[]): readonly number[] => values.map(rounded);

/** To a tenth of a percent: with more, the weights of a few whole shares would tell how many there are. */
const weightDigits = 3;
const toTenths = (value: number): number => Number(value.toFixed(weightDigits));

/** A part of a whole; null: there is none of the one or the other. */
function share(part: string | null, whole: string | Big): number | null {
  return part === null || new Big(whole).eq(0)
    ? null
    : Number(new Big(part).div(whole).toFixed(weightDigits));
}

const sum = (rows: readonly IncomeRow[]): Big => rows.reduce((total, { net }) => total.plus(net), new Big(0));

/** What is no longer held is not named: somebody is shown what is, not what was traded. */
const soldLabel = (): string => t("Sold since");

interface Labelled {
  readonly label: string;
  readonly net: string;
}

/** Income by what it is from, the largest first. */
function incomeBySource(rows: readonly IncomeRow[], figures: RangeFigures, label: Labeller): Labelled[] {
  const held = new Set(figures.tickers.filter(isHeld).map(({ ticker }) => ticker));
  const named = Map.groupBy(rows, ({ ticker }) =>
    ticker === null || held.has(ticker) ? label(ticker) : soldLabel(),
  );
  return [...named].map(([name, from]) => ({ label: name, net: sum(from).toFixed() }));
}

/** Assets of somebody's own go by a number: their names, and their tickers, say whose they are. */
function labeller(tickers: readonly string[]): (ticker: string | null) => string {
  const own = tickers.filter(isOwnAsset).toSorted();
  return (ticker) => {
    if (ticker === null) return t("Cash and the rest");
    if (!isOwnAsset(ticker)) return ticker;
    const number = own.indexOf(ticker) + 1;
    return number === 0 ? t("Own asset") : t("Own asset {number}", { number: String(number) });
  };
}

/** Everything the page says that is no amount. */
export function ratiosOf(source: SharedSource, { parts, shows_amounts }: Shown, format: Format) {
  const { figures } = source;
  const weights = shows_amounts ? null : weightsFromCloses(figures);
  const shows = (part: SharedPart): boolean => parts.includes(part);
  const label = labeller([
    ...figures.tickers.map(({ ticker }) => ticker),
    ...(source.income?.tickers ?? []).flatMap(({ ticker }) => ticker ?? []),
  ]);
  return {
    period: periodOf(figures, format),
    asOf: figures.span.prices_as_of,
    currency: figures.span.currency,
    holdings: shows("holdings") ? holdings(figures, weights, label) : null,
    performance: shows("performance") ? performance(figures, format) : null,
    risk:
      shows("risk") && source.risk
        ? risk(source.risk, figures, shows("holdings") ? label : null, format)
        : null,
    income:
      shows("income") && source.income
        ? income(
            source.income,
            figures,
            weights ? weights.total : figures.performance.market_value,
            shows("holdings") ? label : null,
            format,
          )
        : null,
  };
}

type Labeller = ReturnType<typeof labeller>;

const isHeld = ({ quantity }: { readonly quantity: string }): boolean => Number(quantity) !== 0;

/** Of the price alone, which is the same for everybody: the return of a holding that was bought in the range tells what it cost. */
function priceChange(closes: RangeFigures["tickers"][number]["closes"]): number | null {
  const [first, last] = [closes[0] ?? null, closes.at(-1) ?? null];
  return first === null || last === null || first === 0 ? null : rounded(last / first - 1);
}

/** What is held, of whose value the price that was paid is no part: that stands in where there is no close yet. */
interface ClosesWeights {
  readonly total: string;
  /** null: it has no close. */
  of(ticker: string): number | null;
}

function weightsFromCloses({ tickers }: RangeFigures): ClosesWeights {
  const priced = new Map(
    tickers
      .filter((ticker) => isHeld(ticker) && typeof ticker.closes.at(-1) === "number")
      .map(({ ticker, current_value }) => [ticker, current_value]),
  );
  const total = [...priced.values()].reduce((sum, value) => sum.plus(value), new Big(0)).toFixed();
  return { total, of: (ticker) => share(priced.get(ticker) ?? null, total) };
}

/** `weights` null: as the portfolio's own pages have them. */
function holdings(
  { tickers, performance: { cash } }: RangeFigures,
  weights: ClosesWeights | null,
  label: Labeller,
) {
  return {
    isWithoutCash: weights !== null || Number(cash) !== 0,
    rows: tickers
      .filter(isHeld)
      .map(({ ticker, name, asset_class, weight, weight_reason, closes }) => ({
        label: label(ticker),
        name: isOwnAsset(ticker) ? null : name,
        kind: classLabel(asset_class),
        weight: weights ? weights.of(ticker) : weight === null ? null : toTenths(weight),
        weight_reason: weights ? "no price yet" : weight_reason,
        price_change: priceChange(closes),
      }))
      // Not by exact value, which would order what is rounded alike.
      .sort((a, b) => (b.weight ?? 0) - (a.weight ?? 0) || a.label.localeCompare(b.label, "en")),
  };
}

function performance(figures: RangeFigures, format: Format) {
  const { span, performance: whole, days } = figures;
  const charted: Charted = {
    span: { is_whole: span.is_whole, end: span.end },
    regimePeriods: figures.regimePeriods,
    benchmark: null,
    days: {
      dates: days.dates,
      cumulativeReturn: roundedAll(days.cumulativeReturn),
      drawdown: roundedAll(days.drawdown),
    },
  };
  const tiles: Tile[] = [
    { figure: "twr", label: t("Time-weighted"), value: rounded(whole.twr), isSigned: true },
    {
      figure: "annualized_return",
      label: t("Time-weighted, per year"),
      value: roundedOrNull(whole.annualized_return),
      reason: whole.annualized_return_reason,
      isSigned: true,
    },
    {
      figure: "best_day",
      label: t("Best day"),
      value: roundedOrNull(whole.best_day),
      reason: whole.best_day_reason,
      note: dated(whole.best_day_date, format),
      isSigned: true,
    },
    {
      figure: "worst_day",
      label: t("Worst day"),
      value: roundedOrNull(whole.worst_day),
      reason: whole.worst_day_reason,
      note: dated(whole.worst_day_date, format),
      isSigned: true,
    },
  ];
  return {
    tiles,
    // No days can be chosen: a stranger is shown what the link says.
    returnsChart: { ...returnsChart(charted, format), zoom: undefined },
    drawdownChart: { ...drawdownChart(charted, format), zoom: undefined },
    heatmap: heatmap(
      figures.months.map((month) => ({ ...month, return: roundedOrNull(month.return) })),
      [],
      format,
    ),
    drawdowns: figures.drawdowns.map(
      ({ depth, peak_date, trough_date, recovery_date, recovery_date_reason, days: length }) => ({
        depth: rounded(depth),
        peak_date,
        trough_date,
        recovery_date,
        recovery_date_reason,
        days: length,
      }),
    ),
  };
}

const roundedTile = <T extends { readonly value?: number | null }>(tile: T) => ({
  ...tile,
  value: roundedOrNull(tile.value ?? null),
});

/** `label` null: holdings are not shown. */
function risk(figures: RiskFigures, range: RangeFigures, label: Labeller | null, format: Format) {
  const rolling = rollingView(
    {
      rolling: figures.rolling.map((row) => ({
        ...row,
        volatility: rounded(row.volatility),
        sharpe: roundedOrNull(row.sharpe),
        drawdown: rounded(row.drawdown),
      })),
    },
    format,
  );
  return {
    tiles: [...riskTiles(figures.performance, format), ...lossTiles(figures.distribution)]
      .filter(({ figure }) => figure !== "omega") // two rows of four
      .map(roundedTile),
    rolling,
    contributions: label && contributions(figures, range, label),
  };
}

/** null: none is known, as of returns from closes. */
function contributions({ contributions: all }: RiskFigures, { tickers }: RangeFigures, label: Labeller) {
  const held = new Set(tickers.filter(isHeld).map(({ ticker }) => ticker));
  const ofTickers = all.filter(({ ticker }) => ticker !== "");
  if (ofTickers.length === 0) return null;
  const [kept, sold] = [true, false].map((isKept) =>
    ofTickers.filter(({ ticker }) => held.has(ticker) === isKept),
  );
  const rows = kept!
    .map((part) => ({
      label: label(part.ticker),
      share: part.volatility_contribution === null ? null : toTenths(part.volatility_contribution),
      reason: part.volatility_contribution_reason,
    }))
    .sort((a, b) => a.label.localeCompare(b.label, "en"));
  if (sold!.length === 0) return rows;
  const parts = sold!.map(({ volatility_contribution }) => volatility_contribution);
  const whole = parts.includes(null) ? null : toTenths(parts.reduce<number>((left, part) => left + part!, 0));
  return [...rows, { label: soldLabel(), share: whole, reason: sold![0]!.volatility_contribution_reason }];
}

/** `value`: what the yield is of. */
function income(
  { months, tickers }: SharedIncome,
  figures: RangeFigures,
  value: string,
  label: Labeller | null,
  format: Format,
) {
  const total = sum(months);
  const unknown = months.filter(({ market_gross }) => Number(market_gross) !== 0);
  return {
    /** Of what the market tells of nobody knows what was withheld: it is before tax. */
    isBeforeTax: months.every(({ gross, market_gross }) => gross === market_gross),
    isInPartBeforeTax: unknown.length > 0,
    yield: share(total.toFixed(), value),
    months: months.map((row) => ({ label: format.month(row.month!), share: share(row.net, total) })),
    tickers:
      label &&
      incomeBySource(tickers, figures, label)
        .map((row) => ({ label: row.label, share: share(row.net, total) }))
        .sort((a, b) => (b.share ?? 0) - (a.share ?? 0) || a.label.localeCompare(b.label, "en")),
  };
}

/** The amounts beside the ratios, of a link that shows them; in the base currency, by the ratios' labels. */
export function amountsOf({ figures, income: received }: SharedSource, { parts }: Shown, format: Format) {
  const { span, performance: whole } = figures;
  const label = labeller([
    ...figures.tickers.map(({ ticker }) => ticker),
    ...(received?.tickers ?? []).flatMap(({ ticker }) => ticker ?? []),
  ]);
  const showsHoldings = parts.includes("holdings");
  return {
    marketValue: whole.market_value,
    gain: new Big(whole.market_value)
      .minus(span.opening_value)
      .minus(whole.net_contributions)
      .plus(whole.income_paid_out)
      .toFixed(),
    holdings: showsHoldings
      ? Object.fromEntries(
          figures.tickers
            .filter(isHeld)
            .map((ticker) => [
              label(ticker.ticker),
              { value: ticker.current_value, gain: gainOf(ticker), return: ticker.total_return },
            ]),
        )
      : {},
    income: received && {
      total: sum(received.months).toFixed(),
      months: Object.fromEntries(received.months.map((row) => [format.month(row.month!), row.net])),
      tickers: showsHoldings
        ? Object.fromEntries(
            incomeBySource(received.tickers, figures, label).map((row) => [row.label, row.net]),
          )
        : {},
    },
  };
}
