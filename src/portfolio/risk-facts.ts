/** A person's own numbers, as far as the formulas of figures of risk ask for them. */
import type { PoolClient } from "pg";
import { gold_benchmark_performance, int_benchmark_figures } from "../../assets/benchmark.ts";
import {
  gold_concentration,
  gold_contributions,
  gold_return_distribution,
  int_return_distribution,
} from "../../assets/risk.ts";
import type { AnyAsset, RowOf } from "../engine/index.ts";
import type { PublishedModels } from "./published-models.ts";
import type { Span, Whose } from "./range.ts";
import { overRange } from "./range-models.ts";
import { riskSlices, whatIfSlices } from "./risk-slices.ts";

export interface RiskFacts {
  /** null: no benchmark was asked about. */
  readonly benchmark: RowOf<typeof gold_benchmark_performance> | null;
  /** null: there is no return of which both are known. */
  readonly beside: RowOf<typeof int_benchmark_figures> | null;
  readonly distribution: RowOf<typeof gold_return_distribution> | null;
  readonly tails: RowOf<typeof int_return_distribution> | null;
  /** null: nothing was held, or not as much as was asked about. */
  readonly concentration: RowOf<typeof gold_concentration> | null;
  /** Of the ticker that was asked about; null: of none, or it was not held, or as much of it as was asked about was not. */
  readonly contribution: RowOf<typeof gold_contributions> | null;
}

interface AskedRisk {
  /** null: none. */
  readonly benchmark: string | null;
  /** null: none. */
  readonly ticker: string | null;
  /** Given: as if so many times as much of the ticker had been held all the while. */
  readonly multiple?: string;
}

export async function readRiskFacts(
  client: PoolClient,
  published: PublishedModels,
  { userId, account }: Whose,
  { start, end }: Span,
  { benchmark, ticker, multiple }: AskedRisk,
): Promise<RiskFacts> {
  const { whole, account: ofAccount } = multiple === undefined ? riskSlices : whatIfSlices;
  const slices = account === null ? whole : ofAccount;
  const firstRow = async <R>(model: AnyAsset, condition = "true"): Promise<R | null> => {
    const select = `select r.*
      from ${model.name} as r, (select $4::bigint, $5::text, $6::text, $7::numeric) as asked
      where ${condition}`;
    const values = [userId, start, end, account, benchmark, ticker, multiple ?? null];
    const { rows } = await client.query({ ...overRange(published, [model], select, slices), values });
    return (rows[0] as R | undefined) ?? null;
  };
  const ofBenchmark = async <R>(model: AnyAsset) => (benchmark === null ? null : firstRow<R>(model));
  return {
    benchmark: await ofBenchmark(gold_benchmark_performance),
    beside: await ofBenchmark(int_benchmark_figures),
    distribution: await firstRow(gold_return_distribution),
    tails: await firstRow(int_return_distribution),
    concentration: multiple === undefined ? await firstRow(gold_concentration) : null,
    contribution:
      ticker === null || multiple !== undefined
        ? null
        : await firstRow(gold_contributions, "r.ticker = $6::text"),
  };
}
