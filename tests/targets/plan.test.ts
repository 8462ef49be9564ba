import Big from "big.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Holdings, type Part, type Plan, plan } from "../../src/targets/plan.ts";

const part = (
  ticker: string,
  quantity: string,
  price: string | null,
  target: string | null,
  isWhole = true,
): Part => ({
  ticker,
  quantity,
  price,
  value: new Big(quantity).times(price ?? 7).toFixed(),
  reason: price === null ? "no price of it is known yet" : null,
  target,
  isWhole,
});

const noCash = { cash: null, added: "0" } as const;
const shares = ({ parts }: Plan) =>
  Object.fromEntries(parts.map(({ ticker, trade }) => [ticker, trade?.shares]));
const exactShares = ({ parts }: Plan) =>
  Object.fromEntries(parts.map(({ ticker, trade }) => [ticker, trade?.exactShares]));

describe("by hand", () => {
  test("ten shares each way", () => {
    const made = plan({ parts: [part("A", "60", "10", "0.5"), part("B", "40", "10", "0.5")], ...noCash });
    expect(made).toMatchObject({
      whole: "1000",
      sales: "100",
      purchases: "100",
      left: "0",
      unassigned: "0",
      missing: "0",
    });
    expect(made.parts).toMatchObject([
      { weight: 0.6, points: -0.1, money: "-100", trade: { shares: "-10", money: "-100" } },
      { weight: 0.4, points: 0.1, money: "100", trade: { shares: "10", money: "100" } },
    ]);
  });

  test("shares that are not sold for one of a thousand pay for nothing", () => {
    // Sell 0.4 of a share of 1,000: none. So there is no money for the 40 of 10.
    const made = plan({ parts: [part("A", "1", "1000", "0.6"), part("B", "0", "10", "0.4")], ...noCash });
    expect(shares(made)).toEqual({ A: "0", B: "0" });
    expect(exactShares(made)).toEqual({ A: "-0.4", B: "40" });
    expect(made).toMatchObject({ sales: "0", purchases: "0", left: "0" });
  });

  test("money to add buys what lacks most, and sells nothing", () => {
    const made = plan({
      parts: [part("A", "60", "10", "0.5"), part("B", "40", "10", "0.5")],
      cash: null,
      added: "105",
    });
    expect(shares(made)).toEqual({ A: "0", B: "10" });
    expect(exactShares(made)).toEqual({ A: "0", B: "10.5" });
    expect(made).toMatchObject({ wholeThen: "1105", purchases: "100", left: "5" });
  });

  test("the largest part of a share is bought first, while the money lasts", () => {
    const made = plan({
      parts: [part("A", "0", "100", "0.5"), part("B", "0", "30", "0.3"), part("C", "0", "30", "0.2")],
      cash: null,
      added: "130",
    });
    // 0.65 of A, 1.3 of B, 0.87 of C: C first, then there is not enough for A.
    expect(shares(made)).toEqual({ A: "0", B: "1", C: "1" });
    expect(made.left).toBe("70");
  });

  test("cash above its target is spent, and below it is filled from sales", () => {
    const parts = [part("A", "50", "10", "0.9")];
    expect(shares(plan({ parts, cash: { value: "500", target: "0.1" }, added: "0" }))).toEqual({ A: "40" });
    expect(
      shares(
        plan({ parts: [part("A", "100", "10", "0.9")], cash: { value: "0", target: "0.1" }, added: "0" }),
      ),
    ).toEqual({
      A: "-10",
    });
    expect(plan({ parts, cash: { value: "0", target: "0.1" }, added: "100" })).toMatchObject({
      cash: { kept: "60", money: "60" },
      purchases: "40",
    });
  });

  test("what has no target is left alone, and what it takes up is missing", () => {
    const made = plan({ parts: [part("A", "70", "1", null), part("B", "30", "1", "1")], ...noCash });
    expect(shares(made)).toEqual({ A: undefined, B: "0" });
    expect(made).toMatchObject({ untouched: "70", unassigned: "0", missing: "70" });
  });

  test("of what has no price nothing is suggested", () => {
    const made = plan({ parts: [part("A", "10", null, "0.5"), part("B", "3", "10", "0.5")], ...noCash });
    expect(made.parts[0]).toMatchObject({ trade: null, reason: "no price of it is known yet", weight: 0.7 });
    expect(made.parts[1]?.trade?.shares).toBe("0");
  });

  test("to 0 all of it is sold, a fraction too, but of what comes in whole shares", () => {
    expect(shares(plan({ parts: [part("A", "0.123456789", "3", "0", false)], ...noCash }))).toEqual({
      A: "-0.123456789",
    });
    expect(shares(plan({ parts: [part("A", "2.7", "3", "0")], ...noCash }))).toEqual({ A: "-2" });
  });

  test("points are of the whole with what is added, as the money is: also before anything is held", () => {
    const first = plan({ parts: [part("A", "0", "10", "0.6")], cash: null, added: "1000" });
    expect(first.parts[0]).toMatchObject({ weight: null, points: 0.6, money: "600" });
    const more = plan({ parts: [part("A", "50", "10", "0.6")], cash: null, added: "500" });
    expect(more.parts[0]).toMatchObject({ weight: 1, points: 0.1, money: "100" });
  });

  test("of nothing there is no share, and debts as large as what is held leave nothing to aim at", () => {
    expect(plan({ parts: [part("A", "0", "3", "1")], ...noCash }).parts[0]).toMatchObject({
      weight: null,
      trade: null,
    });
    const indebted = plan({
      parts: [part("A", "1", "3", "1")],
      cash: { value: "-3", target: null },
      added: "0",
    });
    expect(indebted.parts[0]).toMatchObject({ weight: null, money: null, trade: null });
  });
});

