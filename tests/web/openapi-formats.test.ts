/** What the API's description says of a value is what its validation does, told by a validator that knows the description alone. */
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { apiRoutes } from "../../src/web/api/index.ts";
import type { WebContext } from "../../src/web/context.ts";
import type { Metrics } from "../../src/web/metrics.ts";
import { describeApi } from "../../src/web/openapi.ts";
import { hostileTexts } from "./hostile-texts.ts";
import { loopbackDeployment } from "./server.ts";

const routes = apiRoutes({ version: "", deployment: loopbackDeployment } as WebContext, {} as Metrics);
const { paths } = await describeApi(routes, "", "stratafolio_session");

interface Described {
  readonly parameters: readonly { name: string; in: string; schema: object }[];
  readonly requestBody?: {
    content: { "application/json": { schema: { properties?: Record<string, object> } } };
  };
}

interface Field {
  readonly what: string;
  readonly described: object;
  readonly validated: z.ZodType;
  readonly isInAddress: boolean;
}

/** Every field of a body, query or path that has a schema of its own. */
const allFields: Field[] = routes.flatMap((route) => {
  const described = paths[route.path.replaceAll(/:(\w+)/g, "{$1}")]![route.method] as Described;
  const shapeOf = (schema: z.ZodType | undefined): [string, z.ZodType][] =>
    schema instanceof z.ZodObject ? Object.entries(schema.shape as Record<string, z.ZodType>) : [];
  const body = described.requestBody?.content["application/json"].schema.properties ?? {};
  const parameter = (name: string, where: string) =>
    described.parameters.find((one) => one.name === name && one.in === where)!.schema;
  const all = [
    ...shapeOf(route.body ?? route.describedBody).map(
      ([name, schema]) => [name, schema, body[name]!, "body"] as const,
    ),
    ...shapeOf(route.query).map(
      ([name, schema]) => [name, schema, parameter(name, "query"), "query"] as const,
    ),
    ...shapeOf(route.parameters).map(
      ([name, schema]) => [name, schema, parameter(name, "path"), "path"] as const,
    ),
  ];
  return all.map(([name, validated, schema, where]) => ({
    what: `${route.method} ${route.path}: ${name}`,
    described: schema,
    validated,
    isInAddress: where !== "body",
  }));
});
// The same schema of many routes is looked at once.
const fields = [...new Map(allFields.map((field) => [JSON.stringify(field.described), field])).values()];

const digits = fc
  .array(fc.constantFrom(..."0123456789"), { minLength: 1, maxLength: 34 })
  .map((all) => all.join(""));
const blanks = fc.constantFrom("", " ", "\t", "\u00a0\n");
const near = fc.constantFrom(
  ...[
    "2024-02-29",
    "2023-02-29",
    "2024-1-05",
    "1899-12-31",
    "1900-01-01",
    "9999-12-31",
    "2024-13-01",
    "٢٠٢٤-٠١-٠٥",
  ],
  ...[
    "a@example.org",
    " A@Example.org ",
    "\u212a@example.org",
    "a..b@example.org",
    "a@b",
    "@",
    "a@example.org\u0000",
  ],
  ...["AAPL", " brk-b ", "^GSPC", "stra\u00dfe", "BTC-USD", "A".repeat(20), "A".repeat(21), "\u0131", ""],
  ...[
    "0",
    "0.0",
    "1",
    "1.",
    ".5",
    "-1",
    "+1",
    "1e3",
    "0x10",
    "1,000",
    "1 000",
    "007",
    "NaN",
    "Infinity",
    "１２",
  ],
  ...[
    "999999999999999",
    "1000000000000000",
    "0.000000000001",
    "0.0000000000001",
    "1.1000000000000000",
    "9".repeat(28),
  ],
  ...["500", "501", "9007199254740991", "9007199254740992", "average", "fifo", "BUY", "buy", "read", "price"],
  ...[99, 100, 101, 200, 201, 254, 255, 500, 501].flatMap((length) => [
    "a".repeat(length),
    "😀".repeat(length),
  ]),
  ...["__proto__", "hasOwnProperty", "constructor", "true", "null", " ", "\u00a0"],
);
const hostile = fc.constantFrom(...Object.values(hostileTexts).map((make) => make(300).toWellFormed()));
const texts = fc.oneof(
  near,
  hostile,
  fc.string(),
  fc.tuple(blanks, fc.oneof(digits, near), blanks).map((all) => all.join("")),
  fc.tuple(digits, digits).map(([whole, fraction]) => `${whole}.${fraction}`),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10)),
);
const numbers = fc.oneof(fc.constantFrom(0, -0, 1, -1, 0.1, 1e-7, 1e15, 1e14, 1e300, -0.5), fc.integer());
const values = fc.oneof(texts, numbers, fc.boolean(), fc.constant(null), fc.array(texts, { maxLength: 3 }));

describe("what is described is what is validated", () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, coerceTypes: false });

  test.each(fields.map((field) => [field.what, field] as const))(
    "%s",
    (_, { described, validated, isInAddress }) => {
      const isDescribed = ajv.compile(described);
      // In an address everything is text: a number is one by its description if its digits are.
      const isInteger = (described as { type?: string }).type === "integer";
      const asDescribed = (value: unknown): unknown =>
        isInteger && typeof value === "string" && /^[1-9]\d*$/.test(value) ? Number(value) : value;
      const inputs: fc.Arbitrary<unknown> = isInAddress ? texts : values;
      fc.assert(
        fc.property(inputs, (value) => {
          expect([value, validated.safeParse(value).success]).toEqual([
            value,
            isDescribed(asDescribed(value)),
          ]);
        }),
        { numRuns: 400 },
      );
    },
  );
});
