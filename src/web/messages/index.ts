/** The door of the messages: what pages and mails say, in which language. */
export { defineMessage, type Message } from "../../plain.ts";
export { type Catalogue, catalogueOf, listed, t } from "./catalogue.ts";
export {
  currentLanguage,
  currentListener,
  firstLanguage,
  type Listener,
  localesOf,
  speaking,
} from "./language.ts";
export { scriptMessages } from "./script-messages.ts";
export { localise, messagesOf } from "./template-messages.ts";
