/** What accounts are spoken of with: roles, devices, what an event of the security log is about. */
import { newDevice, type Role, type Scope } from "../../accounts/index.ts";
import { currentLanguage, defineMessage, type Message, t } from "../messages/index.ts";
import type { PersonalTableName } from "../personal-data.ts";

const roles: Readonly<Record<Role, Message>> = {
  operator: defineMessage("operator"),
  investor: defineMessage("investor"),
};

export const roleName = (role: Role): string => t(roles[role]);

const scopes: Readonly<Record<Scope, Message>> = {
  read: defineMessage("read"),
  write: defineMessage("write"),
  account: defineMessage("account"),
};

export const scopeName = (scope: Scope): string => t(scopes[scope]);

/** What the log says of an event where nothing of it is the person's own, such as a name. */
const details: Readonly<Record<string, Message | undefined>> = {
  "wrong password": defineMessage("wrong password"),
  "wrong code": defineMessage("wrong code"),
  "no such account": defineMessage("no such account"),
  "the account is disabled": defineMessage("the account is disabled"),
  passkey: defineMessage("passkey"),
  "authenticator app": defineMessage("authenticator app"),
  "until one of you ends it": defineMessage("until one of you ends it"),
  "the password or a second factor was changed meanwhile": defineMessage(
    "the password or a second factor was changed meanwhile",
  ),
  [newDevice]: defineMessage("new device"),
  all: defineMessage("all"),
  operator: defineMessage("operator"),
  investor: defineMessage("investor"),
  "from investor to operator": defineMessage("from investor to operator"),
  "from operator to investor": defineMessage("from operator to investor"),
};

/** And where there is: how it is written, and how it is said. */
const namingDetails: readonly (readonly [RegExp, (parts: readonly string[]) => string])[] = [
  [/^passkey (.*)$/s, ([name = ""]) => t("passkey {name}", { name })],
  [/^account (\d+)$/, ([id = ""]) => t("account {id}", { id })],
  [/^until (\d{4}-\d\d-\d\d)$/, ([date = ""]) => t("until {date}", { date })],
  [
    /^(with|percentages) \w+, until (\d{4}-\d\d-\d\d): (.*)$/s,
    ([shows = "", date = "", name = ""]) =>
      t("{shows, select, with {with amounts} other {percentages only}}, until {date}: {name}", {
        shows,
        date,
        name,
      }),
  ],
  [
    /^(read|write), without end: (.*)$/s,
    ([scope = "", name = ""]) =>
      t("{scope, select, write {write} other {read}}, without end: {name}", { scope, name }),
  ],
  [
    /^(read|write), for (\d+) days: (.*)$/s,
    ([scope = "", days = "", name = ""]) =>
      t("{scope, select, write {write} other {read}}, for {days} days: {name}", { scope, days, name }),
  ],
];

/** As the log has it, where it is somebody's own words. */
export function sayDetail(detail: string | null): string | null {
  if (detail === null) return null;
  const known = details[detail];
  if (known !== undefined) return t(known);
  for (const [pattern, say] of namingDetails) {
    const match = pattern.exec(detail);
    if (match) return say(match.slice(1));
  }
  return detail;
}

/** What was done, as the address says after it: `/account?done=password`. */
const notices: ReadonlyMap<unknown, Message> = new Map([
  ["password", defineMessage("Your password is changed. You are signed out everywhere else.")],
  [
    "cost-basis",
    defineMessage("Your cost basis method is saved. The figures that depend on it are being computed anew."),
  ],
  ["base-currency", defineMessage("Your base currency is saved. Your figures are being computed anew.")],
  ["language", defineMessage("Your language is saved.")],
  ["tax-year", defineMessage("Your tax year is saved. Realised gains are listed by it.")],
  ["session", defineMessage("That session is signed out.")],
  ["token", defineMessage("The token is revoked: it no longer works.")],
  ["totp", defineMessage("Your authenticator app is set up.")],
  [
    "totp-removed",
    defineMessage("Your authenticator app no longer counts. You are signed out everywhere else."),
  ],
  ["passkey", defineMessage("Your passkey is added.")],
  ["passkey-name", defineMessage("Your passkey has its new name.")],
  ["passkey-removed", defineMessage("That passkey no longer counts. You are signed out everywhere else.")],
  ["connected", defineMessage("The two accounts are connected.")],
  ["disconnected", defineMessage("The two accounts are no longer connected.")],
  ["proved", defineMessage("It is you. Press the button once more to go on.")],
]);

export const noticeOf = (done: unknown): string | undefined => {
  const notice = notices.get(done);
  return notice && t(notice);
};

/** The months of a year, as a list to choose from. */
export function monthNames(): string[] {
  const format = new Intl.DateTimeFormat(currentLanguage(), { month: "long", timeZone: "UTC" });
  return Array.from({ length: 12 }, (_, month) => format.format(Date.UTC(2024, month)));
}

const tables: readonly { readonly name: PersonalTableName; readonly label: Message }[] = [
  { name: "transactions", label: defineMessage("Trades") },
  { name: "audit", label: defineMessage("Audit trail") },
  { name: "imports", label: defineMessage("Rows of imported files") },
  { name: "import_choices", label: defineMessage("What you said of files") },
  { name: "timeseries", label: defineMessage("Portfolio by day") },
  { name: "performance", label: defineMessage("Performance") },
  { name: "tickers", label: defineMessage("Tickers") },
  { name: "regimes", label: defineMessage("Macro regimes") },
];

export const exportedTables = () => tables.map(({ name, label }) => ({ name, label: t(label) }));