const cents = (most: number) =>
  fc.integer({ min: 1, max: most }).map((value) => new Big(value).div(100).toFixed());
const anyPart = fc.record({
  quantity: fc
    .tuple(fc.integer({ min: 0, max: 5_000_000 }), fc.constantFrom("1e-3", "1e-9", "1e-12"))
    .map(([value, unit]) => new Big(value).times(unit).toFixed()),
  price: fc.option(cents(500_000), { freq: 8 }),
  points: fc.option(fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constantFrom(0, 50)), { freq: 6 }),
  isWhole: fc.boolean(),
});

/** With targets that come to at most one. */
const anyHoldings = fc
  .record({
    parts: fc.array(anyPart, { minLength: 1, maxLength: 8 }),
    cash: fc.option(
      fc.record({
        value: fc.integer({ min: -100_000, max: 1_000_000 }),
        points: fc.option(fc.integer({ min: 0, max: 50 })),
      }),
    ),
    added: fc.constantFrom("0", "0", "100", "1000", "123456.78"),
    isComplete: fc.boolean(),
  })
  .map(({ parts, cash, added, isComplete }): Holdings => {
    const points = [...parts.map(({ points }) => points ?? 0), cash?.points ?? 0];
    const all = points.reduce((sum, value) => sum + value, 0);
    const divisor = isComplete && all > 0 ? all : Math.max(100, all);
    // Rounded down: together they are one whole at most.
    const targetOf = (value: number | null | undefined): string | null =>
      value === null || value === undefined ? null : (Math.floor((value / divisor) * 1e8) / 1e8).toFixed(8);
    return {
      parts: parts.map(({ quantity, price, points, isWhole }, at) =>
        part(`T${at}`, quantity, price, targetOf(points), isWhole),
      ),
      cash: cash && { value: String(cash.value), target: targetOf(cash.points) },
      added,
    };
  });

const law = async (check: (holdings: Holdings, made: Plan) => void): Promise<void> =>
  fc.assert(
    fc.property(anyHoldings, (holdings) => check(holdings, plan(holdings))),
    { numRuns: 600 },
  );

