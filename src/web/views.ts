import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import Handlebars from "handlebars";
import { mapInTurns } from "../event-loop.ts";
import type { Language } from "../languages.ts";
import { isOwnAsset } from "../market/ticker.ts";
import type { Format } from "./format.ts";
import { type Catalogue, catalogueOf, localise, scriptMessages } from "./messages/index.ts";
import { sayReading } from "./number-input.ts";
import { shownTicker } from "./own-names.ts";
import { sayReason } from "./reasons.ts";
import { stateName } from "./state-names.ts";
import type { StaticFiles } from "./static-files.ts";
import { sayOfStep, sayReasonsOfStep } from "./step-words.ts";

/** What every template can reach, whatever page it is part of. */
export interface ViewEnvironment {
  readonly format: Format;
  readonly language: Language;
  readonly now: Date;
}

export interface Views {
  /** The markup of one view of `ui/views`, without the frame around it. */
  render(view: string, page: object, environment: ViewEnvironment): string;
  /** The markup of one partial of `ui/partials` for each of many, while other requests are answered. */
  renderEach(partial: string, items: readonly object[], environment: ViewEnvironment): Promise<Markup>;
}

/** What templates take as it is. */
export type Markup = Handlebars.SafeString;

interface HelperOptions extends Handlebars.HelperOptions {
  readonly data: ViewEnvironment;
}

type FormatName = Exclude<
  { [K in keyof Format]: Format[K] extends (value: never) => string ? K : never }[keyof Format],
  "in"
>;

/** Templates of `ui/views` and `ui/partials`, compiled at start; in another language when somebody first reads in it. */
export function createViews(folder: string, staticFiles: StaticFiles): Views {
  const read = (subfolder: string): [name: string, source: string][] =>
    readdirSync(join(folder, subfolder))
      .filter((file) => file.endsWith(".hbs"))
      .map((file) => [basename(file, ".hbs"), readFileSync(join(folder, subfolder, file), "utf8")]);
  const sources = { views: read("views"), partials: read("partials") };
  const english = compileTemplates(sources, "en", staticFiles);
  const others = new Map<Language, Templates>([["en", english]]);
  const templatesIn = (language: Language): Templates => {
    const known = others.get(language) ?? compileTemplates(sources, language, staticFiles);
    others.set(language, known);
    return known;
  };
  return {
    render(view, page, environment) {
      const template = templatesIn(environment.language).views.get(view);
      if (!template) throw new Error(`expected a view of ui/views, got: ${view}`);
      return template(page, { data: environment });
    },
    async renderEach(partial, items, environment) {
      const template = templatesIn(environment.language).partials.get(partial);
      if (!template) throw new Error(`expected a partial of ui/partials, got: ${partial}`);
      const each = await mapInTurns(items, (item) => template(item, { data: environment }));
      return new Handlebars.SafeString(each.join(""));
    },
  };
}

type Sources = Readonly<Record<"views" | "partials", readonly (readonly [name: string, source: string])[]>>;
type Templates = Readonly<Record<"views" | "partials", ReadonlyMap<string, HandlebarsTemplateDelegate>>>;

function compileTemplates(sources: Sources, language: Language, staticFiles: StaticFiles): Templates {
  const handlebars = Handlebars.create();
  const catalogue = catalogueOf(language);
  const compile = (source: string): HandlebarsTemplateDelegate => {
    const written = language === "en" ? source : writtenIn(catalogue, source);
    return handlebars.compile(withoutIndentation(written), { preventIndent: true });
  };
  const partials = new Map(sources.partials.map(([name, source]) => [name, compile(source)]));
  for (const [name, template] of partials) handlebars.registerPartial(name, template);
  registerHelpers(handlebars, staticFiles, new Intl.PluralRules(language));
  return { partials, views: new Map(sources.views.map(([name, source]) => [name, compile(source)])) };
}

/** A translation that does not fit leaves its template in English: tests know of every one. */
function writtenIn(catalogue: Catalogue, source: string): string {
  try {
    return localise(source, (message) => catalogue[message] || null);
  } catch (error) {
    if (error instanceof SyntaxError) return source;
    throw error;
  }
}

/** Indentation is for who reads the templates: a page of ten years would carry 200 kB of it. */
function withoutIndentation(source: string): string {
  return source.replaceAll(/^[ \t]+/gm, "");
}

const formatNames: readonly FormatName[] = [
  "money",
  "signedMoney",
  "amount",
  "signedAmount",
  "price",
  "quantity",
  "rate",
  "percent",
  "signedPercent",
  "tenths",
  "signedPoints",
  "count",
  "number",
  "date",
  "dateTime",
  "duration",
];

