/** A person's own account: password, sessions, tokens, settings, data, and the way out. */

import { type Request, type Response, Router } from "express";
import { z } from "zod";
import {
  type ApiToken,
  createToken,
  expiryOf,
  hasSecondFactor,
  listOwnSecurityEvents,
  listPasskeys,
  listSessions,
  listTokens,
  readFactors,
  readOwnAccount,
  revokeSession,
  revokeToken,
  setCostBasisMethod,
  setLanguage,
  setTaxYearStart,
  tokenDays,
  tokenInput,
} from "../../accounts/index.ts";
import { exportTable } from "../../database/table-export.ts";
import { type Language, languageCodes, languages } from "../../languages.ts";
import { countTransactions } from "../../ledger/index.ts";
import {
  chooseBaseCurrency,
  costBasisInput,
  deletionInput,
  passwordChangeInput,
  taxYearInput,
} from "../api/account.ts";
import { changePassword, endAccount, signOutEverywhere } from "../auth.ts";
import { actorOf, requirePerson, requireProof, type WebContext } from "../context.ts";
import { sayDevice } from "../devices.ts";
import { describeError, NotFoundError } from "../errors.ts";
import { sendFile } from "../file-answer.ts";
import { currentLanguage, t } from "../messages/index.ts";
import { notifyTokenMade } from "../notices.ts";
import { relyingPartyOf } from "../origin.ts";
import { personalTableNames, personalTables } from "../personal-data.ts";
import { parseInput } from "../route.ts";
import { inWords } from "../words.ts";
import { exportedTables, monthNames, noticeOf, roleName, scopeName } from "./account-words.ts";
import { factorPages, type SendAccountProblem } from "./factors.ts";
import type { Problem, SendPage } from "./page.ts";
import { connectionPages } from "./provider.ts";
import { describeOwnEvent } from "./security-event.ts";

/** As people type it; what is no code is told by name. */
const baseCurrencyForm = z.object({ base_currency: z.string().max(20).trim().toUpperCase().catch("") });

const twoDigits = z
  .string()
  .regex(/^\d\d$/)
  .catch("");
const taxYearForm = z.object({ month: twoDigits, day: twoDigits });

/** The two fields of a day of the year: as they were sent, or as the account has them. */
function taxYearFields(start: string, { month, day }: { readonly month?: string; readonly day?: string }) {
  const chosen = { month: month || start.slice(0, 2), day: day || start.slice(3) };
  const padded = (number: number): string => String(number).padStart(2, "0");
  return {
    months: monthNames().map((label, index) => ({
      value: padded(index + 1),
      label,
      isSelected: padded(index + 1) === chosen.month,
    })),
    days: Array.from({ length: 31 }, (_, index) => ({
      value: padded(index + 1),
      label: String(index + 1),
      isSelected: padded(index + 1) === chosen.day,
    })),
  };
}

/** "": as the browser asks. */
const languageForm = z.object({
  language: z.union([z.literal("").transform(() => null), z.enum(languageCodes)]),
});

const languageChoices = (chosen: Language | null) => [
  { value: "", label: t("As my browser asks"), isSelected: chosen === null },
  ...languageCodes.map((code) => ({ value: code, label: languages[code], isSelected: code === chosen })),
];

/** Of the largest markets, and of those whose exchanges' files are read here; any other can be typed. */
const offeredCurrencies = (
  "USD EUR GBP JPY CHF CAD AUD NZD SEK NOK DKK PLN CZK HUF TRY ILS INR CNY HKD SGD KRW TWD THB IDR MYR PHP " +
  "BRL MXN CLP ZAR KES NGN GHS UGX TZS RWF EGP MAD AED SAR KWD"
).split(" ");

function currencyChoices() {
  const names = new Intl.DisplayNames(currentLanguage(), { type: "currency" });
  return offeredCurrencies.map((code) => ({ code, name: names.of(code) }));
}

interface FormState {
  readonly status: number;
  /** By field. */
  readonly errors: Readonly<Record<string, string>>;
  readonly problem: Problem | null;
}

const unsent: FormState = { status: 200, errors: {}, problem: null };

interface NewToken {
  readonly token: string;
  readonly apiToken: ApiToken;
}

type SendAccount = (
  request: Request,
  response: Response,
  state?: FormState,
  newToken?: NewToken | null,
) => Promise<void>;

