/** Reads a SELECT's syntax tree as PostgreSQL would: what it reads, what it calls, where each column comes from. */
import type {
  A_Indirection,
  Alias,
  ColumnRef,
  CommonTableExpr,
  FuncCall,
  JoinExpr,
  RangeFunction,
  RangeVar,
  SelectStmt,
  SubLink,
  Node as Tree,
  WithClause,
} from "libpg-query";
import type { Place } from "../places.ts";
import type { DefinitionError } from "../problems.ts";
import * as problem from "../problems.ts";
import { impurityOfCall, impurityOfLiteral } from "./impurity.ts";
import {
  allOrigins,
  NameScope,
  noOrigins,
  type Origins,
  type Rowset,
  renameColumns,
  unionOrigins,
} from "./name-scope.ts";
import { outputName } from "./output-name.ts";

/** A relation that stands outside the body. */
export interface RelationRead {
  /** As written: `x` or `schema.x`. */
  readonly name: string;
  /** null: it is none. */
  readonly asset: string | null;
  /** Where it is read first. */
  readonly place: Place;
}

/** The asset a relation is, and its columns; null: not an asset. schema null: unqualified. */
export type FindRelation = (
  schema: string | null,
  name: string,
) => {
  readonly asset: string;
  readonly columns: readonly string[];
  /** Absent: not known. */
  readonly key?: readonly string[];
  /** It has just these columns, in this order. */
  readonly isExact: boolean;
} | null;

/** Output columns by position: names may repeat, which is for the caller to judge. */
export interface Output {
  readonly columns: readonly { readonly name: string; readonly origins: Origins }[];
  readonly others: Origins | null;
}

type OutputColumn = Output["columns"][number];

function asRowset(output: Output, name: string | null): Rowset {
  return {
    name,
    columns: new Map(output.columns.map((column) => [column.name, column.origins])),
    others: output.others,
  };
}

export function strings(nodes: readonly Tree[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => ("String" in node ? [node.String.sval ?? ""] : []));
}

export function isStar(nodes: readonly Tree[] | undefined): boolean {
  return nodes?.some((node) => "A_Star" in node) ?? false;
}

function cteRowset(cte: CommonTableExpr, output: Output): Rowset {
  const rowset = renameColumns(asRowset(output, null), cte.ctename ?? null, strings(cte.aliascolnames));
  const columns = addedColumns(cte).map((column) => [column, noOrigins] as const);
  return { ...rowset, columns: new Map([...rowset.columns, ...columns]) };
}

/** SEARCH and CYCLE add columns of their own to a recursive CTE. */
export function addedColumns({ search_clause: search, cycle_clause: cycle }: CommonTableExpr): string[] {
  const added = [search?.search_seq_column, cycle?.cycle_mark_column, cycle?.cycle_path_column];
  return added.filter((column) => column !== undefined);
}

/** A function's own columns are not known, its scalar takes the alias. closed: it has no others. */
export function functionColumns(range: RangeFunction): {
  readonly name: string | null;
  readonly columns: readonly string[];
  readonly closed: boolean;
} {
  const [first] = range.functions ?? [];
  const call = first && "List" in first ? first.List.items?.[0] : undefined;
  const name = range.alias?.aliasname ?? (call ? outputName(call) : null);
  const defined = (range.coldeflist ?? []).flatMap((node) =>
    "ColumnDef" in node ? (node.ColumnDef.colname ?? "") : [],
  );
  const given = strings(range.alias?.colnames);
  const columns = given.length > 0 ? given : defined.length > 0 ? defined : [name ?? ""];
  if (range.ordinality) columns.push("ordinality");
  return { name, columns, closed: given.length > 0 || defined.length > 0 };
}

export class Resolver {
  readonly relations = new Map<string, RelationRead>();
  /** Names of the functions called, without their schema. */
  readonly functions = new Set<string>();
  /** By place and message: the recursive part of a CTE is read twice. */
  readonly problems = new Map<string, DefinitionError>();
  readonly #find: FindRelation;
  readonly #placeAt: (location: number | undefined) => Place;
  /** What is read within an EXISTS; null: outside of one. */
  #read: Set<string> | null = null;

  /** placeAt: where the byte at `location` of the text stands. */
  constructor(find: FindRelation, placeAt: (location: number | undefined) => Place) {
    this.#find = find;
    this.#placeAt = placeAt;
  }

