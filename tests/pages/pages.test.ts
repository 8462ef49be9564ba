import { beforeAll, describe, expect, test } from "vitest";
import { textOf } from "../support/html.ts";
import { keptTrade } from "../support/kept-trade.ts";
import { type Program, startProgram } from "../support/program.ts";

// Pages as a program without scripts meets them: links, forms, cookies.

let program: Program;

beforeAll(async () => {
  program = await startProgram();
});

interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly html: string;
}

/** A browser's address bar, forms and cookie. */
class Visitor {
  readonly #cookies = new Map<string, string>();

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#send(path, { headers: { Accept: "text/html", ...headers } });
  }

  /** `origin` null: a browser that sends none, as behind some proxies. */
  async post(
    path: string,
    form: Record<string, string>,
    origin: string | null = program.url,
  ): Promise<Answer> {
    const headers = { Accept: "text/html", ...(origin !== null && { Origin: origin }) };
    return this.#send(path, {
      method: "POST",
      headers,
      body: new URLSearchParams(path === "/transactions" ? keptTrade(form) : form),
    });
  }

  async #send(path: string, init: RequestInit): Promise<Answer> {
    const response = await fetch(program.url + path, {
      ...init,
      headers: {
        "Accept-Language": "en-US",
        Cookie: [...this.#cookies].map((pair) => pair.join("=")).join("; "),
        ...init.headers,
      },
      redirect: "manual",
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name = "", value = ""] = cookie.split(";")[0]!.split("=");
      this.#cookies.set(name, value);
    }
    return {
      status: response.status,
      location: response.headers.get("Location"),
      html: await textOf(response),
    };
  }
}

const password = "correct horse battery";

async function signedUp(email: string): Promise<Visitor> {
  const visitor = new Visitor();
  const { status } = await visitor.post("/create-account", { email, password });
  expect(status).toBe(303);
  return visitor;
}

const hidden = (html: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]+)"`).exec(html)?.[1] ?? "";

const trade = {
  ticker: "wrld",
  type: "BUY",
  quantity: "3",
  price: "101.5",
  fee: "",
  date: "2024-03-04",
};

/** The sensor's part, here and now: fetch what is unseen, refresh what changed. */
async function settle(): Promise<void> {
  await program.engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "raw_prices",
    partitions: ["WRLD"],
  });
  await program.engine.refresh("transaction_sensor");
}

describe("signing in", () => {
  test("the first account is told that it is the operator's; later ones are not", async () => {
    expect((await new Visitor().get("/create-account")).html).toContain("becomes the operator");
    await signedUp("first@example.com");
    expect((await new Visitor().get("/create-account")).html).not.toContain("becomes the operator");
  });

  test("a page that needs a person leads back to itself, never to another site", async () => {
    const visitor = await signedUp("back@example.com");
    await visitor.post("/sign-out", {});
    const { status, location } = await visitor.get("/portfolio?range=1Y");
    expect([status, location]).toEqual([303, "/sign-in?next=%2Fportfolio%3Frange%3D1Y"]);
    // Longer than may be come back to: in a header it would be more than clients read.
    expect((await visitor.get(`/portfolio?range=${"%CC%81".repeat(2000)}`)).location).toBe("/sign-in");
    const credentials = { email: "back@example.com", password };
    expect((await visitor.post(location!, credentials)).location).toBe("/portfolio?range=1Y");
    for (const next of ["https://evil.example", "//evil.example", "/\\evil.example"])
      expect((await visitor.post(`/sign-in?next=${encodeURIComponent(next)}`, credentials)).location).toBe(
        "/portfolio",
      );
  });

  test("a wrong password, an unknown email and no email at all are refused alike, and the email is kept", async () => {
    await signedUp("known@example.com");
    for (const email of ["known@example.com", "unknown@example.com", "nonsense"]) {
      const { status, html } = await new Visitor().post("/sign-in", { email, password: "not this one" });
      expect(status).toBe(401);
      expect(html).toContain("No account has this email and password");
      expect(html).toContain(`value="${email}"`);
    }
  });

  test("an account that cannot be made says which field is wrong", async () => {
    await signedUp("taken@example.com");
    const refused = await new Visitor().post("/create-account", { email: "nonsense", password: "short" });
    expect(refused.status).toBe(422);
    expect(refused.html).toContain("Enter an email address");
    expect(refused.html).toContain("Enter a password of 8 to 200 characters");
    const taken = await new Visitor().post("/create-account", { email: "taken@example.com", password });
    expect(taken.status).toBe(409);
    expect(taken.html).toContain("There is an account with the email");
  });
});