export function accountPages(context: WebContext, sendPage: SendPage): Router {
  const sendAccount = createSendAccount(context, sendPage);
  const router = Router();
  router.get("/account", (request, response) => sendAccount(request, response));

  router.post("/account/password", async (request, response) => {
    const person = requirePerson(request);
    try {
      await changePassword(context, request, person, parseInput(passwordChangeInput, request.body));
      response.redirect(303, "/account?done=password");
    } catch (error) {
      await sendAccount(request, response, refusal(error, t("Your password is as it was.")));
    }
  });

  router.post("/account/cost-basis-method", async (request, response) => {
    const { userId } = requirePerson(request);
    const { cost_basis_method } = parseInput(costBasisInput, request.body);
    await setCostBasisMethod(context.pool, userId, cost_basis_method);
    response.redirect(303, "/account?done=cost-basis#cost-basis");
  });

  router.post("/account/base-currency", async (request, response) => {
    const { userId } = requirePerson(request);
    const { base_currency } = parseInput(baseCurrencyForm, request.body);
    try {
      await chooseBaseCurrency(context, userId, base_currency);
      response.redirect(303, "/account?done=base-currency#base-currency");
    } catch (error) {
      await sendAccount(request, response, refusal(error, t("Your base currency is as it was.")));
    }
  });

  router.post("/account/tax-year", async (request, response) => {
    const { userId } = requirePerson(request);
    const { month, day } = parseInput(taxYearForm, request.body);
    try {
      const { tax_year_start } = parseInput(taxYearInput, { tax_year_start: `${month}-${day}` });
      await setTaxYearStart(context.pool, userId, tax_year_start);
      response.redirect(303, "/account?done=tax-year#tax-year");
    } catch (error) {
      await sendAccount(request, response, refusal(error, t("Your tax year is as it was.")));
    }
  });

  router.post("/account/language", async (request, response) => {
    const { userId } = requirePerson(request);
    const { language } = parseInput(languageForm, request.body);
    await setLanguage(context.pool, userId, language);
    response.redirect(303, "/account?done=language#language");
  });

  router.get("/account/export/:name.csv", async (request, response) => {
    const { userId } = requirePerson(request);
    const name = personalTableNames.find((known) => known === request.params.name);
    if (!name) throw new NotFoundError("table", request.params.name);
    await sendFile(response, `${name}.csv`, (write) =>
      exportTable(context.pool, userId, personalTables[name], write),
    );
  });

  router.use(credentialPages(context, sendAccount));
  const sendProblem: SendAccountProblem = (request, response, { status, problem }) =>
    sendAccount(request, response, { status, errors: {}, problem });
  router.use(factorPages(context, sendPage, sendProblem));
  router.use(connectionPages(context, sendPage, sendProblem));
  router.use(accountDeletionPages(context, sendPage));
  return router;
}

/** A box that is not ticked is not sent. */
const signOutForm = z.object({ tokens: z.stringbool().catch(false).default(false) });

/** A form sends texts: "90", or "never". */
const tokenForm = tokenInput.extend({
  expires_in_days: z.preprocess(
    (given) => (given === undefined ? undefined : given === "never" ? null : Number(given)),
    tokenInput.shape.expires_in_days,
  ),
});

/** Sessions and API tokens. */
function credentialPages(context: WebContext, sendAccount: SendAccount): Router {
  const router = Router();
  router.post("/account/sessions/sign-out", async (request, response) => {
    const { tokens } = parseInput(signOutForm, request.body);
    await signOutEverywhere(context, request, requirePerson(request), response, tokens);
    response.redirect(303, "/sign-in");
  });

  router.post("/account/sessions/:id/sign-out", async (request, response) => {
    const { userId } = requirePerson(request);
    // Gone already is as good as gone now.
    await revokeSession(context.pool, userId, request.params.id, actorOf(request));
    response.redirect(303, "/account?done=session#sessions");
  });

  router.post("/account/tokens", async (request, response) => {
    const { userId, email } = requireProof(context, request);
    try {
      const newToken = await createToken(
        context,
        userId,
        parseInput(tokenForm, request.body),
        actorOf(request),
      );
      notifyTokenMade(context, email, newToken.apiToken.name);
      await sendAccount(request, response, unsent, newToken);
    } catch (error) {
      await sendAccount(request, response, refusal(error, t("No token was made.")));
    }
  });

  router.post("/account/tokens/:id/revoke", async (request, response) => {
    const { userId } = requirePerson(request);
    await revokeToken(context.pool, userId, request.params.id, actorOf(request));
    response.redirect(303, "/account?done=token#tokens");
  });
  return router;
}

function accountDeletionPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  const send = async (request: Request, response: Response, state = unsent): Promise<void> => {
    const { userId } = requirePerson(request);
    const { transactions } = await countTransactions(context.pool, userId);
    const { has_password } = await readFactors(context.pool, userId);
    sendPage(request, response, {
      view: "account-delete",
      title: t("Delete account"),
      status: state.status,
      data: { ...state, transactions, hasPassword: has_password, values: valuesOf(request) },
    });
  };
  router.get("/account/delete", (request, response) => send(request, response));
  router.post("/account/delete", async (request, response) => {
    const person = requirePerson(request);
    try {
      await endAccount(context, request, response, person, parseInput(deletionInput, request.body));
      response.redirect(303, "/account/deleted");
    } catch (error) {
      await send(request, response, refusal(error, t("Your account stands.")));
    }
  });
  router.get("/account/deleted", (request, response) =>
    sendPage(request, response, { view: "account-deleted", title: t("Account deleted") }),
  );
  return router;
}

const fields = new Set(["base_currency", "current_password", "new_password", "name", "email", "password"]);

/** The form again, with what is wrong with it; what is ours is thrown on. */
function refusal(error: unknown, heading: string): FormState {
  const { status, code, field, message } = describeError(error, "POST", "");
  const isOurs = status >= 500 && code !== "market_data_unavailable";
  if (isOurs || code === "reauthentication_required") throw error;
  const said = inWords(error, message);
  if (field && fields.has(field)) return { status, errors: { [field]: said }, problem: null };
  return { status, errors: {}, problem: { heading, message: said } };
}

/** What was typed and is no secret. */
function valuesOf({ body, query }: Request): Readonly<Record<string, string>> {
  const typed = (name: string): string => (typeof body?.[name] === "string" ? body[name] : "");
  const passkeyName =
    typed("passkey_name") || (typeof query.passkey_name === "string" ? query.passkey_name : "");
  return {
    name: typed("name"),
    base_currency: typed("base_currency"),
    month: typed("month"),
    day: typed("day"),
    scope: typed("scope") || "read",
    expires_in_days: typed("expires_in_days") || "90",
    email: typed("email"),
    passkey_name: passkeyName,
  };
}

/** The others are a click away. */
const eventsShown = 5;

function createSendAccount(context: WebContext, sendPage: SendPage): SendAccount {
  const { pool, clock, identityProvider } = context;
  return async (request, response, state = unsent, newToken = null) => {
    const { userId, credentialId } = requirePerson(request);
    const now = clock();
    const [account, factors, passkeys, sessions, tokens, events, { sold }] = await Promise.all([
      readOwnAccount(pool, userId),
      readFactors(pool, userId),
      listPasskeys(pool, userId),
      listSessions(pool, userId, now),
      listTokens(pool, userId),
      listOwnSecurityEvents(pool, userId, { limit: eventsShown }),
      countTransactions(context.pool, userId),
    ]);
    const provider = identityProvider && {
      ...identityProvider,
      isConnected: factors.issuers.includes(identityProvider.issuer),
    };
    const { done } = request.query;
    sendPage(request, response, {
      view: "account",
      title: t("Account"),
      status: state.status,
      scripts: ["passkey.js"],
      data: {
        ...state,
        account,
        role: roleName(account.role),
        factors,
        hasSecondFactor: hasSecondFactor(factors),
        passkeys,
        canMakePasskeys: relyingPartyOf(context, request) !== null,
        provider,
        // Whoever signed in to another account instead has connected nothing.
        notice: done === "connected" && !provider?.isConnected ? undefined : noticeOf(done),
        baseCurrency: valuesOf(request).base_currency || account.base_currency,
        offeredCurrencies: currencyChoices(),
        isRareMethod: account.cost_basis_method === "lifo" || account.cost_basis_method === "hifo",
        taxYear: taxYearFields(account.tax_year_start, valuesOf(request)),
        languages: languageChoices(account.language),
        sold,
        sessions: sessions
          .map((session) => ({
            ...session,
            device: sayDevice(session.user_agent),
            isCurrent: session.session_id === credentialId,
          }))
          .sort((a, b) => Number(b.isCurrent) - Number(a.isCurrent)),
        tokens: tokens.map((token) => ({
          ...token,
          expiry: expiryOf(token, now),
          scopeName: scopeName(token.scope),
        })),
        newToken,
        lifetimes: [...tokenDays.map(String), "never"],
        values: newToken ? { scope: "read", expires_in_days: "90" } : valuesOf(request),
        events: events.map(describeOwnEvent),
        tables: exportedTables(),
      },
    });
  };
}
