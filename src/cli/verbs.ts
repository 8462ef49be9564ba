/** Every verb as `--help` shows it. What it does stands in the file of its group, which is loaded when the verb is run. */
import { type Command, Option } from "commander";
import { positiveInteger, runNumber, withScope, withSelection, withSwitches } from "./options.ts";
import type { Register } from "./register.ts";

/** How many rows are listed unless a number is given. */
const listed = { runs: 20, securityEvents: 50 };

export function declareVerbs(program: Command, register: Register): void {
  serveVerbs(program, register);
  assetVerbs(program, register);
  materializeVerbs(program, register);
  runVerbs(program, register);
  automationVerbs(program, register);
  userVerbs(program, register);
  secretVerbs(program, register);
  backupVerbs(program, register);
  priceVerbs(program, register);
}

function serveVerbs(program: Command, register: Register): void {
  const load = () => import("./serve.ts");
  register(
    program.command("up").description("database, migrations, web and orchestrator: all of it"),
    async () => (await load()).up,
  );
  register(
    program
      .command("demo")
      .description("the same on a data folder of its own, with a sample account, offline"),
    async () => (await load()).demo,
  );
  register(program.command("web").description("the web server alone"), async () => (await load()).web);
  register(
    program.command("orchestrator").description("runs, schedules and sensors alone"),
    async () => (await load()).orchestrator,
  );
  register(
    program.command("migrate").description("bring the database to the newest migration"),
    async () => (await load()).migrate,
  );
}

function assetVerbs(program: Command, register: Register): void {
  const load = () => import("./assets.ts");
  register(
    withSelection(program.command("list").description("the assets there are")),
    async () => (await load()).list,
  );
  register(
    withSelection(program.command("status").description("fresh, stale, failed or broken, and why")),
    async () => (await load()).status,
  );
  register(
    program
      .command("validate")
      .description(
        "what is wrong with declarations, bodies and checks, asked of PostgreSQL; no data is needed",
      ),
    async () => (await load()).validate,
  );
  register(
    withScope(
      withSelection(program.command("plan").description("what materialize would do, and why")),
    ).option("--full-refresh", "make tables anew"),
    async () => (await load()).showPlan,
  );
  register(
    program
      .command("lineage")
      .argument("<asset[.column]>")
      .description("what an asset or a column is made from, and what is made from it"),
    async () => (await load()).lineage,
  );
}

function materializeVerbs(program: Command, register: Register): void {
  const load = () => import("./materialize.ts");
  const selecting = (name: string, description: string) =>
    withScope(withSelection(program.command(name).description(description)));
  register(
    selecting("materialize", "make the rows of assets right")
      .option("--full-refresh", "make tables anew")
      .option("--dry-run", "show the plan and do nothing"),
    async () => (await load()).materialize,
  );
  register(
    selecting("check", "run the checks of assets on what is published"),
    async () => (await load()).check,
  );
  register(
    selecting("verify", "compute stored rows anew and compare them, to the bit"),
    async () => (await load()).verify,
  );
  register(
    program
      .command("rollback")
      .argument("<asset>")
      .description("publish the version before the present one again"),
    async () => (await load()).rollback,
  );
  register(
    program
      .command("drop")
      .argument("<asset>")
      .description("drop what is left of a model that is not declared any more")
      .option("--yes", "do it; without, what would be dropped is shown"),
    async () => (await load()).drop,
  );
}

function runVerbs(program: Command, register: Register): void {
  const load = () => import("./runs.ts");
  register(
    program
      .command("runs")
      .description("what was done, the newest first")
      .option("--limit <count>", "how many", positiveInteger, listed.runs)
      .option("--before <run>", "only those before this one", runNumber),
    async () => (await load()).runs,
  );
  register(
    program
      .command("logs")
      .argument("<run>", "its number", runNumber)
      .description("a run's steps and what they said"),
    async () => (await load()).logs,
  );
  register(
    program
      .command("cancel")
      .argument("<run>", "its number", runNumber)
      .description("stop a run, or take it from the queue"),
    async () => (await load()).cancel,
  );
}

function automationVerbs(program: Command, register: Register): void {
  const load = () => import("./automation.ts");
  const command = (name: string, description: string, now: string): Command =>
    withSwitches(program.command(name).description(description), now);
  register(
    command("schedules", "when what runs; on or off", "run what it runs, without waiting for its time"),
    async () => (await load()).schedules,
  );
  register(
    command(
      "sensors",
      "what watches what; on or off",
      "look at once, also at what was put off after a failure",
    ),
    async () => (await load()).sensors,
  );
  register(
    command("watchers", "whether edited models are materialized; on or off", "materialize what was edited"),
    async () => (await load()).watchers,
  );
}