describe("the ledger", () => {
  test("books one form once, however often it is sent", async () => {
    const visitor = await signedUp("once@example.com");
    const { html } = await visitor.get("/transactions");
    const form = { ...trade, idempotency_key: hidden(html, "idempotency_key") };
    const first = await visitor.post("/transactions", form);
    expect(first.location).toMatch(/^\/transactions\?recorded=\d+$/);
    expect((await visitor.post("/transactions", form)).location).toBe(first.location);
    const recorded = await visitor.get(first.location!);
    expect(recorded.html).toContain("BUY 3 WRLD at $101.50 on Mar 4, 2024");
    expect(recorded.html.match(/id="transaction-/g)).toHaveLength(1);
  });

  test("takes a form with its token where a browser sends no Origin, and no other", async () => {
    const visitor = await signedUp("token@example.com");
    const { html } = await visitor.get("/transactions");
    const withToken = { ...trade, csrf_token: hidden(html, "csrf_token") };
    expect((await visitor.post("/transactions", trade, null)).status).toBe(403);
    expect((await visitor.post("/transactions", trade, "https://evil.example")).status).toBe(403);
    expect((await visitor.post("/transactions", withToken, null)).status).toBe(303);
  });

  test.each([
    ["ticker", "NO SUCH", "“NO SUCH” is no ticker"],
    ["ticker", "UNKNOWN", "No ticker UNKNOWN."],
    ["quantity", "0", "Enter a number above 0 for the quantity"],
    ["quantity", "1e400", "“1e400” is no number"],
    ["price", "NaN", "“NaN” is no number"],
    ["fee", "-1", "Enter a number of 0 or more for the fee"],
    ["date", "2999-01-01", "Jan 1, 2999 is still to come"],
    ["date", "2024-02-30", "“2024-02-30” is no date"],
  ])("refuses %s %j beside its field and keeps the rest", async (field, value, message) => {
    const visitor = await signedUp(`${crypto.randomUUID()}@example.com`);
    const { status, html } = await visitor.post("/transactions", { ...trade, [field]: value });
    expect(status).toBe(422);
    const help = new RegExp(`id="${field}-help">(.*?)</p>`, "s").exec(html)?.[1];
    expect(help).toContain(message);
    expect(html).toContain(`value="${field === "price" ? value : trade.price}"`);
  });

  test("deletes after saying what will change, but nothing that a later SELL needs", async () => {
    const visitor = await signedUp("delete@example.com");
    const bought = await visitor.post("/transactions", trade);
    const sold = await visitor.post("/transactions", {
      ...trade,
      type: "SELL",
      quantity: "1",
      date: "2024-04-04",
    });
    const idOf = ({ location }: Answer) => /recorded=(\d+)/.exec(location!)![1]!;
    await settle();
    const needed = await visitor.get(`/transactions/${idOf(bought)}/delete`);
    expect(needed.html).toContain("A later sale of WRLD needs it");
    const refused = await visitor.post(`/transactions/${idOf(bought)}/delete`, {});
    expect(refused.status).toBe(409);
    expect(refused.html).toContain("This trade cannot be deleted yet");
    expect((await visitor.get(`/transactions/${idOf(sold)}/delete`)).html).toMatch(
      /WRLD held: from 2 to\s*<strong>3<\/strong>/,
    );
    expect((await visitor.post(`/transactions/${idOf(sold)}/delete`, {})).location).toBe(
      `/transactions?deleted=${idOf(sold)}`,
    );
    expect((await visitor.get(`/transactions/${idOf(sold)}/delete`)).status).toBe(404);
    const stranger = await signedUp("stranger@example.com");
    expect((await stranger.get(`/transactions/${idOf(bought)}/delete`)).status).toBe(404);
    expect((await stranger.post(`/transactions/${idOf(bought)}/delete`, {})).status).toBe(404);
  });

  test("shows a page at a time, and the first one for a place that is none", async () => {
    const visitor = await signedUp("pages@example.com");
    for (let day = 1; day <= 28; day++)
      for (const month of ["05", "06"])
        await visitor.post("/transactions", {
          ...trade,
          date: `2024-${month}-${String(day).padStart(2, "0")}`,
        });
    const first = await visitor.get("/transactions");
    expect(first.html.match(/id="transaction-/g)).toHaveLength(50);
    expect(first.html).toMatch(/href="\/transactions\?page&#x3D;2" rel="next"/);
    expect((await visitor.get("/transactions?page=2")).html.match(/id="transaction-/g)).toHaveLength(6);
    for (const page of ["nonsense", "0", "-1", "1e9"])
      expect((await visitor.get(`/transactions?page=${page}`)).html.match(/id="transaction-/g)).toHaveLength(
        50,
      );
    expect((await visitor.get("/transactions?page=99")).html.match(/id="transaction-/g)).toHaveLength(6);
  });
});

describe("the portfolio", () => {
  test("leads who has no trade to the ledger, and who waits for prices to patience", async () => {
    const visitor = await signedUp("start@example.com");
    expect((await visitor.get("/portfolio")).html).toContain("starts with one trade");
    // As rows by plain SQL come in: the sensor fetches their prices afterwards.
    await program.database.pool.query(
      `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
       select user_id, 'HELI', 'BUY', 3, 101.5, '2024-03-04' from users where email = 'start@example.com'`,
    );
    expect((await visitor.get("/portfolio")).html).toContain(
      "<strong>HELI</strong> Its price history is being fetched.",
    );
  });

  test("shows figures of the range in the address, each absent one with its reason", async () => {
    const visitor = await signedUp("figures@example.com");
    const today = new Date().toISOString().slice(0, 10);
    await visitor.post("/transactions", { ...trade, date: today });
    await settle();
    const { html } = await visitor.get("/portfolio?range=3M");
    expect(html).toMatch(/range=3M" aria-current="true"/);
    expect(html).toMatch(/<p class="value"><a [^>]+>\$[\d,.]+<\/a><\/p>/);
    expect((await visitor.get("/portfolio/risk?range=3M")).html).toMatch(
      /Sharpe ratio<\/dt><dd><a [^>]+><span class="absent">.*?<span class="reason">[^<]+</,
    );
    expect(html).toContain("There is no cash account.");
    expect(html).toContain("Synthetic data.");
    expect((await visitor.get("/portfolio?range=nonsense")).html).toMatch(/range=Max" aria-current="true"/);
  });

  test("answers with what stands in <main> alone where an open page asks for it", async () => {
    const visitor = await signedUp("fragment@example.com");
    const { html } = await visitor.get("/portfolio", { "X-Fragment": "main" });
    expect(html).toContain('id="portfolio"');
    expect(html).not.toContain("<html");
  });

  test("has nothing inline that its content policy would have to allow", async () => {
    const visitor = await signedUp("inline@example.com");
    await visitor.post("/transactions", trade);
    await settle();
    const { html } = await visitor.get("/portfolio");
    expect(html).toContain("series-value");
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=/);
  });
});

describe("operators' pages", () => {
  test.each(["/assets", "/assets/gold_p_timeseries", "/runs", "/runs/1", "/automation"])(
    "%s is for operators alone",
    async (path) => {
      expect((await new Visitor().get(path)).status).toBe(303);
      const investor = await signedUp(`${crypto.randomUUID()}@example.com`);
      expect((await investor.get(path)).status).toBe(403);
      const operator = new Visitor();
      await operator.post("/sign-in", { email: "first@example.com", password });
      expect((await operator.get(path)).status).toBe(200);
    },
  );

  test("an asset's page tells its columns, checks, history and body; a misspelt one names the nearest", async () => {
    const operator = new Visitor();
    await operator.post("/sign-in", { email: "first@example.com", password });
    const { html } = await operator.get("/assets/int_portfolio_daily");
    expect(html).toContain('id="column-market_value"');
    expect(html).toContain('href="/assets/int_daily_holdings#column-market_value"');
    expect(html).toContain(">value_not_negative</th>");
    expect(html).toContain("never materialized");
    expect(html).toContain('<span class="keyword">with</span>');
    const misspelt = await operator.get("/assets/int_portfolio_dayly");
    expect(misspelt.status).toBe(404);
    expect(misspelt.html).toContain("int_portfolio_daily");
  });

  test("a materialization is queued with its reach and scope; a date that is none is refused", async () => {
    const operator = new Visitor();
    await operator.post("/sign-in", { email: "first@example.com", password });
    const path = "/assets/int_portfolio_daily/materialize";
    const form = { reach: "downstream", partitions: "1, 2", since: "2024-01-01" };
    const { location } = await operator.post(path, form);
    const run = await operator.get(location!);
    expect(run.html).toContain("int_portfolio_daily+");
    expect(run.html).toContain("<dd>1, 2</dd>");
    expect(run.html).toContain("Jan 1, 2024");
    await operator.post(`${location}/cancel`, {});
    expect((await operator.get(location!)).html).toContain("Cancelling");
    const refused = await operator.post(path, { ...form, since: "soon" });
    expect(refused.status).toBe(422);
    expect(refused.html).toContain("Expected a date, or nothing for all days.");
    expect(refused.html).toContain('value="1, 2"');
  });

  test("a schedule is switched off and on", async () => {
    const operator = new Visitor();
    await operator.post("/sign-in", { email: "first@example.com", password });
    expect((await operator.get("/automation")).html).toContain("At 18:00, Monday through Friday, UTC");
    await operator.post("/automation/daily_market_data_ingestion", { enabled: "false" });
    expect((await operator.get("/automation")).html).toContain("Switch on: daily_market_data_ingestion");
    await operator.post("/automation/daily_market_data_ingestion", { enabled: "true" });
    expect((await operator.get("/automation")).html).not.toContain("Switch on: daily_market_data_ingestion");
  });
});
