/** What DEGIRO writes, in its languages. */
import type { Format } from "../format.ts";
import { bearCosts, takeTrade } from "./within-texts.ts";

const degiroCost = /kosten|frais|costs?|fees?|gebühr|comiss|comisi|commission/i;

export const degiroFormats: readonly Format[] = [
  {
    name: "DEGIRO transactions",
    headers: ["product", "isin"],
    columns: {
      date: ["datum", "date", "fecha", "data"],
      time: ["tijd", "time", "uhrzeit", "heure", "hora", "ora"],
      name: "product",
      identifier: "isin",
      quantity: ["aantal", "quantity", "anzahl", "quantite", "cantidad", "quantita", "numero"],
      price: ["koers", "price", "kurs", "cours", "precio", "quotazione"],
      currency: ["koers+1", "price+1", "kurs+1", "cours+1", "precio+1", "quotazione+1"],
      gross: [
        "lokalewaarde",
        "localvalue",
        "wertinlokalwahrung",
        "montantdevise",
        "valorlocal",
        "valorelocale",
      ],
      amount: ["totaal", "total", "gesamt", "totale", "montantnegocie"],
      amountCurrency: ["totaal+1", "total+1", "gesamt+1", "totale+1"],
      fxRate: ["wisselkoers", "exchangerate", "wechselkurs", "tauxdechange", "tipodecambio", "tassodicambio"],
      fee: [
        ...[
          "transactiekostenenof",
          "transactionandor",
          "transactionandorthird",
          "transaktionsgebuhr",
          "fraisdecourtage",
        ],
        ...["costesdetransaccion", "costiditransazione", "transactiekostenenofkostenvanderden"],
      ],
      feeCurrency: [
        "transactiekostenenof+1",
        "transactionandor+1",
        "transactionandorthird+1",
        "transaktionsgebuhr+1",
      ],
    },
    take: (cell) => {
      const isTable = ["koers", "price", "kurs", "cours", "precio", "quotazione"].some(
        (name) => cell(name) !== "",
      );
      return isTable ? {} : null;
    },
  },
  ...(
    [
      ["datum", "tijd", "valutadatum", "omschrijving", "mutatie", "saldo"],
      ["date", "time", "valuedate", "description", "change", "balance"],
      ["datum", "uhrzeit", "valuta", "beschreibung", "anderung", "saldo"],
      ["date", "heure", "datede", "description", "mouvements", "solde"],
      ["fecha", "hora", "fechavalor", "descripcion", "variacion", "saldo"],
    ] as const
  ).map(
    ([date, time, valueDate, description, change, balance]): Format => ({
      name: "DEGIRO account",
      headers: [date, time, valueDate, "product", "isin", description, change, balance],
      columns: {
        date,
        time,
        type: description,
        name: "product",
        identifier: "isin",
        amount: `${change}+1`,
        amountCurrency: change,
        currency: change,
        status: ["orderid", "idorder"],
      },
      take: (cell) => {
        const text = cell(description);
        // The second half of a line that was broken in two.
        if (text === "" && cell(date) === "") return null;
        if (/^(WIJZIGING|PRODUCTWIJZIGING|STOCK SPLIT|CORPORATE ACTION|PRODUCT CHANGE)\b/i.test(text))
          return { type: "corporate action" };
        if (/^Degiro Cash Sweep|^Overboeking (van|naar) uw geldrekening|^Reservation/i.test(text))
          return { type: "internal transfer" };
        return takeTrade(text);
      },
      merge: bearCosts(
        ({ date, time, identifier }) => [date, time, identifier].join(" "),
        ({ type, identifier }) => (identifier ?? "") !== "" && degiroCost.test(type ?? ""),
      ),
      words: {
        valutadebitering: "FX",
        valutacreditering: "FX",
        fxdebit: "FX",
        fxcredit: "FX",
        ingresocambiodedivisa: "FX",
        retiradacambiodedivisa: "FX",
        levantamentodedivisa: "FX",
        creditodedivisa: "FX",
        ingreso: "DEPOSIT",
      },
    }),
  ),
];
