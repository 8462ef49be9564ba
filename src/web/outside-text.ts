/** What no text from outside may be, asked once for every address and body: nobody behind this has to think of it again. */
import type { RequestHandler } from "express";
import { InvalidInputError } from "./errors.ts";

/** Nothing that is read here has more than three levels; what walks a value by calling itself ends at some thousands. */
const deepest = 32;

/** A NUL is in no text of PostgreSQL's. Where it stands percent-encoded it is refused before anything decodes it. */
export const refuseUnstorableAddress: RequestHandler = ({ originalUrl }, _response, next) => {
  if (!originalUrl.includes("%00")) return next();
  const [path = "", ...query] = originalUrl.split("?");
  if (path.includes("%00")) throw new InvalidInputError("path", noNul);
  for (const [name, value] of new URLSearchParams(query.join("?"))) refuseText(name, value);
  throw new InvalidInputError("query", noNul);
};

/** Of a JSON body or a form, names of fields included. Throws InvalidInputError (422). */
export const refuseUnstorableBody: RequestHandler = ({ body }, _response, next) => {
  if (!(body instanceof Uint8Array)) refuseUnstorable(body);
  next();
};

const noNul = "expected text without NUL characters";

/** Level by level and not by calling itself, since the value may be nested as deep as its length allows. */
function refuseUnstorable(body: unknown): void {
  let level: readonly (readonly [field: string, value: unknown])[] = [["", body]];
  for (let depth = 0; level.length > 0; depth++) {
    const below: [string, unknown][] = [];
    for (const [field, value] of level) {
      if (typeof value === "string") refuseText(field, value);
      if (typeof value !== "object" || value === null) continue;
      if (depth === deepest)
        throw new InvalidInputError(field, `expected at most ${deepest} levels of nesting`);
      for (const [name, inner] of Object.entries(value)) {
        if (!Array.isArray(value)) refuseText(field, name);
        below.push([field === "" ? name : field, inner]);
      }
    }
    level = below;
  }
}

function refuseText(field: string, text: string): void {
  if (text.includes("\0")) throw new InvalidInputError(field, noNul);
  // Half of a pair, as JSON can write it: no encoding has it, so it could not be kept as it came.
  if (!text.isWellFormed()) throw new InvalidInputError(field, "expected text of whole characters");
}
