/** Rows of the security log in words. */

import { type LoggedEvent, newDevice, type OwnSecurityEvent } from "../../accounts/index.ts";
import { sayDevice } from "../devices.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";
import { sayDetail } from "./account-words.ts";

const labels: Readonly<Record<string, Message>> = {
  account_created: defineMessage("Account made"),
  account_deleted: defineMessage("Account deleted"),
  invitation_made: defineMessage("Invitation made"),
  invitation_revoked: defineMessage("Invitation taken back"),
  account_disabled: defineMessage("Account disabled"),
  account_enabled: defineMessage("Account enabled"),
  role_changed: defineMessage("Role changed"),
  sign_in: defineMessage("Sign-in"),
  sign_out: defineMessage("Sign-out"),
  sessions_ended: defineMessage("Signed out everywhere"),
  password_changed: defineMessage("Password changed"),
  password_reset_requested: defineMessage("Link for a new password made"),
  password_reset: defineMessage("Password chosen by a link"),
  token_made: defineMessage("API token made"),
  tokens_revoked: defineMessage("API token revoked"),
  second_factor_added: defineMessage("Second factor added"),
  second_factor_removed: defineMessage("Second factor removed"),
  second_factors_reset: defineMessage("Second factors removed"),
  recovery_codes_made: defineMessage("Recovery codes made"),
  recovery_code_used: defineMessage("Recovery code used"),
  provider_connected: defineMessage("Provider connected"),
  provider_disconnected: defineMessage("Provider disconnected"),
  proof: defineMessage("Proof of identity"),
  shared_link_made: defineMessage("Link to your portfolio made"),
  shared_link_revoked: defineMessage("Link to your portfolio revoked"),
  shared_link_used: defineMessage("Link to your portfolio opened for the first time"),
  reading_granted: defineMessage("Reading for another offered"),
  reading_accepted: defineMessage("Reading for another accepted"),
  reading_ended: defineMessage("Reading for another ended"),
};

interface ActorWords {
  readonly label: Message;
  /** In a sentence. */
  readonly by: Message;
}

const actors: Readonly<Record<OwnSecurityEvent["by"], ActorWords>> = {
  yourself: { label: defineMessage("you"), by: defineMessage("by you") },
  operator: { label: defineMessage("an operator"), by: defineMessage("by an operator") },
  stranger: {
    label: defineMessage("somebody who was not signed in"),
    by: defineMessage("by somebody who was not signed in"),
  },
  other: { label: defineMessage("the other person"), by: defineMessage("by the other person") },
  "command line": {
    label: defineMessage("an operator, by the command line"),
    by: defineMessage("by an operator, by the command line"),
  },
};

export function eventLabel(kind: string): string {
  const label = labels[kind];
  return label === undefined ? kind.replaceAll("_", " ") : t(label);
}

interface Happened {
  readonly kind: string;
  readonly outcome: "done" | "refused";
  readonly agent: string | null;
  readonly detail: string | null;
}

function describe<E extends Happened>(event: E) {
  return {
    ...event,
    label: eventLabel(event.kind),
    isRefused: event.outcome === "refused",
    isNewDevice: event.kind === "sign_in" && event.detail === newDevice,
    device: event.agent === null ? null : sayDevice(event.agent),
    detail: sayDetail(event.detail),
  };
}

/** For the person whom it is about. */
export function describeOwnEvent(event: OwnSecurityEvent) {
  const { label, by } = actors[event.by];
  return { ...describe(event), actor: t(label), byActor: t(by) };
}

/** For operators. */
export function describeEvent(event: LoggedEvent) {
  const { via, actor_id, actor_email, user_id } = event;
  const actor =
    via === "command line"
      ? t("command line")
      : actor_id === null
        ? t("not signed in")
        : actor_id === user_id
          ? t("themselves")
          : (actor_email ?? t("account {id}, deleted", { id: String(actor_id) }));
  return { ...describe(event), actor };
}