describe("whatever is held", () => {
  test("after the exact trades each weight is its target, where prices are known and the money suffices", async () => {
    let seen = 0;
    await law((holdings, made) => {
      if (holdings.added !== "0" || made.missing !== "0" || Number(made.wholeThen) <= 0) return;
      holdings.parts.forEach(({ quantity, price, target }, at) => {
        if (price === null || target === null) return;
        seen++;
        const then = new Big(quantity).plus(made.parts[at]!.trade!.exactShares).times(price);
        const miss = then.minus(new Big(target).times(made.wholeThen)).abs();
        // A hundred-millionth of a share, or of the money.
        expect(
          miss.lte(
            new Big(price).times(holdings.parts.length).plus(made.wholeThen).times("2e-8").plus("1e-4"),
          ),
        ).toBe(true);
      });
    });
    expect(seen).toBeGreaterThan(150);
  });

  test("what is bought costs no more than the money there is, in whole shares and in fractions", async () => {
    await law((holdings, made) => {
      const money = Big(made.money).gt(0) ? made.money : "0";
      expect(Big(made.purchases).lte(money)).toBe(true);
      const bought = made.parts.flatMap(({ trade }) =>
        trade && Number(trade.exactShares) > 0 ? trade.exactMoney : [],
      );
      if (holdings.added !== "0") {
        expect(Big(made.purchases).lte(holdings.added)).toBe(true);
        const exact = bought.reduce((sum, value) => sum.plus(value), new Big(0));
        expect(exact.lte(holdings.added)).toBe(true);
      }
    });
  });

  test("nothing is negative: not what is held afterwards, nor what is kept as cash; and money to add sells nothing", async () => {
    await law((holdings, made) => {
      made.parts.forEach(({ trade }, at) => {
        const { quantity } = holdings.parts[at]!;
        for (const traded of trade ? [trade.shares, trade.exactShares] : []) {
          expect(Big(quantity).plus(traded).gte(0)).toBe(true);
          if (holdings.added !== "0") expect(Big(traded).gte(0)).toBe(true);
        }
      });
      expect(Big(made.cash?.kept ?? 0).gte(0)).toBe(true);
      expect(Big(made.unassigned).gte(0)).toBe(true);
    });
  });

  test("of what is traded in fractions and has the target 0 nothing is left; and points are the money's part of the whole then", async () => {
    let seen = 0;
    await law((holdings, made) => {
      made.parts.forEach(({ trade, points, money }, at) => {
        const { quantity, target, isWhole } = holdings.parts[at]!;
        expect(points === null).toBe(money === null);
        if (money !== null) expect(points).toBeCloseTo(Number(money) / Number(made.wholeThen), 9);
        if (!trade || Number(target) !== 0 || holdings.added !== "0") return;
        seen++;
        expect(Big(quantity).plus(trade.exactShares).toFixed()).toBe("0");
        if (!isWhole) expect(Big(quantity).plus(trade.shares).toFixed()).toBe("0");
      });
    });
    expect(seen).toBeGreaterThan(20);
  });

  test("whole shares are whole, and within one of the exact ones where nothing limits the money", async () => {
    await law((holdings, made) => {
      made.parts.forEach(({ trade }, at) => {
        if (!trade || !holdings.parts[at]!.isWhole) return;
        expect(Big(trade.shares).mod(1).eq(0)).toBe(true);
        if (Big(trade.exactShares).lt(0))
          expect(Big(trade.shares).minus(trade.exactShares).abs().lt(1)).toBe(true);
      });
    });
  });

  test("all of what is added is used, where the targets are the whole and all of it has a price", async () => {
    let seen = 0;
    await law((holdings, made) => {
      const isAll = holdings.parts.every(
        ({ price, target, isWhole }) => price !== null && target !== null && !isWhole,
      );
      if (holdings.added === "0" || !isAll || (holdings.cash && holdings.cash.target === null)) return;
      if (Big(made.unassigned).gt("1e-6") || Big(made.wholeThen).lte(0)) return;
      seen++;
      const most = Math.max(...holdings.parts.map(({ price }) => Number(price)));
      const spare = new Big(most).times("1e-8").times(8).plus(Big(made.wholeThen).times("1e-6"));
      expect(Big(made.left).lte(spare)).toBe(true);
    });
    expect(seen).toBeGreaterThan(0);
  });
});
