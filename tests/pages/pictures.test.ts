import { Big } from "big.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bridge } from "../../src/portfolio/index.ts";
import { barRows } from "../../src/web/charts/bar-rows.ts";
import { tones, treemapHeight, treemapTiles } from "../../src/web/charts/treemap.ts";

// The geometry of pictures: areas and lengths are what they stand for.

const percent = (text: string): number => Number.parseFloat(text);

describe("a treemap", () => {
  const parts = fc.array(
    fc.record({
      group: fc.constantFrom("Technology", "Health", "Energy", "Funds", "Cash", "Other", "Rest", "More"),
      label: fc.string({ minLength: 1, maxLength: 12 }),
      value: fc.oneof(fc.double({ min: 0.01, max: 1e12, noNaN: true }), fc.constantFrom(0, -5)),
    }),
    { maxLength: 60 },
  );

  test("gives everything above zero an area in proportion to its value, within the whole and over nothing else", () => {
    fc.assert(
      fc.property(parts, (given) => {
        const tiles = treemapTiles(given);
        const positive = given.filter(({ value }) => value > 0);
        expect(tiles).toHaveLength(positive.length);
        const total = positive.reduce((sum, { value }) => sum + value, 0);
        const boxes = tiles.map((tile) => ({
          ...tile,
          left: percent(tile.x),
          right: percent(tile.x) + percent(tile.width),
          bottom: tile.y + tile.height,
        }));
        for (const { left, right, y, bottom, width, height, value, tone } of boxes) {
          expect(left).toBeGreaterThanOrEqual(0);
          expect(right).toBeLessThanOrEqual(100.01);
          expect(y).toBeGreaterThanOrEqual(0);
          expect(bottom).toBeLessThanOrEqual(treemapHeight + 0.2);
          expect((percent(width) * height) / (100 * treemapHeight)).toBeCloseTo(value / total, 3);
          expect(tone).toBeLessThan(tones);
        }
        for (const [index, one] of boxes.entries())
          for (const other of boxes.slice(index + 1)) {
            const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
            const down = Math.min(one.bottom, other.bottom) - Math.max(one.y, other.y);
            expect(Math.min(across, down)).toBeLessThan(0.2);
          }
      }),
    );
  });

  test("names what has room for its name, and on a phone less of it", () => {
    const tiles = treemapTiles([
      { group: "Funds", label: "WRLD", value: 90 },
      { group: "Funds", label: "NORD", value: 8 },
      { group: "Funds", label: "A very long name of a fund", value: 2 },
    ]);
    expect(tiles.map(({ label, namedAt }) => [label, namedAt])).toEqual([
      ["WRLD", "at-narrow at-medium at-wide"],
      ["NORD", "at-wide"],
      ["A very long name of a fund", ""],
    ]);
  });
});

describe("bars", () => {
  const amounts = fc.array(fc.integer({ min: -1e14, max: 1e14 }), { minLength: 1, maxLength: 14 });

  test("of a waterfall begin where the one before ended, and are as long as what they add", () => {
    fc.assert(
      fc.property(amounts, (cents) => {
        let total = 0;
        const steps = cents.map((amount) => {
          const from = total;
          total += amount;
          return { label: "", text: "", kind: "gain" as const, from, to: total };
        });
        const { rows, zero } = barRows(steps, true);
        const ends = steps.flatMap(({ from, to }) => [from, to]);
        const extent = Math.max(0, ...ends) - Math.min(0, ...ends) || 1;
        expect(percent(zero)).toBeCloseTo(((0 - Math.min(0, ...ends)) / extent) * 100, 2);
        for (const [index, row] of rows.entries()) {
          const length = (Math.abs(steps[index]!.to - steps[index]!.from) / extent) * 100;
          if (length > 0.35) expect(percent(row.width)).toBeCloseTo(length, 2);
          expect(percent(row.x)).toBeGreaterThanOrEqual(0);
          expect(percent(row.x) + percent(row.width)).toBeLessThanOrEqual(100.002);
          const next = rows[index + 1];
          if (!next) continue;
          const start =
            steps[index + 1]!.to >= steps[index + 1]!.from
              ? percent(next.x)
              : percent(next.x) + percent(next.width);
          if (percent(next.width) > 0.351) expect(percent(row.link!.x)).toBeCloseTo(start, 2);
        }
      }),
    );
  });

  test("of what is zero have no length, and of what is no number are refused", () => {
    const row = { label: "", text: "", kind: "share" as const };
    expect(barRows([{ ...row, from: 0, to: 0 }], false).rows[0]!.width).toBe("0.000%");
    expect(() => barRows([{ ...row, from: 0, to: Number.NaN }], false)).toThrow(RangeError);
  });
});

describe("the bridge", () => {
  const money = fc.integer({ min: -1e13, max: 1e13 }).map((tenths) => new Big(tenths).div(1000).toFixed());

  test("adds up to the last digit: each step begins where the one before ended, and the last total is the value", () => {
    fc.assert(
      fc.property(
        fc.record({
          opening_value: money,
          opening_cost: money,
          net_contributions: money,
          unrealized_pnl: money,
          realized_pnl: money,
          income: money,
          income_paid_out: money,
          taxes: money,
          fees: money,
          market_value: money,
        }),
        money,
        money.map((amount) => new Big(amount).abs().toFixed()),
        (of, transferredGain, withdrawals) => {
          const span = {
            is_whole: false,
            start: "2024-01-01",
            end: "2024-12-31",
            currency: "USD",
            currencies: [],
            ...of,
          };
          const performance = { price_effect: "0", currency_effect: "0", ...of };
          const { steps } = bridge({
            span,
            performance,
            transferredGain,
            withdrawals,
          } as unknown as Parameters<typeof bridge>[0]);
          for (const [index, { from, to, amount, isSum }] of steps.entries()) {
            expect(new Big(to).minus(from).toFixed(2)).toBe(amount);
            if (index > 0 && !isSum) expect(from).toBe(steps[index - 1]!.to);
          }
          const flows = steps.filter(({ label }) => /^(Net d|D)eposits$|^Withdrawals$/.test(label));
          expect(flows.at(-1)!.to).toBe(
            new Big(of.opening_value).plus(of.net_contributions).round(2).toFixed(2),
          );
          if (flows.length > 1)
            expect(flows.map(({ amount }, index) => Number(amount) * (index ? -1 : 1) >= 0)).toEqual([
              true,
              true,
            ]);
          const last = steps.at(-1)!;
          expect(new Big(last.to).eq(new Big(of.market_value).round(2))).toBe(true);
          // Steps that are nothing are left out, and are then within a cent.
          expect(Math.abs(Number(new Big(last.to).minus(steps.at(-2)!.to)))).toBeLessThanOrEqual(0.011);
        },
      ),
    );
  });
});
