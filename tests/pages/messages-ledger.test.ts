import { beforeAll, expect, test } from "vitest";
import { textOf } from "../support/html.ts";
import { type Program, startProgram } from "../support/program.ts";
import { bracketMessages, unspoken } from "../support/unspoken.ts";

// Forms, reviews and refusals of the ledger say nothing that is in no catalogue: with every message in brackets, nothing else has
// letters but data.

let program: Program;
let token: string;

const data = [
  ..."NORD WRLD AGGB CURA SYNC NORDX Nordlicht Depot Haus Bank ADA GBP JPY Kauf Verkauf ada@example.org".split(
    " ",
  ),
  ..."operator@example.org typo Portfolio Nordlys Software synthetic".split(" "),
  ...Intl.supportedValuesOf("currency"),
];

const headers = () => ({
  Accept: "text/html",
  "Accept-Language": "de",
  Authorization: `Bearer ${token}`,
  Origin: program.url,
});

async function look(path: string, form?: Readonly<Record<string, string>>): Promise<string> {
  const answer = await fetch(program.url + path, {
    headers: headers(),
    redirect: "manual",
    ...(form && { method: "POST", body: new URLSearchParams(form) }),
  });
  const { status } = answer;
  if (status === 303) return look(answer.headers.get("location")!);
  expect(status).not.toBe(500);
  return textOf(answer);
}

