/** What set a run off, in words. */
import { automationsOf, type Registry, type TriggerKind } from "../../engine/index.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";

export interface TriggerWords {
  /** "schedule", "by", ...; empty where the name says it all. */
  readonly kind: string;
  readonly name: string;
  /** The automation that did it; null: a person, or the program itself. */
  readonly href: string | null;
}

const words: Readonly<Record<TriggerKind, Message | "">> = {
  manual: defineMessage("by"),
  schedule: defineMessage("schedule"),
  sensor: defineMessage("sensor"),
  watcher: defineMessage("watcher"),
  deploy: "",
};

/** `deploy: deploy` is "deployment", `manual: ann@example.org` "by ann@example.org". */
export function describeTrigger(kind: TriggerKind, name: string, registry: Registry): TriggerWords {
  const isKnown = automationsOf(registry).some((one) => one.kind === kind && one.name === name);
  return {
    kind: words[kind] && t(words[kind]),
    name: kind === "deploy" && name === "deploy" ? t("deployment") : name,
    href: isKnown ? `/automation#${name}` : null,
  };
}
