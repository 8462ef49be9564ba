/** The door of the messages: what pages and mails say, in which language. */
export { catalogueOf, defineMessage, listed, t } from "./catalogue.ts";
export { currentLanguage, firstLanguage, localesOf, speaking } from "./language.ts";
export { scriptMessages } from "./script-messages.ts";
export { localise, messagesOf } from "./template-messages.ts";
