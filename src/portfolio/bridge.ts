/** From what there was at the start to what there is at the end, step by step, so that it closes to the cent. */
import Big from "big.js";
import type { RangeFigures } from "./figures.ts";
import { isConverted } from "./range.ts";

interface Step {
  readonly label: string;
  /** Of docs/metrics.md, where one step is one figure. */
  readonly figure: string | null;
  readonly amount: string;
  readonly isSum: boolean;
  /** Money that came or went: nothing that was earned. */
  readonly isFlow: boolean;
  /** Of a sum: the day whose value it is. null: before the first trade there is none. */
  readonly day: string | null;
  /** The running totals that it leads from and to; a sum begins at 0. */
  readonly from: string;
  readonly to: string;
}

type Ranged = Pick<RangeFigures, "span" | "performance" | "transferredGain">;

/** Where money came on some days and went on others, each by itself: one sum would hide both. */
function flows(
  { performance, withdrawals }: Pick<RangeFigures, "performance" | "withdrawals">,
  digits: number,
): Part[] {
  const deposits = new Big(performance.net_contributions).plus(withdrawals);
  if ([deposits, new Big(withdrawals)].some((amount) => amount.round(digits).lte(0)))
    return [
      {
        label: "Net deposits",
        isFlow: true,
        figure: "net_contributions",
        amount: performance.net_contributions,
      },
    ];
  return [
    { label: "Deposits", isFlow: true, figure: null, amount: deposits },
    { label: "Withdrawals", isFlow: true, figure: null, amount: new Big(withdrawals).times(-1) },
  ];
}

interface Part {
  readonly label: string;
  readonly figure: string | null;
  readonly amount: Big | string;
  readonly isFlow?: true;
}

/** What the holdings earned: by what was sold, or, where exchange rates have a part in it, by what moved. */
function gains({ span, performance }: Omit<Ranged, "transferredGain">, unrealized: Big): Part[] {
  if (!isConverted(span))
    return [
      { label: "Unrealised gain", figure: "unrealized_pnl", amount: unrealized },
      { label: "Realised gain", figure: "realized_pnl", amount: performance.realized_pnl },
    ];
  return [
    { label: "Prices", figure: "price_effect", amount: performance.price_effect },
    { label: "Exchange rates", figure: "currency_effect", amount: performance.currency_effect },
    { label: "Fees", figure: "fees", amount: new Big(performance.fees).times(-1) },
    ...(new Big(performance.taxes).eq(0)
      ? []
      : [{ label: "Taxes", figure: "taxes", amount: new Big(performance.taxes).times(-1) }]),
  ];
}

/**
 * Fees and taxes that are of no holding: those of trades are taken off the gains. What transferred shares had gained before. Where exchange
 * rates have a part in it, both are in what moved.
 */
function costsOfNoTrade({ span, performance, transferredGain }: Ranged, unrealized: Big): Part[] {
  const { market_value, net_contributions, realized_pnl, income, income_paid_out } = performance;
  const earned = [net_contributions, unrealized, realized_pnl, income].reduce<Big>(
    (sum, part) => sum.plus(part),
    new Big(span.opening_value),
  );
  if (isConverted(span)) return [];
  const amount = new Big(market_value).minus(earned).plus(income_paid_out).plus(transferredGain);
  const taxes = new Big(performance.taxes).times(-1);
  const parts: Part[] = [
    { label: "Other fees", figure: "other_fees", amount: amount.minus(taxes) },
    { label: "Taxes", figure: "taxes", amount: taxes },
    // The unrealised gain has it in it, and it is nothing that the days of the range did.
    {
      label: "Gains transferred with shares",
      figure: null,
      isFlow: true,
      amount: new Big(transferredGain).times(-1),
    },
  ];
  return parts.filter((part) => !new Big(part.amount).round(4).eq(0));
}

/**
 * Every running total is rounded to the last digit of the currency and a step is the difference of two of them: no step is
 * off by a cent or more, and what is shown adds up. `digits`: decimals of an amount in the currency.
 */
export function bridge(
  { span, performance, transferredGain, withdrawals }: Ranged & Pick<RangeFigures, "withdrawals">,
  digits = 2,
) {
  const unrealized = new Big(performance.unrealized_pnl).minus(span.opening_value).plus(span.opening_cost);
  const moved = flows({ performance, withdrawals }, digits);
  const parts: Part[] = [
    ...moved,
    ...gains({ span, performance }, unrealized),
    { label: "Dividends and interest", figure: "income", amount: performance.income },
    {
      label: "Paid out to you",
      isFlow: true,
      figure: "income_paid_out",
      amount: new Big(performance.income_paid_out).times(-1),
    },
    ...costsOfNoTrade({ span, performance, transferredGain }, unrealized),
  ];
  const cents = (amount: Big | string): Big => new Big(amount).round(digits);
  const bars: Bar[] = [
    {
      label: "Value at the start",
      figure: null,
      day: span.is_whole ? null : span.start,
      from: new Big(0),
      to: cents(span.opening_value),
    },
  ];
  let total = new Big(span.opening_value);
  for (const { label, figure, amount, isFlow } of parts) {
    const from = cents(total);
    total = total.plus(amount);
    bars.push({ label, figure, from, to: cents(total), ...(isFlow && { isFlow }) });
  }
  bars.push({
    label: "Value at the end",
    figure: null,
    day: span.end,
    from: new Big(0),
    to: cents(performance.market_value),
  });
  return {
    steps: place(bars, digits),
    fees: performance.fees,
    /** Set: the steps say what came and what went, not what both come to. */
    netDeposits: moved.length > 1 ? performance.net_contributions : null,
    /** Set: the steps do not say what of the gain was sold. */
    byWhatMoved: isConverted(span)
      ? { unrealized: unrealized.toFixed(), realized: performance.realized_pnl }
      : null,
  };
}

interface Bar {
  readonly label: string;
  readonly figure: string | null;
  readonly day?: string | null;
  readonly from: Big;
  readonly to: Big;
  readonly isFlow?: true;
}

const place = (bars: readonly Bar[], digits: number): Step[] =>
  bars.map(({ label, figure, day = null, from, to, isFlow = false }, index) => ({
    label,
    figure,
    day,
    isFlow,
    amount: to.minus(from).toFixed(digits),
    isSum: index === 0 || index === bars.length - 1,
    from: from.toFixed(digits),
    to: to.toFixed(digits),
  }));
