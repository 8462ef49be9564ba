/** Other people's accounts, for operators. What people own is on no page of these. */
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import {
  type KnownPerson,
  listPeople,
  readKnownPerson,
  removePerson,
  resetFactors,
  resetMinutes,
  resetPath,
  revokeAccess,
  setDisabled,
  setRole,
  startReset,
} from "../../accounts/index.ts";
import { characters } from "../../values.ts";
import { actorOf, requireOperator, requireOperatorProof, type WebContext } from "../context.ts";
import { describeError, NotFoundError } from "../errors.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";
import { linkBase, mailProblem, notifyFactorRemoved } from "../notices.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import { inWords } from "../words.ts";
import { roleName } from "./account-words.ts";
import type { Problem, SendPage } from "./page.ts";
import { proofPage, resumePending } from "./proof.ts";

const pageLength = 50;

const listQuery = z.object({
  email: characters(0, 254).trim().optional().catch(undefined),
  after: positiveId.optional().catch(undefined),
});

const personParameters = z.object({ id: positiveId });

const actions = ["disable", "enable", "promote", "demote", "revoke", "reset-factors"] as const;

type Action = (typeof actions)[number];

/** What was done, as the address says after it: `/people/7?done=disable`. */
const notices: Readonly<Record<Action, Message>> = {
  disable: defineMessage("The account is disabled: its sessions have ended, and nobody can sign in."),
  enable: defineMessage("The account is enabled again."),
  promote: defineMessage("This is an operator now."),
  demote: defineMessage("This is an investor now."),
  revoke: defineMessage("Every session and API token of this account has ended."),
  "reset-factors": defineMessage(
    "The password alone signs in now: second factors are removed, and every session has ended.",
  ),
};

export function peoplePages(context: WebContext, sendPage: SendPage): Router {
  const { pool, clock } = context;
  const router = Router();
  router.use("/people", resumePending(context, sendPage));

  router.get("/people", async (request, response) => {
    requireOperator(request);
    const { email = "", after } = parseInput(listQuery, request.query);
    const people = await listPeople(pool, actorOf(request), clock(), {
      email: email || undefined,
      after,
      limit: pageLength,
    });
    const page = (place?: number) =>
      `/people?${new URLSearchParams({ ...(email && { email }), ...(place && { after: String(place) }) })}`;
    sendPage(request, response, {
      view: "people",
      title: t("People"),
      data: {
        values: { email },
        people: people.map((person) => ({ ...person, role: roleName(person.role) })),
        mailProblem: mailProblem(context),
        wasDeleted: request.query.done === "delete",
        first: after === undefined ? null : page(),
        next: people.length === pageLength ? page(people.at(-1)!.user_id) : null,
      },
    });
  });

  router.use(actionPages(context, createSendPerson(context, sendPage)));
  router.use(proofPage(context, sendPage));
  return router;
}

type SendPerson = (request: Request, response: Response, state?: PersonState) => Promise<void>;

function actionPages(context: WebContext, sendPerson: SendPerson): Router {
  const router = Router();
  /** Does it and goes on to `destination`, or shows the person with what stands in the way. */
  const perform = async (
    request: Request,
    response: Response,
    work: () => Promise<void>,
    destination: string,
  ): Promise<void> => {
    try {
      await work();
    } catch (error) {
      const { status, code, message } = describeError(error, "POST", "");
      if (code !== "last_operator") throw error;
      const problem = { heading: t("All is as it was."), message: inWords(error, message) };
      return sendPerson(request, response, { status, problem });
    }
    response.redirect(303, destination);
  };

  router.get("/people/:id", (request, response) => sendPerson(request, response));

  router.post("/people/:id/reset-link", async (request, response) => {
    requireOperatorProof(context, request);
    const { email } = await readPerson(context, request);
    const reset = await startReset(context, email, actorOf(request));
    if (!reset) {
      const problem = {
        heading: t("No link was made."),
        message: t("The account is disabled; enable it first."),
      };
      return sendPerson(request, response, { status: 409, problem });
    }
    const resetLink = `${linkBase(context, request)}${resetPath(reset.token)}`;
    await sendPerson(request, response, { resetLink });
  });

  router.post("/people/:id/delete", async (request, response) => {
    requireOperatorProof(context, request);
    const { user_id, email } = await readPerson(context, request);
    const typed = String(request.body?.email ?? "")
      .trim()
      .toLowerCase();
    if (typed !== email.toLowerCase()) {
      const errors = { email: t("Enter the email of this account, to be sure.") };
      return sendPerson(request, response, { status: 422, errors });
    }
    const remove = () => removePerson(context.pool, user_id, actorOf(request));
    await perform(request, response, remove, "/people?done=delete");
  });

  router.post("/people/:id/:action", async (request, response) => {
    requireOperatorProof(context, request);
    const action = actions.find((known) => known === request.params.action);
    if (!action) throw new NotFoundError("action", request.params.action);
    const known = await readPerson(context, request);
    const work = () => act(context, request, known, action);
    await perform(request, response, work, `/people/${known.user_id}?done=${action}`);
  });
  return router;
}

async function act(
  context: WebContext,
  request: Request,
  { user_id: userId, email }: KnownPerson,
  action: Action,
): Promise<void> {
  const { pool } = context;
  const actor = actorOf(request);
  switch (action) {
    case "disable":
    case "enable":
      return setDisabled(pool, userId, action === "disable", actor);
    case "promote":
    case "demote":
      return setRole(pool, userId, action === "promote" ? "operator" : "investor", actor);
    case "revoke":
      return revokeAccess(pool, userId, actor);
    case "reset-factors":
      await resetFactors(pool, userId, actor);
      return notifyFactorRemoved(context, email, "all");
  }
}

function readPerson({ pool, clock }: WebContext, request: Request): Promise<KnownPerson> {
  const { id } = parseInput(personParameters, request.params);
  return readKnownPerson(pool, actorOf(request), clock(), id);
}

interface PersonState {
  readonly status?: number;
  readonly problem?: Problem;
  readonly errors?: Readonly<Record<string, string>>;
  readonly resetLink?: string;
}

function createSendPerson(context: WebContext, sendPage: SendPage): SendPerson {
  return async (request, response, state = {}) => {
    const { userId } = requireOperator(request);
    const known = await readPerson(context, request);
    const done = actions.find((action) => action === request.query.done);
    sendPage(request, response, {
      view: "person",
      title: known.email,
      status: state.status ?? 200,
      data: {
        ...state,
        known,
        role: roleName(known.role),
        isSelf: known.user_id === userId,
        isKnownOperator: known.role === "operator",
        notice: done && t(notices[done]),
        resetMinutes,
      },
    });
  };
}