const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
  const answer = await fetch(program.url + path, {
    method: "POST",
    headers: { Origin: program.url, "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as Record<string, unknown>;
};

beforeAll(async () => {
  bracketMessages();
  program = await startProgram({ benchmarks: ["WRLD", "AGGB"] });
  for (const email of ["operator@example.org", "ada@example.org"]) {
    const body = JSON.stringify({ email, password: "correct horse battery" });
    const answer = await fetch(`${program.url}/auth/register`, {
      method: "POST",
      headers: { Origin: program.url, "Content-Type": "application/json" },
      body,
    });
    token = ((await answer.json()) as { token: string }).token;
  }
  for (const [ticker, type, quantity, date] of [
    ["NORD", "BUY", "10", "2021-05-05"],
    ["WRLD", "BUY", "4", "2022-05-05"],
    ["NORD", "SELL", "3", "2023-05-05"],
  ])
    await post("/api/transactions", { ticker, type, quantity, price: "120", date, is_confirmed: true });
  await post("/api/accounts", { name: "Depot", kind: "pension", tracks_cash: true });
  await post("/api/transactions", { type: "DEPOSIT", amount: "1000", date: "2021-01-04", account: "Depot" });
  await post("/api/transactions", { type: "DIVIDEND", ticker: "NORD", amount: "10", date: "2022-01-04" });
});

const kinds =
  "buy sell dividend interest deposit withdrawal fee tax conversion bonus split return-of-capital shares-in shares-out transfer-cash transfer-shares".split(
    " ",
  );

test.each([
  ...kinds.map((kind) => `/transactions/new/${kind}`),
  "/transactions/new/sell?choose=yes",
  "/transactions/new/sell?choose=yes&ticker=NORD&date=2023-05-06&price=100&quantity=1",
  "/transactions",
  "/transactions?type=DIVIDEND",
  "/transactions?sort=-price",
  "/transactions?recorded=1",
  "/transactions?edited=1",
  "/transactions?imported=3&others=1",
  "/transactions?kept=2",
  "/transactions/1/edit",
  "/transactions/4/edit",
  "/transactions/1/delete",
  "/transactions/3/delete",
  "/transactions/4/delete",
  "/transactions/import",
  "/transactions/imports",
  "/transactions/deleted",
  "/transactions/corporate-actions",
  ..."spin-off merger rename rights cash-in-lieu"
    .split(" ")
    .map((kind) => `/transactions/corporate-actions/new/${kind}`),
  "/accounts",
  "/accounts/3",
  "/own-assets",
  "/tickers/NORD/splits/2020-01-01",
  "/transactions/999",
])("%s", async (path) => {
  expect(unspoken(await look(path), data)).toEqual([]);
});

const wrong: Readonly<Record<string, string>> = {
  ticker: "NORD",
  type: "BUY",
  quantity: "typo",
  price: "-1",
  fee: "-1",
  date: "typo",
  amount: "",
  currency: "typo",
  number_locale: "de",
};

test.each(kinds)("what is wrong in a form of %s", async (kind) => {
  expect(unspoken(await look(`/transactions/new/${kind}`, wrong), data)).toEqual([]);
  expect(unspoken(await look(`/transactions/new/${kind}`, {}), data)).toEqual([]);
});

const trade = { ticker: "NORD", type: "BUY", quantity: "1", price: "120", fee: "0", date: "2023-05-05" };

test.each([
  { ...trade, quantity: "typo", number_locale: "de" },
  { ...trade, quantity: "1.500", price: "1,2,3", number_locale: "de" },
  { ...trade, quantity: "" },
  { ...trade, price: "1e3" },
  { ...trade, price: "99999999999999999" },
  { ...trade, price: "1.1234567890123" },
  { ...trade, date: "2999-01-01" },
  { ...trade, type: "SELL", quantity: "1000" },
  { ...trade, type: "SELL", quantity: "8", date: "2022-05-05" },
  { ...trade, price: "1200" },
  { ...trade, price: "12000" },
  { ...trade, ticker: "typo!" },
  { ...trade, ticker: "TYPO" },
  { ...trade, ticker: "" },
  { ...trade, currency: "EUR", fx_rate: "50" },
  { ...trade, account: "typo" },
])("a trade %o", async (form) => {
  expect(unspoken(await look("/transactions", form), [...data, "TYPO"])).toEqual([]);
});

const csv = (...lines: string[]) => ["Date,Type,Ticker,Quantity,Price,Amount", ...lines].join("\n");

test.each([
  csv("2021-05-05,BUY,NORD,10,120,1200", "2023-05-06,SELL,NORD,1000,120,", "2023-05-07,BUY,NORD,1,12000,"),
  csv("2021-05-05,Dividend,NORD,,,12", "2021-05-06,Deposit,,,,100", "2021-05-07,Option,NORD,1,1,", "x"),
  csv("03/04/2021,BUY,NORD,1,120,", "2021-05-06,typo,NORD,1,120,", "2021-05-06,BUY,NORD,typo,120,"),
  csv("25/04/2021,BUY,NORD,1.5,120,180.90", "26/04/2021,BUY,NORD,1,120,90", "26/04/2021,BUY,TYPO,1,120,"),
  csv("2021-05-05,Conversion,,,,12", "2021-05-06,Fee,,,,2", "2021-05-06,Transfer in,NORD,3,,"),
  "typo",
  "<html>",
  "Date,Quantity\n2021-05-05,3",
  "Date,Type,Ticker,Quantity,Price,Currency\n2021-05-05,BUY,NORD,1,120,EUR\n2021-05-06,BUY,NORD,1,120,",
])("a file %s", async (text) => {
  const known = [
    ...data,
    "TYPO",
    "typo",
    "Amount",
    "Date",
    "Type",
    "Ticker",
    "Quantity",
    "Price",
    "Currency",
  ];
  const kinds = [
    "Dividend",
    "Deposit",
    "Option",
    "Conversion",
    "Fee",
    "Transfer",
    "in",
    "BUY",
    "NORD.DE",
    "NORD.PA",
    "NORD.AS",
    "NORD.MI",
  ];
  const page = await look("/transactions/import", { csv: text, step: "review" });
  expect(unspoken(page, [...known, ...kinds])).toEqual([]);
  const refused = await look("/transactions/import", { csv: text, step: "import", fingerprint: "x" });
  expect(unspoken(refused, [...known, ...kinds])).toEqual([]);
});

test("accounts and own assets refuse in the reader's language", async () => {
  expect(unspoken(await look("/accounts", { name: "", kind: "typo", income: "market" }), data)).toEqual([]);
  expect(unspoken(await look("/accounts", { name: "Depot", kind: "bank", income: "market" }), data)).toEqual(
    [],
  );
  expect(unspoken(await look("/accounts/3/delete", {}), data)).toEqual([]);
  const asset = {
    name: "Haus",
    asset_class: "real_estate",
    currency: "EUR",
    csv: "2024-01-05, 100\ntypo, 1",
  };
  expect(unspoken(await look("/own-assets", asset), data)).toEqual([]);
  expect(unspoken(await look("/own-assets", asset), data)).toEqual([]);
});
