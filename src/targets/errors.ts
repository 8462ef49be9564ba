/** How target weights are refused. */
import { type Plain, plain } from "../plain.ts";

const points = new Intl.NumberFormat("en-US", { maximumFractionDigits: 4 });

export class TargetsAboveWholeError extends Error {
  readonly code = "invalid_targets";
  readonly field = "targets";
  readonly plain: Plain;

  /** `percent`: of all targets together. */
  constructor(percent: number) {
    super(
      `the targets come to ${points.format(percent)} %, and there is only 100 % to give; ` +
        `take ${points.format(percent - 100)} points off some of them`,
    );
    this.plain = plain(
      "The targets come to {percent:number} %, and there is only 100 % to give; take {over:number} points off some of them.",
      { percent: percent.toFixed(4), over: (percent - 100).toFixed(4) },
    );
  }
}

export class TargetSaidTwiceError extends Error {
  readonly code = "invalid_targets";
  readonly field = "targets";
  readonly plain: Plain;

  constructor(ticker: string) {
    super(`expected one target for each ticker, got two for ${ticker}`);
    this.plain = plain("There are two targets for {ticker}: keep one of them.", { ticker });
  }
}

/** There would be no price of it, or nothing that it could be. */
export class UntargetableError extends Error {
  readonly code = "invalid_targets";
  readonly field = "targets";
  readonly plain: Plain;

  constructor(ticker: string) {
    super(`you neither hold nor watch ${ticker}; add it to your watchlist first`);
    this.plain = plain("You neither hold nor watch {ticker}; add it to your watchlist first.", { ticker });
  }
}

export class NoCashKeptError extends Error {
  readonly code = "invalid_cash";
  readonly field = "cash";
  readonly plain = plain(
    "None of your accounts keeps cash, so cash can have no target; let one keep it under Accounts first.",
  );

  constructor() {
    super(
      "none of your accounts keeps cash, so cash can have no target; let one keep it under Accounts first",
    );
  }
}
