/** What is not there: at an address, or of an id. */
import { plain, SpokenError } from "../plain.ts";

const missing = {
  link: (name: string) => plain("There is no link {name}.", { name }),
  offer: (name: string) => plain("There is no offer {name} to accept.", { name }),
  reader: (name: string) => plain("There is no reader {name}.", { name }),
  transaction: (name: string) => plain("There is no transaction {name}.", { name }),
  priceSource: (name: string) =>
    plain("There is no ticker {name} whose prices come from elsewhere.", { name }),
  priceFile: (name: string) => plain("There is no price file {name}.", { name }),
  session: (name: string) => plain("There is no session {name}.", { name }),
  token: (name: string) => plain("There is no API token {name}.", { name }),
  ownAccount: (name: string) => plain("There is no account {name} of yours.", { name }),
  account: (name: string) => plain("There is no account {name}.", { name }),
  run: (name: string) => plain("There is no run {name}.", { name }),
  corporateAction: (name: string) => plain("There is no corporate action {name}.", { name }),
  import: (name: string) => plain("There is no import {name}.", { name }),
  invitation: (name: string) => plain("There is no invitation {name}.", { name }),
  priceAddress: (name: string) => plain("There is no address of {name}.", { name }),
  position: (name: string) => plain("There is no position of yours in {name}.", { name }),
  heldPosition: (name: string) =>
    plain("There is no position of yours in {name}; the portfolio lists what you hold or ever held.", {
      name,
    }),
  regimeDay: (name: string) => plain("There is no day of yours in the regime {name}.", { name }),
  action: (name: string) => plain("There is no action {name}.", { name }),
  page: (name: string) => plain("There is no page {name}.", { name }),
  figure: (name: string) => plain("There is no figure {name}.", { name }),
  table: (name: string) => plain("There is no table {name} in an export.", { name }),
  reading: () => plain("There is no portfolio that you may read at this address; it may be ended."),
  provider: () => plain("There is no sign-in by way of a provider here."),
  split: () => plain("There is no such split."),
  endpoint: (name: string) => plain("There is no {name}.", { name }),
  /** `name`: a message. */
  tickerFigure: (name: string) =>
    plain("“{name}” is a figure of the whole portfolio: there is none of a ticker.", {
      name: { text: name, values: {} },
    }),
} as const;

export class NotFoundError extends SpokenError {
  readonly code = "not_found";

  constructor(kind: keyof typeof missing, name: unknown = "") {
    super(missing[kind](String(name)));
  }
}