function registerHelpers(
  handlebars: typeof Handlebars,
  staticFiles: StaticFiles,
  plurals: Intl.PluralRules,
): void {
  const helper = handlebars.registerHelper.bind(handlebars);
  for (const name of formatNames) {
    helper(name, (value: unknown, options: HelperOptions) =>
      formatOrReason(handlebars, name, value, options),
    );
  }
  helper("relative", (instant: Date, { data }: HelperOptions) => data.format.relative(instant, data.now));
  helper("iso", (instant: Date) => instant.toISOString());
  helper("stateName", (name: string) => stateName(name));
  helper("day", (instant: Date) => instant.toISOString().slice(0, 10));
  helper("tickerName", (ticker: string | null) => ticker && shownTicker(ticker));
  helper("isOwnAsset", (ticker: string | null) => ticker !== null && isOwnAsset(ticker));
  helper("static", (name: string) => staticFiles.url(name));
  /** What they say in the reader's language: data, which no policy of ours keeps from standing in the page. */
  helper("scriptMessages", (scripts: readonly string[], { data }: HelperOptions) => {
    const json = scriptMessages(data.language, scripts);
    return (
      json && new handlebars.SafeString(`<script type="application/json" id="messages">${json}</script>`)
    );
  });
  helper("eq", (left: unknown, right: unknown) => left === right);
  helper("isKnown", (value: unknown) => value !== null && value !== undefined);
  helper("not", (value: unknown) => !value);
  /** What `{{#if (eq count 1)}}` is in a language of other plurals. */
  helper("isOne", function (this: unknown, count: unknown, options: HelperOptions) {
    return plurals.select(Number(count)) === "one" ? options.fn(this) : options.inverse(this);
  });
  helper("isShownTo", (reading: unknown, isReadByOthers: boolean) => !reading || isReadByOthers);
  /** Within a textarea nothing else means anything; a file of quotation marks would take a second to escape otherwise. */
  helper(
    "typed",
    (text: string) => new handlebars.SafeString(text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")),
  );
  /** What a number field is read as, where a form comes back without a script to say it. */
  helper("readAs", (text: unknown, { data }: HelperOptions) =>
    typeof text === "string" ? sayReading(text, data.format.locale) : "",
  );
  /** On the first field of a page that is wrong, wherever that stands. */
  const focused = new WeakSet<object>();
  helper("focusFirst", ({ data }: HelperOptions & { readonly data: { readonly root: object } }) => {
    if (focused.has(data.root)) return "";
    focused.add(data.root);
    return "autofocus";
  });
  helper("reasonsOfStep", (text: string) => sayReasonsOfStep(text));
  helper("ofStep", (text: string | null) => text && sayOfStep(text));
  /**
   * `{{#explain "xirr" ticker=ticker over=scope}}…{{/explain}}`: the figure inside leads to its explanation. `over` brings the
   * parameters of the days, and of the account, that it is about.
   */
  helper("explain", function (this: unknown, figure: string, options: HelperOptions) {
    const { over, ...about } = options.hash;
    const href = handlebars.escapeExpression(explainPath(figure, { ...over, ...about }));
    return new handlebars.SafeString(`<a class="explain" href="${href}">${options.fn(this)}</a>`);
  });
  /** The same address by itself. */
  helper("explainPath", (figure: string, options: HelperOptions) => explainPath(figure, options.hash));
  /**
   * `{{#kept figures}}…{{/kept}}`: rendered once for each object, and for as long as the object is kept. What is inside must
   * follow from it alone: 9 ms of a page of ten years.
   */
  const rendered = new WeakMap<object, Handlebars.SafeString>();
  helper("kept", function (this: unknown, subject: object, options: HelperOptions) {
    const markup = rendered.get(subject) ?? new handlebars.SafeString(options.fn(this));
    rendered.set(subject, markup);
    return markup;
  });
  /** "gain", "loss" or "flat", for a class name; the sign itself is always written too. */
  helper("direction", (value: string | number | null) => direction(value));
}

/** Where a figure is explained: `/explain/xirr?ticker=NORD`. What is null, or empty, is left out. */
export function explainPath(figure: string, about: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(about).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  const query = new URLSearchParams(
    given.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return `/explain/${figure}${query && `?${query}`}`;
}

export function direction(value: string | number | null): "gain" | "loss" | "flat" {
  const sign = Math.sign(Number(value ?? 0));
  return sign > 0 ? "gain" : sign < 0 ? "loss" : "flat";
}

/**
 * `{{money value reason=why}}`: a figure that cannot be computed shows a dash and its reason, never 0, never nothing.
 * `{{price value currency=code}}`: what is not in the person's base currency says in which it is; "": nobody knows.
 */
function formatOrReason(
  handlebars: typeof Handlebars,
  name: FormatName,
  value: unknown,
  { data, hash }: HelperOptions,
): unknown {
  const format = data.format.in(hash.currency ?? null);
  if (value !== null && value !== undefined) return (format[name] as (value: unknown) => string)(value);
  const reason = handlebars.escapeExpression(sayReason(String(hash.reason ?? "not known")));
  return new handlebars.SafeString(
    `<span class="absent"><span aria-hidden="true">—</span> <span class="reason">${reason}</span></span>`,
  );
}
