/** The door of the messages: what pages and mails say, in which language. */
export { type Catalogue, catalogueOf, defineMessage, listed, t, type Values } from "./catalogue.ts";
export { currentLanguage, firstLanguage, localesOf, speaking } from "./language.ts";
export { scriptMessages } from "./script-messages.ts";
export { localise, messagesOf } from "./template-messages.ts";