function userVerbs(program: Command, register: Register): void {
  const load = () => import("./users.ts");
  const user = program
    .command("user")
    .alias("users")
    .description("accounts: create, invite, promote, disable, reset, delete; list; what was done with them");
  const onOne = (verb: string, description: string) =>
    user.command(verb).argument("<email>").description(description);
  register(
    onOne("create", "make an account; the first one is an operator")
      .alias("add")
      .option("--password <password>", "- reads it from stdin (default: one is made and shown)")
      .addOption(new Option("--role <role>", "default: investor").choices(["operator", "investor"])),
    async () => (await load()).create,
  );
  register(onOne("promote", "make an operator of an investor"), async () =>
    (await load()).setRole("operator"),
  );
  register(onOne("demote", "make an investor of an operator"), async () =>
    (await load()).setRole("investor"),
  );
  register(onOne("disable", "sign out at once, and let nobody sign in; nothing is deleted"), async () =>
    (await load()).setDisabled(true),
  );
  register(onOne("enable", "let a disabled account in again"), async () => (await load()).setDisabled(false));
  register(
    onOne("reset", "make a link by which its owner chooses a new password"),
    async () => (await load()).reset,
  );
  register(onOne("revoke", "end every session and API token"), async () => (await load()).revoke);
  register(
    onOne("invite", "make a link by which they make their account, once, within a week").addOption(
      new Option("--role <role>", "default: investor").choices(["operator", "investor"]),
    ),
    async () => (await load()).inviteByLink,
  );
  register(
    onOne("delete", "erase the account with everything about the person").option(
      "--yes",
      "do it; without, the account is shown",
    ),
    async () => (await load()).remove,
  );
  register(
    onOne(
      "reset-factors",
      "remove second factors of who has lost them, and sign them out; the password stays",
    ),
    async () => (await load()).resetFactors,
  );
  register(user.command("list").description("every account"), async () => (await load()).list);
  register(
    user
      .command("log")
      .description("the security log, the newest first")
      .option("--email <email>", "only what is about this account")
      .option("--kind <kind>", "only of this kind, such as sign_in")
      .option("--limit <count>", "how many", positiveInteger, listed.securityEvents)
      .option("--before <event>", "only those before this one", positiveInteger),
    async () => (await load()).log,
  );
}

function secretVerbs(program: Command, register: Register): void {
  const load = () => import("./secrets.ts");
  const secret = program.command("secret").description("the secret that signs sessions");
  register(
    secret
      .command("rotate")
      .description("make a new one; people stay signed in")
      .option("--leaked", "the last one is known to others: sign everybody out"),
    async () => (await load()).rotate,
  );
}

function backupVerbs(program: Command, register: Register): void {
  const load = () => import("./backup.ts");
  const passphrase = "- reads it from stdin (default: BACKUP_PASSPHRASE, or none)";
  register(
    program
      .command("backup")
      .argument("<file>")
      .description(
        "everything that is nowhere else, and market data, in one file that is checked when it is read",
      )
      .option("--no-market-data", "leave out prices and macro data that can be fetched again")
      .option("--passphrase <passphrase>", `encrypt the file; ${passphrase}`),
    async () => (await load()).backup,
  );
  register(
    program
      .command("restore")
      .argument("<file>")
      .description("a backup into a new data folder or an empty database; models are built and verified")
      .option("--passphrase <passphrase>", passphrase)
      .option("--deletions <file>", "accounts deleted since (default: the list that lies beside the backup)"),
    async () => (await load()).restore,
  );
}

function priceVerbs(program: Command, register: Register): void {
  const load = () => import("./prices.ts");
  register(
    program
      .command("prices")
      .argument("<files...>")
      .description("take in files of prices or exchange rates, each as a whole or not at all")
      .option("--exchange <mic>", "whose files they are, where they do not say it")
      .option("--ticker <symbol>", "whose prices, where the file does not say it")
      .option("--pair <pair>", "USD/KES: exchange rates")
      .option("--replace", "what is stored becomes what the file says"),
    async () => (await load()).prices,
  );
  register(
    program
      .command("price-url")
      .argument("[ticker]")
      .description("list the addresses that tickers' prices come from, or enter or remove one's")
      .option("--url <address>", "{ticker}, {code}, {from} and {to} are put in")
      .option("--format <format>", "csv or json", "csv")
      .option("--dates <path>", "the CSV's column of days, or the path to them in the JSON")
      .option("--prices <path>", "the same of the prices")
      .option("--unit <unit>", "what they are in: KES, GBp")
      .option("--every <period>", "day, week or month", "day")
      .option("--remove", "ask it no more"),
    async () => (await load()).priceUrl,
  );
  register(
    program
      .command("price-source")
      .argument("<ticker>")
      .argument("<source>", "yahoo, file or url")
      .description("switch who gives a ticker's prices; what the other one gave is set aside"),
    async () => (await load()).priceSource,
  );
}
