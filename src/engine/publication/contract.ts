import type { ClientBase } from "pg";
import type { SqlAsset } from "../definition/index.ts";
import { EngineError } from "../postgres/index.ts";

/** A column of a body that is not what was declared. */
export interface ContractBreach {
  readonly column: string;
  readonly expected: string;
  readonly got: string;
}

/** The body's columns are not those declared. */
export class ContractError extends EngineError {
  readonly code = "contract";
  readonly asset: string;
  readonly breaches: readonly ContractBreach[];

  constructor(asset: string, breaches: readonly ContractBreach[]) {
    const listed = breaches.map(
      ({ column, expected, got }) => `column ${column}: expected ${expected}, got: ${got}`,
    );
    super(`${asset} gives other columns than it declares: ${listed.join("; ")}`);
    this.asset = asset;
    this.breaches = breaches;
  }
}

/** Asks PostgreSQL what the body gives, without running it, and throws ContractError where it is not what is declared. */
export async function enforceContract(client: ClientBase, asset: SqlAsset, body: string): Promise<void> {
  const { fields } = await client.query(`select * from (${body}\n) as body limit 0`);
  const { rows } = await client.query<{ type: string }>(
    `select format_type(oid, null) as type
     from unnest($1::oid[]) with ordinality as given (oid, position)
     order by position`,
    [fields.map(({ dataTypeID }) => dataTypeID)],
  );
  const given = new Map(fields.map(({ name }, index) => [name, rows[index]!.type]));
  const breaches: ContractBreach[] = [];
  for (const [column, { type }] of Object.entries(asset.columns)) {
    const got = given.get(column) ?? "no such column";
    if (got !== type) breaches.push({ column, expected: type, got });
  }
  for (const [column, got] of given)
    if (!(column in asset.columns)) breaches.push({ column, expected: "no such column", got });
  if (breaches.length > 0) throw new ContractError(asset.name, breaches);
}
