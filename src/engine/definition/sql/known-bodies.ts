import { type Body, type BodySource, parseBody } from "./parse.ts";
import type { FindRelation } from "./resolve.ts";

/** A body as it was read, with all that its reading depended on. */
interface KnownBody {
  readonly text: string;
  /** Asset, promised columns. */
  readonly declared: string;
  /** What `find` said of each relation asked for. */
  readonly found: ReadonlyMap<string, string>;
  readonly body: Body;
}

/** By file, of each what was read last: as many as there are files, and without their syntax trees. */
const known = new Map<string, KnownBody>();

/**
 * As `parseBody`, but a body that was read before, from the same text over the same relations, is not read again: of
 * thousands that are loaded anew whenever one is saved, all but that one.
 */
export async function readBody(source: BodySource): Promise<Body> {
  const declared = JSON.stringify([source.asset, source.columns]);
  const before = known.get(source.file);
  if (before?.text === source.text && before.declared === declared && holds(before, source.find))
    return before.body;
  const found = new Map<string, string>();
  const find: FindRelation = (schema, name) => {
    const relation = source.find(schema, name);
    found.set(JSON.stringify([schema, name]), JSON.stringify(relation));
    return relation;
  };
  const body = await parseBody({ ...source, find });
  known.set(source.file, { text: source.text, declared, found, body });
  return body;
}

function holds({ found }: KnownBody, find: FindRelation): boolean {
  return [...found].every(([asked, answer]) => {
    const [schema, name] = JSON.parse(asked) as [string | null, string];
    return JSON.stringify(find(schema, name)) === answer;
  });
}
