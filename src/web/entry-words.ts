/** What people read of kinds of entries: the ledger's types, and what else a file holds. */
import type { RowKind, TransactionType } from "../ledger/index.ts";
import { currentLanguage, defineMessage, type Message, t } from "./messages/index.ts";

interface Names {
  /** In capitals, as tables have it. */
  readonly mark: Message;
  readonly label: Message;
}

const typeNames: Readonly<Record<TransactionType, Names>> = {
  BUY: { mark: defineMessage("BUY"), label: defineMessage("Buy") },
  SELL: { mark: defineMessage("SELL"), label: defineMessage("Sell") },
  DIVIDEND: { mark: defineMessage("DIVIDEND"), label: defineMessage("Dividend") },
  INTEREST: { mark: defineMessage("INTEREST"), label: defineMessage("Interest") },
  DEPOSIT: { mark: defineMessage("DEPOSIT"), label: defineMessage("Deposit") },
  WITHDRAWAL: { mark: defineMessage("WITHDRAWAL"), label: defineMessage("Withdrawal") },
  FEE: { mark: defineMessage("FEE"), label: defineMessage("Fee") },
  TAX: { mark: defineMessage("TAX"), label: defineMessage("Tax") },
  TRANSFER_IN: { mark: defineMessage("TRANSFER IN"), label: defineMessage("Transfer in") },
  TRANSFER_OUT: { mark: defineMessage("TRANSFER OUT"), label: defineMessage("Transfer out") },
  FX_IN: { mark: defineMessage("FX IN"), label: defineMessage("Fx in") },
  FX_OUT: { mark: defineMessage("FX OUT"), label: defineMessage("Fx out") },
  SPLIT: { mark: defineMessage("SPLIT"), label: defineMessage("Split") },
  RETURN_OF_CAPITAL: { mark: defineMessage("RETURN OF CAPITAL"), label: defineMessage("Return of capital") },
  BONUS: { mark: defineMessage("BONUS"), label: defineMessage("Bonus") },
};

/** "RETURN_OF_CAPITAL" -> "RETURN OF CAPITAL". Also of what a model calls a movement and the ledger does not know. */
export function typeName(type: string): string {
  const names = (typeNames as Readonly<Record<string, Names | undefined>>)[type];
  return names ? t(names.mark) : type.replaceAll("_", " ");
}

/** The message of it. */
export const typeMessage = (type: TransactionType): Message => typeNames[type].mark;

/** "RETURN_OF_CAPITAL" -> "Return of capital". */
export const typeLabel = (type: TransactionType): string => t(typeNames[type].label);

interface KindNames {
  readonly one: Message;
  readonly counted: Message;
}

const kindNames: Readonly<Record<RowKind, KindNames>> = {
  BUY: {
    one: defineMessage("purchase"),
    counted: defineMessage("{count, plural, one {# purchase} other {# purchases}}"),
  },
  SELL: {
    one: defineMessage("sale"),
    counted: defineMessage("{count, plural, one {# sale} other {# sales}}"),
  },
  DIVIDEND: {
    one: defineMessage("dividend"),
    counted: defineMessage("{count, plural, one {# dividend} other {# dividends}}"),
  },
  INTEREST: {
    one: defineMessage("interest payment"),
    counted: defineMessage("{count, plural, one {# interest payment} other {# interest payments}}"),
  },
  DEPOSIT: {
    one: defineMessage("deposit"),
    counted: defineMessage("{count, plural, one {# deposit} other {# deposits}}"),
  },
  WITHDRAWAL: {
    one: defineMessage("withdrawal"),
    counted: defineMessage("{count, plural, one {# withdrawal} other {# withdrawals}}"),
  },
  FEE: {
    one: defineMessage("fee"),
    counted: defineMessage("{count, plural, one {# fee} other {# fees}}"),
  },
  TAX: {
    one: defineMessage("tax"),
    counted: defineMessage("{count, plural, one {# tax} other {# taxes}}"),
  },
  TRANSFER_IN: {
    one: defineMessage("transfer in"),
    counted: defineMessage("{count, plural, one {# transfer in} other {# transfers in}}"),
  },
  TRANSFER_OUT: {
    one: defineMessage("transfer out"),
    counted: defineMessage("{count, plural, one {# transfer out} other {# transfers out}}"),
  },
  FX_IN: {
    one: defineMessage("conversion"),
    counted: defineMessage("{count, plural, one {# conversion} other {# conversions}}"),
  },
  FX_OUT: {
    one: defineMessage("conversion out"),
    counted: defineMessage("{count, plural, one {# conversion out} other {# conversions out}}"),
  },
  SPLIT: {
    one: defineMessage("split"),
    counted: defineMessage("{count, plural, one {# split} other {# splits}}"),
  },
  RETURN_OF_CAPITAL: {
    one: defineMessage("return of capital"),
    counted: defineMessage("{count, plural, one {# return of capital} other {# returns of capital}}"),
  },
  BONUS: {
    one: defineMessage("bonus"),
    counted: defineMessage("{count, plural, one {# bonus} other {# bonuses}}"),
  },
  CORPORATE_ACTION: {
    one: defineMessage("corporate action"),
    counted: defineMessage("{count, plural, one {# corporate action} other {# corporate actions}}"),
  },
  OPTION: {
    one: defineMessage("option trade"),
    counted: defineMessage("{count, plural, one {# option trade} other {# option trades}}"),
  },
  CFD: {
    one: defineMessage("CFD trade"),
    counted: defineMessage("{count, plural, one {# CFD trade} other {# CFD trades}}"),
  },
  SHORT_SALE: {
    one: defineMessage("short sale"),
    counted: defineMessage("{count, plural, one {# short sale} other {# short sales}}"),
  },
  NOT_EXECUTED: {
    one: defineMessage("order that was not executed"),
    counted: defineMessage(
      "{count, plural, one {# order that was not executed} other {# orders that were not executed}}",
    ),
  },
  OTHER: {
    one: defineMessage("other entry"),
    counted: defineMessage("{count, plural, one {# other entry} other {# other entries}}"),
  },
};

/** "sale". */
export const nameKind = (kind: RowKind): string => t(kindNames[kind].one);

/** "2,998 purchases". */
export const countOfKind = (kind: RowKind, count: number): string => t(kindNames[kind].counted, { count });

/** A label within a sentence: nouns keep their capital in German. */
export function withinSentence(label: string): string {
  const language = currentLanguage();
  return language === "de" ? label : label.toLocaleLowerCase(language);
}

const unitNames: Readonly<Record<string, Message>> = {
  pence: defineMessage("pence"),
  cents: defineMessage("cents"),
  agorot: defineMessage("agorot"),
  fils: defineMessage("fils"),
};

/** What the ledger calls "pence". */
export function unitName(name: string): string {
  const known = unitNames[name];
  return known === undefined ? name : t(known);
}
