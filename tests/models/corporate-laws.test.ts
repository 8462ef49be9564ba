/**
 * Laws of corporate actions, in random markets: who has one is as well off as who holds a share that never was another. Each
 * ledger belongs to two people: of one the parent is spun off from, taken over or renamed, the other's ticker is worth every day what the first
 * one's shares are worth together, with the dividends and the splits of both: quoted in the person's currency or another one, on an exchange
 * that rests at weekends or never.
 */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { recordCorporateAction, undoCorporateAction } from "../../src/ledger/index.ts";
import { readTransferredCost } from "../../src/portfolio/index.ts";
import { allDays, tradesArbitrary } from "../oracle/random-world.ts";
import type { Trade } from "../oracle/world.ts";
import { createTestDatabase } from "../support/database.ts";
import { buildModels, deployModels } from "../support/models.ts";

const seed = Number(process.env.LAWS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const count = Number(process.env.LAWS_LEDGERS ?? 12);
/** Person i has the action, i + `twin` never had one. */
const twin = 1000;
const days = allDays.slice(0, 90);
const methods = ["average", "fifo", "lifo", "hifo"] as const;

/** Cents, at most 4 % a day, so that no split is in doubt. */
const closes = fc
  .record({
    open: fc.integer({ min: 2000, max: 20_000 }),
    moves: fc.array(fc.integer({ min: -40, max: 40 }), { minLength: days.length, maxLength: days.length }),
  })
  .map(({ open, moves }) => {
    let cents = open;
    return moves.map((move) => {
      cents = Math.round(cents * (1 + move / 1000));
      return cents;
    });
  });
const ratio = fc.option(fc.constantFrom([2, 1], [3, 2]));
const payments = fc.uniqueArray(
  fc.record({ day: fc.integer({ min: 2, max: 88 }), cents: fc.integer({ min: 1, max: 300 }) }),
  { maxLength: 3, selector: ({ day }) => day },
);
const marketArbitrary = fc.record({
  kind: fc.constantFrom("spin_off", "merger", "rename"),
  parent: closes,
  child: closes,
  at: fc.integer({ min: 35, max: 60 }),
  ratio: fc.constantFrom(["1", "2"], ["3", "1"], ["5", "4"], ["1", "20"]),
  base: fc.constantFrom("USD", "EUR"),
  quoted: fc.constantFrom("USD", "EUR"),
  isExchangeTraded: fc.boolean(),
  /** Of the parent before the action, and of what is held after it. */
  splitBefore: ratio,
  splitAfter: ratio,
  childSplit: ratio,
  dividends: payments,
  childDividends: payments,
});

const isWeekend = (date: string) => [0, 6].includes(new Date(`${date}T00:00:00Z`).getUTCDay());
const splitOn = (day: number, of: readonly number[] | null) =>
  of ? [{ date: days[day]!, numerator: String(of[0]), denominator: String(of[1]) }] : [];
const timesOf = (of: readonly number[] | null) => (of ? of[0]! / of[1]! : 1);
type Payment = { readonly day: number; readonly cents: number };
const paid = (payments: readonly Payment[]) =>
  payments.map(({ day, cents }) => ({ date: days[day]!, cash: Number((cents / 100).toFixed(8)) }));

/** All is said in shares of the last day: after a split one share of the twin is worth as many of the parent as it became. */
function marketOf(market: typeof marketArbitrary extends fc.Arbitrary<infer M> ? M : never) {
  const { kind, parent, child, isExchangeTraded, dividends, childDividends } = market;
  const isOpen = (day: number) => !isExchangeTraded || !isWeekend(days[day]!);
  const at = [0, 1, 2].map((later) => market.at + later).find(isOpen)!;
  const factor = (Number(market.ratio[0]) / Number(market.ratio[1])) * timesOf(market.childSplit);
  const kept = kind === "merger" ? 1 : timesOf(market.splitAfter);
  const bars = (from: number, until: number, value: (day: number) => number) =>
    days.flatMap((date, day) =>
      day >= from && day < until && isOpen(day)
        ? [{ date, close: Number((value(day) / 100).toFixed(8)) }]
        : [],
    );
  const [end, isRename] = [days.length, kind === "rename"];
  const whole = {
    spin_off: (day: number) => kept * parent[day]! + factor * child[day]!,
    merger: (day: number) => factor * child[day]!,
    rename: (day: number) => kept * parent[day]!,
  }[kind as "rename"];
  const before = dividends.filter(({ day }) => day < at || kind !== "merger");
  const after = isRename ? [] : childDividends.filter(({ day }) => day > at);
  const times = (payments: readonly Payment[], by: number) =>
    payments.map(({ day, cents }) => ({ day, cents: cents * by }));
  const early = splitOn(15, market.splitBefore);
  const late = kind === "merger" ? [] : splitOn(75, market.splitAfter);
  return {
    at,
    parent: {
      // What is renamed has the whole history under its new symbol.
      bars: bars(0, kind === "merger" ? at : end, (day) => parent[day]!),
      splits: isRename ? early : [...early, ...late],
      dividends: paid(isRename ? [] : before),
    },
    child: {
      bars: isRename ? bars(0, end, (day) => parent[day]!) : bars(at, end, (day) => child[day]!),
      splits: isRename ? [...early, ...late] : splitOn(78, market.childSplit),
      dividends: paid(isRename ? before : after),
    },
    twin: {
      bars: [...bars(0, at, (day) => kept * parent[day]!), ...bars(at, end, whole)],
      splits: early,
      dividends: paid([...times(before, kept), ...times(after, factor)]),
    },
  };
}

const cases = fc.sample(marketArbitrary, { numRuns: count, seed }).map((market, index) => {
  const person = index + 1;
  const { at, ...securities } = marketOf(market);
  const tickers = { parent: `PAR${person}`, child: `CHI${person}`, twin: `TWIN${person}` };
  const security = {
    ticker: tickers.parent,
    always: true,
    bars: securities.twin.bars
      .filter(({ date }) => date < days[at]!)
      .map(({ date, close }) => ({ date, close: String(close) })),
    splits: securities.twin.splits,
    dividends: [],
  };
  const trades: Trade[] = [
    { id: 1, ticker: tickers.parent, type: "BUY", quantity: "7", price: "30", fee: "1", date: days[0]! },
    { id: 2, ticker: tickers.parent, type: "BUY", quantity: "3.5", price: "90", fee: "0", date: days[5]! },
    ...fc
      .sample(tradesArbitrary([security]), { numRuns: 1, seed: seed + person })[0]!
      .filter(({ date }) => date < days[at]!),
  ];
  return {
    ...market,
    person,
    tickers,
    securities,
    trades,
    date: days[at]!,
    method: methods[index % methods.length]!,
  };
});

const { pool } = await createTestDatabase();
const context = {
  pool,
  clock: () => new Date(`${days.at(-1)}T12:00:00Z`),
  log: { warn: () => {} },
  prices: {} as never, // all that is needed is known
};
const costOf = readTransferredCost;

async function writeCase({
  person,
  base,
  quoted,
  isExchangeTraded,
  method,
  tickers,
  securities,
  trades,
}: (typeof cases)[number]): Promise<void> {
  for (const id of [person, person + twin])
    await pool.query(
      "insert into users (user_id, email, password_hash, cost_basis_method, base_currency) values ($1::bigint, $1::bigint || '@example.org', '', $2, $3)",
      [id, method, base],
    );
  for (const side of ["parent", "child", "twin"] as const) {
    const { bars, splits, dividends } = securities[side];
    await pool.query(
      `with asset as (
         insert into raw_assets (ticker, name, asset_class, quote_unit, currency, exchange_timezone)
         values ($1, $1, $2, $3, $3, 'UTC')
       ),
       split as (
         insert into raw_corporate_actions (ticker, action_date, action_type, numerator, denominator, ratio)
         select $1, date, 'split', numerator, denominator, numerator / denominator
         from jsonb_to_recordset($5) as split (date date, numerator numeric, denominator numeric)
       ),
       dividend as (
         insert into raw_corporate_actions (ticker, action_date, action_type, cash_per_share)
         select $1, date, 'dividend', sum(cash)
         from jsonb_to_recordset($6) as dividend (date date, cash numeric)
         group by date
       )
       insert into raw_prices (ticker, price_date, close)
       select $1, date, close from jsonb_to_recordset($4) as bar (date date, close numeric)`,
      [
        tickers[side],
        isExchangeTraded ? "stock" : "crypto",
        quoted,
        JSON.stringify(bars),
        JSON.stringify(splits),
        JSON.stringify(dividends),
      ],
    );
  }
  for (const [id, ticker] of [
    [person, tickers.parent],
    [person + twin, tickers.twin],
  ] as const)
    await pool.query(
      `insert into transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
       select $1, $2, type, quantity, price, fee, date
       from jsonb_to_recordset($3) as row (type text, quantity numeric, price numeric, fee numeric, date date)`,
      [id, ticker, JSON.stringify(trades)],
    );
}

const ledgerOf = async (person: number) =>
  (
    await pool.query("select t::text from transactions t where user_id = $1 order by transaction_id", [
      person,
    ])
  ).rows;

/** Written, undone, and written again. Of who holds nothing any more nothing is. */
async function act({ person, kind, tickers, date, ratio }: (typeof cases)[number]): Promise<boolean> {
  const of = { kind, ticker: tickers.parent, new_ticker: tickers.child, date };
  const input = kind === "rename" ? of : { ...of, numerator: ratio[0], denominator: ratio[1] };
  const request = { costOf, email: "x@example.org", isPreview: false };
  const before = await ledgerOf(person);
  const first = await recordCorporateAction(context, person, input, request).catch((error: unknown) => {
    expect(error).toMatchObject({ code: "nothing_held" });
    return null;
  });
  if (!first) return false;
  await undoCorporateAction(context, person, first.action_id!);
  expect(await ledgerOf(person), `seed ${seed}`).toEqual(before);
  await recordCorporateAction(context, person, input, request);
  return true;
}

beforeAll(async () => {
  // More than the spikes that a market's rules take for faults: these prices are random, and all of them count.
  await pool.query("alter table raw_prices disable trigger user");
  await pool.query(
    `insert into raw_fx_rates (currency, rate_date, usd_per_unit, is_final, source)
     select 'EUR', date, 1 + (row_number() over (order by date) * 37 % 50)::numeric / 100, true, 'file'
     from unnest($1::date[]) as date`,
    [days],
  );
  for (const one of cases) await writeCase(one);
  await deployModels(pool);
  const acted: number[] = [];
  for (const one of cases) if (await act(one)) acted.push(one.person);
  expect(acted.length).toBeGreaterThan(0);
  await pool.query("delete from users where user_id <> all ($1)", [acted.flatMap((id) => [id, id + twin])]);
  await buildModels(pool, "built");
}, 300_000);

const law = (title: string, sql: string) =>
  test(title, async () => {
    const { rows } = await pool.query(`${sql} limit 3`);
    expect(rows, `seed ${seed}`).toEqual([]);
  }, 120_000);

const daily = [
  "market_value",
  "cost_basis",
  "net_flow",
  "realized_pnl",
  "income",
  "price_effect",
  "currency_effect",
  "daily_return",
];

law(
  "value, cost, flow, gain, income, both effects and return are those of a share that never was another, every day",
  `select one.user_id, one.price_date, ${daily.map((column) => `one.${column} as ${column}, two.${column} as twin_${column}`).join(", ")}
   from built.int_portfolio_daily one
   full join built.int_portfolio_daily two
     on two.user_id = one.user_id + ${twin} and two.price_date = one.price_date and two.portfolio_id = one.portfolio_id
   where coalesce(one.user_id, 0) < ${twin} and coalesce(two.user_id, ${twin + 1}) > ${twin}
     and (${daily.map((column) => `abs(one.${column} - two.${column}) > 1e-9 or one.${column} is null <> (two.${column} is null)`).join(" or ")})`,
);

law(
  "the index and the gain are, too",
  `select one.user_id, one.twr, two.twr, one.total_gain, two.total_gain
   from built.gold__performance one
   left join built.gold__performance two on two.user_id = one.user_id + ${twin}
   where one.user_id < ${twin}
     and (two.user_id is null or abs(one.twr - two.twr) > 1e-9 or abs(one.total_gain - two.total_gain) > 1e-6)`,
);

law(
  "purchases keep their days, and together what they cost",
  `with bought as (
     select user_id % ${twin} as person, user_id > ${twin} as is_twin, bought_date, sum(cost) as cost
     from built.int_lots where sale_id is null group by 1, 2, 3
   )
   select * from (select * from bought where not is_twin) one
   full join (select * from bought where is_twin) two using (person, bought_date)
   where one.cost is null or two.cost is null or abs(one.cost - two.cost) > 1e-9`,
);

law(
  "what lots have left is what is held, and costs what that cost",
  `select p.user_id, p.ticker, p.quantity, p.cost_basis, l.quantity, l.cost
   from built.int_holding_periods p
   join users u using (user_id)
   left join (
     select user_id, account_id, ticker, sum(quantity) as quantity, sum(cost) as cost
     from built.int_lots where sale_id is null group by user_id, account_id, ticker
   ) l using (user_id, account_id, ticker)
   where u.cost_basis_method <> 'average' and p.valid_to = 'infinity'
     and (abs(p.quantity - coalesce(l.quantity, 0)) > 1e-9 or abs(p.cost_basis - coalesce(l.cost, 0)) > 1e-9)`,
);

law(
  "what is new begins at the close of the day: its own return is its price's",
  `select k.user_id, k.ticker, k.local_return, last.close / first.close - 1 as expected
   from built.gold_ticker_kpis k
   join public.corporate_actions a on a.user_id = k.user_id and a.new_ticker = k.ticker and a.undone_at is null
   join raw_prices first on first.ticker = k.ticker and first.price_date = a.action_date
   join raw_prices last on last.ticker = k.ticker and last.price_date = k.as_of
   where a.kind <> 'rename' and not exists (select from stg_dividends d where d.ticker = k.ticker) and abs(k.local_return - (last.close / first.close - 1)::double precision) > 1e-9`,
);