  /** outer, enclosing: see NameScope. */
  select(statement: SelectStmt, outer: NameScope | null = null, enclosing: NameScope | null = null): Output {
    const scope = new NameScope(outer, enclosing);
    if (statement.withClause) this.#with(statement.withClause, scope);
    if (statement.intoClause) this.#report(problem.notSelect(this.#placeAt(undefined), "SELECT INTO"));
    if (statement.lockingClause)
      this.#report(problem.notSelect(this.#placeAt(undefined), "SELECT FOR UPDATE"));
    const output = this.#output(statement, scope);
    // These may name output columns, after those of FROM.
    scope.from.push(asRowset(output, null));
    const { groupClause, sortClause, distinctClause, limitCount, limitOffset } = statement;
    this.#origins([groupClause, sortClause, distinctClause, limitCount, limitOffset], scope);
    return output;
  }

  #output(statement: SelectStmt, scope: NameScope): Output {
    if (statement.larg && statement.rarg) {
      const left = this.select(statement.larg, scope, scope.enclosing);
      return unionOutputs(left, this.select(statement.rarg, scope, scope.enclosing));
    }
    if (statement.valuesLists) return this.#values(statement.valuesLists, scope);
    for (const item of statement.fromClause ?? []) this.#from(item, scope);
    this.#origins([statement.whereClause, statement.havingClause], scope);
    for (const node of statement.windowClause ?? []) {
      if (!("WindowDef" in node)) continue;
      const { name = "", refname, ...window } = node.WindowDef;
      const begun = refname === undefined ? noOrigins : (scope.windows.get(refname) ?? noOrigins);
      scope.windows.set(name, unionOrigins([begun, this.#origins(window, scope)]));
    }
    return this.#targets(statement.targetList ?? [], scope);
  }

  #targets(targets: readonly Tree[], scope: NameScope): Output {
    const columns: OutputColumn[] = [];
    let others: Origins | null = null;
    for (const target of targets) {
      if (!("ResTarget" in target) || !target.ResTarget.val) continue;
      const { val, name } = target.ResTarget;
      const starred = this.#star(val, scope);
      if (starred) {
        for (const [column, origins] of starred.columns) columns.push({ name: column, origins });
        if (starred.others) others = unionOrigins([others ?? noOrigins, starred.others]);
      } else {
        columns.push({ name: name ?? outputName(val), origins: this.#origins(val, scope) });
      }
    }
    return { columns, others };
  }

  /** `*`, `t.*` or `(row).*`; null: not a star. */
  #star(value: Tree, scope: NameScope): Rowset | null {
    if ("ColumnRef" in value && isStar(value.ColumnRef.fields)) {
      const relation = strings(value.ColumnRef.fields).at(-1);
      if (relation === undefined) return scope.star();
      return scope.relation(relation) ?? { name: null, columns: new Map(), others: noOrigins };
    }
    if ("A_Indirection" in value && isStar(value.A_Indirection.indirection)) {
      return { name: null, columns: new Map(), others: this.#origins(value.A_Indirection.arg, scope) };
    }
    return null;
  }

  #values(lists: readonly Tree[], scope: NameScope): Output {
    const rows = lists.map((list) => ("List" in list ? (list.List.items ?? []) : []));
    const columns = (rows[0] ?? []).map((_, index) => ({
      name: `column${index + 1}`,
      origins: unionOrigins(rows.map((row) => this.#origins(row[index], scope))),
    }));
    return { columns, others: null };
  }

  #with(clause: WithClause, scope: NameScope): void {
    for (const node of clause.ctes ?? []) {
      if (!("CommonTableExpr" in node)) continue;
      const { ctename: name = "", ctequery: query, location } = node.CommonTableExpr;
      if (!query || !("SelectStmt" in query)) {
        this.#report(problem.notSelect(this.#placeAt(location), `${name}, a CTE that writes`));
        continue;
      }
      const named = (output: Output): Rowset => cteRowset(node.CommonTableExpr, output);
      const { larg } = query.SelectStmt;
      if (clause.recursive && larg) {
        // The part that is not recursive gives the columns; what the rest adds is found by reading it twice.
        scope.defineCte(name, { name, columns: new Map(), others: noOrigins });
        scope.defineCte(name, named(this.select(larg, scope, scope.enclosing)));
        scope.defineCte(name, named(this.select(query.SelectStmt, scope, scope.enclosing)));
      }
      scope.defineCte(name, named(this.select(query.SelectStmt, scope, scope.enclosing)));
    }
  }

  #from(item: Tree, scope: NameScope): void {
    if ("RangeVar" in item) scope.from.push(this.#relation(item.RangeVar, scope));
    else if ("JoinExpr" in item) this.#join(item.JoinExpr, scope);
    else if ("RangeFunction" in item) scope.from.push(this.#function(item.RangeFunction, scope));
    else if ("RangeSubselect" in item) {
      const { subquery, alias, lateral } = item.RangeSubselect;
      if (!subquery || !("SelectStmt" in subquery)) return;
      const output = this.select(subquery.SelectStmt, scope, lateral ? scope : scope.enclosing);
      scope.from.push(this.#aliased(asRowset(output, null), alias));
    } else if ("RangeTableSample" in item) {
      const { relation, location } = item.RangeTableSample;
      this.#report(problem.impureBody(this.#placeAt(location), "TABLESAMPLE", "a random part of the rows"));
      if (relation) this.#from(relation, scope);
    } else {
      // xmltable and json_table, which name their own columns.
      const alias = (Object.values(item)[0] as { alias?: Alias }).alias;
      const others = this.#origins(item, scope);
      scope.from.push(this.#aliased({ name: null, columns: new Map(), others }, alias));
    }
  }

  #aliased(rowset: Rowset, alias: Alias | undefined): Rowset {
    return alias ? renameColumns(rowset, alias.aliasname ?? null, strings(alias.colnames)) : rowset;
  }

  #relation(range: RangeVar, scope: NameScope): Rowset {
    const { schemaname: schema, relname: name = "", alias, location } = range;
    const cte = schema === undefined ? scope.cte(name) : null;
    if (cte) return this.#aliased(renameColumns(cte, name, []), alias);
    const written = schema === undefined ? name : `${schema}.${name}`;
    const found = this.#find(schema ?? null, name);
    if (!this.relations.has(written)) {
      this.relations.set(written, {
        name: written,
        asset: found?.asset ?? null,
        place: this.#placeAt(location),
      });
    }
    const columns = (found?.columns ?? []).map(
      (column) => [column, new Set([`${found!.asset}.${column}`])] as const,
    );
    return this.#aliased({ name, columns: new Map(columns), others: found ? null : noOrigins }, alias);
  }

  #join(join: JoinExpr, scope: NameScope): void {
    const first = scope.from.length;
    if (join.larg) this.#from(join.larg, scope);
    const middle = scope.from.length;
    if (join.rarg) this.#from(join.rarg, scope);
    const using = new Set(strings(join.usingClause));
    if (join.isNatural) {
      const right = new Set(scope.from.slice(middle).flatMap(({ columns }) => [...columns.keys()]));
      for (const { columns } of scope.from.slice(first, middle)) {
        for (const column of columns.keys()) if (right.has(column)) using.add(column);
      }
    }
    const merged = unionOrigins([...using].map((column) => scope.merge(column)));
    if (join.join_using_alias) {
      scope.from.push({ name: join.join_using_alias.aliasname ?? null, columns: new Map(), others: merged });
    }
    this.#origins(join.quals, scope);
    if (join.alias) {
      const hidden = new NameScope(null, null);
      hidden.from.push(...scope.from.splice(first));
      for (const column of using) hidden.merge(column);
      scope.from.push(this.#aliased(hidden.star(), join.alias));
    }
  }

  /** Arguments may read what stands to the left. */
  #function(range: RangeFunction, scope: NameScope): Rowset {
    const origins = this.#origins(range.functions, scope);
    const { name, columns, closed } = functionColumns(range);
    return {
      name,
      columns: new Map(columns.map((column) => [column, origins])),
      others: closed ? null : origins,
    };
  }

  /** All columns that an expression, or any part of the tree, is computed from. */
  #origins(part: unknown, scope: NameScope): Origins {
    const found = new Set<string>();
    const add = (origins: Origins): void => {
      for (const origin of origins) found.add(origin);
    };
    if (Array.isArray(part)) {
      for (const item of part) add(this.#origins(item, scope));
    } else if (typeof part === "object" && part !== null) {
      for (const [kind, content] of Object.entries(part)) {
        if (kind === "ColumnRef") add(this.#column(content as ColumnRef, scope));
        else if (kind === "SubLink") add(this.#subLink(content as SubLink, scope));
        else if (kind === "A_Indirection") add(this.#field(content as A_Indirection, scope));
        else {
          this.#judge(kind, content);
          if (kind === "FuncCall") add(windowOrigins(content as FuncCall, scope));
          add(this.#origins(content, scope));
        }
      }
    }
    return found;
  }

  /** `(r).x` of a relation r is one column; of any other row the field is not known, and all of it is read. */
  #field({ arg, indirection }: A_Indirection, scope: NameScope): Origins {
    const [name] =
      arg && "ColumnRef" in arg && arg.ColumnRef.fields?.length === 1 ? strings(arg.ColumnRef.fields) : [];
    const [field] = strings(indirection?.slice(0, 1));
    const column =
      name !== undefined && field !== undefined ? scope.row(name)?.columns.get(field) : undefined;
    return unionOrigins([column ?? this.#origins(arg, scope), this.#origins(indirection, scope)]);
  }

  #subLink(link: SubLink, scope: NameScope): Origins {
    const tested = this.#origins(link.testexpr, scope);
    if (!link.subselect || !("SelectStmt" in link.subselect)) return tested;
    if (link.subLinkType === "EXISTS_SUBLINK") return this.#existence(link.subselect.SelectStmt, scope);
    const output = this.select(link.subselect.SelectStmt, scope, scope);
    return unionOrigins([
      tested,
      ...output.columns.map(({ origins }) => origins),
      output.others ?? noOrigins,
    ]);
  }

  /** Whether there are rows follows from every column that the sub-select reads; where it reads none, from its relations. */
  #existence(statement: SelectStmt, scope: NameScope): Origins {
    const outer = this.#read;
    this.#read = new Set();
    this.select(statement, scope, scope);
    const read = this.#read;
    this.#read = outer;
    if (read.size === 0) {
      const inside = new NameScope(scope, scope);
      for (const item of statement.fromClause ?? []) this.#from(item, inside);
      for (const rowset of inside.from) for (const origin of allOrigins(rowset)) read.add(origin);
    }
    for (const origin of read) outer?.add(origin);
    return read;
  }

  #column(reference: ColumnRef, scope: NameScope): Origins {
    const origins = this.#columnOrigins(reference, scope);
    for (const origin of origins) this.#read?.add(origin);
    return origins;
  }

  #columnOrigins(reference: ColumnRef, scope: NameScope): Origins {
    const fields = strings(reference.fields);
    if (isStar(reference.fields)) {
      const relation = fields.length > 0 ? scope.relation(fields.at(-1)!) : scope.star();
      return relation ? allOrigins(relation) : noOrigins;
    }
    const resolution = scope.resolve(fields);
    if (resolution.kind === "found") return resolution.origins;
    const place = this.#placeAt(reference.location);
    if (resolution.kind === "system") {
      this.#report(
        problem.impureBody(place, fields.join("."), "where a row is kept changes whenever it is written"),
      );
      return noOrigins;
    }
    const known = fields.length > 1 ? scope.relation(fields.at(-2)!)?.columns.keys() : undefined;
    this.#report(problem.unknownBodyColumn(place, fields.join("."), known ?? scope.visibleColumns()));
    return noOrigins;
  }

  /** Notes what is called, and refuses what gives other rows another time. */
  #judge(kind: string, content: unknown): void {
    if (kind === "FuncCall") {
      const call = content as FuncCall;
      const name = strings(call.funcname).at(-1) ?? "";
      const reason = impurityOfCall(name, call.args?.length ?? 0);
      if (reason) this.#report(problem.impureBody(this.#placeAt(call.location), `${name}()`, reason));
      this.functions.add(name);
      return;
    }
    const impurity = impurityOfLiteral(kind, content);
    if (impurity) {
      this.#report(problem.impureBody(this.#placeAt(impurity.location), impurity.what, impurity.reason));
    }
  }

  #report(found: DefinitionError): void {
    this.problems.set(`${found.line} ${found.column} ${found.message}`, found);
  }
}

/** Of a call over a named window: what partitions and orders that. One written in place is part of the call's tree. */
function windowOrigins({ over }: FuncCall, scope: NameScope): Origins {
  const name = over?.name ?? over?.refname;
  return name === undefined ? noOrigins : (scope.windows.get(name) ?? noOrigins);
}

function unionOutputs(left: Output, right: Output): Output {
  const columns = left.columns.map(({ name, origins }, index) => ({
    name,
    origins: unionOrigins([origins, right.columns[index]?.origins ?? right.others ?? noOrigins]),
  }));
  const open = left.others !== null || right.others !== null;
  return {
    columns,
    others: open ? unionOrigins([left.others ?? noOrigins, right.others ?? noOrigins]) : null,
  };
}
