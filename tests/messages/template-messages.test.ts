import Handlebars from "handlebars";
import { expect, test } from "vitest";
import { localise, messagesOf } from "../../src/web/messages/index.ts";

// What of a template is a message, and what becomes of it in another language.

test.each<[what: string, source: string, messages: string[]]>([
  ["a line of text", "<p>Nothing is\n    held.</p>", ["Nothing is held."]],
  ["a value", "<p>Prices as of {{date span.last}}.</p>", ["Prices as of {last}."]],
  ["two values of one name", "<p>{{a.date}} to {{b.date}}</p>", ["{date} to {date2}"]],
  [
    "a value in a tag of its own",
    '<p>As of <time datetime="{{day}}">{{date day}}</time>.</p>',
    ["As of {day}."],
  ],
  ["a link in a sentence", '<p>See <a href="/x">the portfolio</a>.</p>', ["See <a>the portfolio</a>."]],
  [
    "a plural",
    "<p>{{count n}} {{#if (eq n 1)}}row{{else}}rows{{/if}} left</p>",
    ["{n} {n_count, plural, one {row} other {rows}} left"],
  ],
  [
    "a choice",
    "<p>Kept {{#if forever}}for good{{else}}until {{date end}}{{/if}}.</p>",
    ["Kept {forever_if, select, true {for good} other {until {end}}}."],
  ],
  [
    "a sentence that may be left out",
    "<p>Saved. {{#if more}}More is coming.{{/if}}</p>",
    ["Saved.", "More is coming."],
  ],
  [
    "attributes that are read",
    '<a title="Open {{name}}" class="row" href="/x">Go</a>',
    ["Open {name}", "Go"],
  ],
  ["what a partial is told", '{{> field label="About the position" name="about"}}', ["About the position"]],
  ["braces", "<p>{ticker} in the address</p>", ["'{'ticker'}' in the address"]],
  ["no letters", "<p>{{money value}} · {{percent ratio}}</p>", []],
  ["a comment", "<p>{{!-- why --}}Yes</p>", ["Yes"]],
])("%s", (_, source, messages) => {
  expect(messagesOf(source)).toEqual(messages);
  // What is not translated stays as it was.
  expect(localise(source, () => null)).toBe(source.replace("{{!-- why --}}", ""));
});

const render = (source: string, translations: Record<string, string>, values: object): string => {
  const handlebars = Handlebars.create();
  handlebars.registerHelper("count", (value: number) => String(value));
  handlebars.registerHelper("eq", (left: unknown, right: unknown) => left === right);
  handlebars.registerHelper(
    "isOne",
    function (this: unknown, count: number, options: Handlebars.HelperOptions) {
      return count < 2 ? options.fn(this) : options.inverse(this);
    },
  );
  return handlebars.compile(localise(source, (message) => translations[message] ?? null))(values);
};

test("a ~ at an end joins no words where the other language has it elsewhere", () => {
  const source =
    "<a>\n  {{~count n}} {{#if (eq n 1)}}trade{{else}}trades{{/if~}}\n</a>, <b>\n{{~count n}} in all\n</b>";
  const message = "<a> {n} {n_count, plural, one {trade} other {trades}} </a>, <b> {n} in all </b>";
  expect(messagesOf(source)).toEqual([message]);
  const swahili = "<a> {n_count, plural, one {biashara} other {biashara}} {n} </a>, <b> jumla {n} </b>";
  expect(render(source, { [message]: swahili }, { n: 15 })).toBe("<a>biashara 15</a>, <b>jumla 15 </b>");
  expect(
    render("<p>\n{{~count n}} left{{#if x}}!{{/if~}}\n</p>", { "{n} left{x}": "Noch {n}{x}" }, { n: 2 }),
  ).toBe("<p>Noch 2</p>");
});

test("places stand where the other language has them, in tags of the template", () => {
  const source = '<p>See <a href="/p">the portfolio</a> of {{name}} <strong>now</strong>.</p>';
  const message = "See <a>the portfolio</a> of {name} <strong>now</strong>.";
  const other = "<strong>Jetzt</strong> {name}: <a>zum Portfolio</a>.";
  expect(render(source, { [message]: other }, { name: "A & B" })).toBe(
    '<p><strong>Jetzt</strong> A &amp; B: <a href="/p">zum Portfolio</a>.</p>',
  );
});

test("what counts as one is the language's", () => {
  const source = "<p>{{count n}} {{#if (eq n 1)}}row{{else}}rows{{/if}}</p>";
  const message = "{n} {n_count, plural, one {row} other {rows}}";
  const french = { [message]: "{n} {n_count, plural, one {ligne} other {lignes}}" };
  expect([0, 1, 2].map((n) => render(source, french, { n }))).toEqual([
    "<p>0 ligne</p>",
    "<p>1 ligne</p>",
    "<p>2 lignes</p>",
  ]);
});

test("an option within an option keeps its condition", () => {
  const source = "<p>It is {{#if a}}A{{else if b}}B {{name}}{{else}}nothing{{/if}} here</p>";
  const [message] = messagesOf(source);
  const values = [{ a: true }, { b: true, name: "x" }, {}];
  const translations = { [message!]: message!.replace("here", "hier") };
  expect(values.map((value) => render(source, translations, value))).toEqual([
    "<p>It is A hier</p>",
    "<p>It is B x hier</p>",
    "<p>It is nothing hier</p>",
  ]);
});

test.each([
  ["a place that the message has not", "Prix {nope}"],
  ["a tag that it has not", "<em>Prix</em> {last}"],
])("%s is refused", (_, translation) => {
  expect(() => localise("<p>Prices as of {{last}}</p>", () => translation)).toThrow(SyntaxError);
});

test("a translation is text: neither markup nor an expression of the template", () => {
  const translation = "'<script>' \"und\" '{{{'body'}}}'";
  expect(render("<p>Prices</p>", { Prices: translation }, { body: "<b>x</b>" })).toBe(
    "<p>&lt;script> &quot;und&quot; &#123;&#123;&#123;body}}}</p>",
  );
});
