/** What has no explanation, as programs read it and as people do. */
import { type Plain, plain } from "../../plain.ts";
import { NotFoundError } from "../errors.ts";
import { currentLanguage, t } from "../messages/index.ts";
import { type FigureName, figures } from "./figures.ts";

class NotExplainedError extends NotFoundError {
  readonly plain: Plain;

  constructor(what: string, words: Plain) {
    super(what);
    this.plain = words;
  }
}

export const noAccount = (account: number | null): NotFoundError =>
  new NotExplainedError(
    `account ${account} of yours`,
    plain("There is no account {account} of yours.", { account: String(account) }),
  );

export const noPosition = (ticker: string | null): NotFoundError =>
  new NotExplainedError(
    `position of yours in ${ticker}`,
    plain("There is no position of yours in {ticker}.", { ticker: String(ticker) }),
  );

export const noRegimeDay = (regime: string): NotFoundError =>
  new NotExplainedError(
    `day of yours in the regime ${regime}`,
    plain("There is no day of yours in the regime {regime}.", { regime }),
  );

export const noFigure = (name: string): NotFoundError =>
  new NotExplainedError(`figure ${name}`, plain("There is no figure {name}.", { name }));

export function noFigureOfTicker(figure: FigureName): NotFoundError {
  const { title } = figures[figure];
  // Other languages may have capitals within a sentence.
  const name = currentLanguage() === "en" ? title.toLowerCase() : t(title);
  return new NotExplainedError(
    `${title.toLowerCase()} of a ticker: it is of the whole portfolio`,
    plain("There is no {name} of a ticker: it is of the whole portfolio.", { name }),
  );
}
