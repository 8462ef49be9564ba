/** Rows of the security log in words. */
import { deviceName, type LoggedEvent, newDevice, type OwnSecurityEvent } from "../../accounts/index.ts";

const labels: Readonly<Record<string, string>> = {
  account_created: "Account made",
  account_deleted: "Account deleted",
  invitation_made: "Invitation made",
  invitation_revoked: "Invitation taken back",
  account_disabled: "Account disabled",
  account_enabled: "Account enabled",
  role_changed: "Role changed",
  sign_in: "Sign-in",
  sign_out: "Sign-out",
  sessions_ended: "Signed out everywhere",
  password_changed: "Password changed",
  password_reset_requested: "Link for a new password made",
  password_reset: "Password chosen by a link",
  token_made: "API token made",
  tokens_revoked: "API token revoked",
  second_factor_added: "Second factor added",
  second_factor_removed: "Second factor removed",
  second_factors_reset: "Second factors removed",
  recovery_codes_made: "Recovery codes made",
  recovery_code_used: "Recovery code used",
  provider_connected: "Provider connected",
  provider_disconnected: "Provider disconnected",
  proof: "Proof of identity",
  shared_link_made: "Link to your portfolio made",
  shared_link_revoked: "Link to your portfolio revoked",
  shared_link_used: "Link to your portfolio opened for the first time",
  reading_granted: "Reading for another offered",
  reading_accepted: "Reading for another accepted",
  reading_ended: "Reading for another ended",
};

const actors: Readonly<Record<OwnSecurityEvent["by"], string>> = {
  yourself: "you",
  operator: "an operator",
  stranger: "somebody who was not signed in",
  other: "the other person",
  "command line": "an operator, by the command line",
};

export function eventLabel(kind: string): string {
  return labels[kind] ?? kind.replaceAll("_", " ");
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
    device: event.agent === null ? null : deviceName(event.agent),
  };
}

/** For the person whom it is about. */
export function describeOwnEvent(event: OwnSecurityEvent) {
  return { ...describe(event), actor: actors[event.by] };
}

/** For operators. */
export function describeEvent(event: LoggedEvent) {
  const { via, actor_id, actor_email, user_id } = event;
  const actor =
    via === "command line"
      ? "command line"
      : actor_id === null
        ? "not signed in"
        : actor_id === user_id
          ? "themselves"
          : (actor_email ?? `account ${actor_id}, deleted`);
  return { ...describe(event), actor };
}
