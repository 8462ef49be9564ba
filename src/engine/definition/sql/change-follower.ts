/**
 * What a change of one relation can reach in what a SELECT gives, read off the tree: which of its rows can differ when some
 * rows of the relation do, told by their partition value and their day.
 *
 * A SELECT is followed from its FROM to its output. Each place in it that reads the relation is a case: rows are touched
 * because of what is read there, and something is known of their columns (see facts.ts). Conditions add to what is known, for
 * a row that does not meet them is not there. Grouping, windows, DISTINCT ON and LIMIT touch rows beside those that
 * changed, and take away what does not hold of these as well. What is known in every case is known. Nothing is assumed of what is
 * not understood, so that what comes out is as wide as it must be, or wider.
 */
import type { JoinExpr, RangeVar, SelectStmt, SubLink, Node as Tree, WithClause } from "libpg-query";
import {
  type Changed,
  cteRows,
  equalIds,
  joinParts,
  type Known,
  nothingKnown,
  nothingRead,
  type Part,
  type Rows,
  summaryOf,
  unite,
  usingColumns,
} from "./change-rows.ts";
import { castType, conjuncts, daysAfter, implicationsOf, isCount } from "./conditions.ts";
import {
  close,
  type Facts,
  holds,
  type Implication,
  intersectFacts,
  type Kind,
  kinds,
  noFacts,
  restrictFacts,
  unionFacts,
} from "./facts.ts";
import { NameScope, noOrigins, type Rowset } from "./name-scope.ts";
import { outputName } from "./output-name.ts";
import { type FindRelation, functionColumns, isStar, strings } from "./resolve.ts";
import { windowCalls, windowReads } from "./windows.ts";

/** Follows a change of one relation. `lost`: why nothing is known of days, and of partitions, any more, in the order found. */
export class ChangeFollower {
  readonly lost: Record<"time" | "partitions", string[]> = { time: [], partitions: [] };
  readonly #find: FindRelation;
  readonly #changed: Changed;
  readonly #ctes = new Map<Rowset, Rows>();
  #instances = 0;

  constructor(find: FindRelation, changed: Changed) {
    this.#find = find;
    this.#changed = changed;
  }

  /** outer, enclosing: see NameScope. */
  select(statement: SelectStmt, outer: NameScope | null = null, enclosing: NameScope | null = null): Rows {
    const scope = new NameScope(outer, enclosing);
    if (statement.withClause) this.#with(statement.withClause, scope);
    if (!statement.larg || !statement.rarg) return this.#simple(statement, scope);
    const arms = [statement.larg, statement.rarg].map((arm) => this.select(arm, scope, scope.enclosing));
    const rows = unite(arms[0]!, arms[1]!);
    const { limitCount, limitOffset } = statement;
    const subLinks = this.#subLinkCases([limitCount, limitOffset], scope);
    if ((!rows.touched || !(limitCount || limitOffset)) && subLinks.length === 0) return rows;
    this.#lose("LIMIT chooses among all rows");
    const columns = rows.columns.map(({ name }) => ({ name, known: nothingKnown }));
    return { ...rows, columns, touched: true, ...(subLinks.length > 0 && { outer: noFacts }) };
  }

  #simple(statement: SelectStmt, scope: NameScope): Rows {
    const parts = (statement.fromClause ?? []).map((item) => this.#item(item, scope));
    const conditions = conjuncts(statement.whereClause);
    const idsOf = this.#idsIn(scope);
    const implications = [
      ...parts.flatMap((part) => part.implications),
      ...implicationsOf(conditions, idsOf),
    ];
    const own = new Set(parts.flatMap(({ ids }) => [...ids]));
    const found = [...parts.flatMap(({ cases }) => cases), ...this.#subLinkCases(statement, scope)];
    const cases = found
      .map((facts) => close(facts, implications))
      .map((facts) => this.#narrow(statement, scope, facts, implications, own));
    return this.#output(statement, scope, cases, own);
  }

  /** What stays known of the rows that the statement gives, when `facts` is known of those that it reads. */
  #narrow(
    statement: SelectStmt,
    scope: NameScope,
    facts: Facts,
    implications: readonly Implication[],
    own: ReadonlySet<string>,
  ): Facts {
    const { groupClause = [], havingClause, distinctClause, limitCount, limitOffset } = statement;
    let known = facts;
    const keep = (columns: ReadonlySet<string>, why: string): void => {
      const before = known;
      known = close(
        restrictFacts(known, (id) => !own.has(id) || columns.has(id)),
        implications,
      );
      this.#noteFacts(before, known, own, why);
    };
    if (groupClause.length > 0 || havingClause)
      keep(this.#keys(groupClause, statement, scope, "input"), "GROUP BY puts rows of several days together");
    known = this.#window(statement, scope, known, implications, own);
    // DISTINCT alone has one empty entry: equal rows are one, whose columns are all its key.
    const distinct = (distinctClause ?? []).filter((item) => Object.keys(item).length > 0);
    if (distinct.length > 0)
      keep(
        this.#keys(distinct, statement, scope, "output"),
        "DISTINCT ON chooses among rows of several days",
      );
    if (limitCount || limitOffset) keep(new Set(), "LIMIT chooses among all rows");
    return known;
  }

  /** A window function gives another value in every row that reads one which changed. */
  #window(
    statement: SelectStmt,
    scope: NameScope,
    facts: Facts,
    implications: readonly Implication[],
    own: ReadonlySet<string>,
  ): Facts {
    const idsOf = this.#idsIn(scope);
    const calls = windowCalls([statement.targetList, statement.sortClause, statement.distinctClause]);
    let known = facts;
    for (const call of calls) {
      const { partition, order, why } = windowReads(call, statement.windowClause ?? [], idsOf);
      const shared = new Set(partition.flat());
      const ordered = new Set(order !== null && holds(facts, "onward", order) ? order : []);
      const keep = (id: string, kind: Kind): boolean =>
        !own.has(id) || shared.has(id) || (kind === "onward" && ordered.has(id));
      const before = known;
      known = intersectFacts([known, close(restrictFacts(facts, keep), implications)]);
      this.#noteFacts(before, known, own, why, "a window reads rows of other partitions");
    }
    return known;
  }

  /** The columns by which rows are put together. names: a name is first one of the input (GROUP BY) or of the output. */
  #keys(
    items: readonly Tree[],
    { targetList = [] }: SelectStmt,
    scope: NameScope,
    names: "input" | "output",
  ): Set<string> {
    const idsOf = this.#idsIn(scope);
    const targets = targetList.flatMap((target) => ("ResTarget" in target ? target.ResTarget : []));
    const hasStar = targets.some(({ val }) => val && this.#star(val, scope));
    const named = (name: string): readonly string[] => {
      const target = targets.find(({ name: alias, val }) => (alias ?? (val && outputName(val))) === name);
      return target ? idsOf(target.val) : [];
    };
    const ids = items.flatMap((item): readonly string[] => {
      if ("A_Const" in item && isCount(item))
        return hasStar ? [] : idsOf(targets[(item.A_Const.ival?.ival ?? 0) - 1]?.val);
      const fields = "ColumnRef" in item ? strings(item.ColumnRef.fields) : [];
      if (fields.length !== 1) return idsOf(item);
      const [first, second] =
        names === "input" ? [idsOf(item), named(fields[0]!)] : [named(fields[0]!), idsOf(item)];
      return first.length > 0 ? first : second;
    });
    return new Set(ids);
  }

  #output(
    { targetList = [], valuesLists }: SelectStmt,
    scope: NameScope,
    cases: readonly Facts[],
    own: ReadonlySet<string>,
  ): Rows {
    const columns: { name: string; known: Known }[] = [];
    let ordered = true;
    const knownOf = (judge: (facts: Facts, kind: Kind) => boolean): Known => {
      const of = (kind: Kind): boolean => cases.every((facts) => judge(facts, kind));
      return { same: of("same"), day: of("day"), onward: of("onward") };
    };
    for (const target of targetList) {
      const value = "ResTarget" in target ? target.ResTarget.val : undefined;
      if (!("ResTarget" in target) || !value) continue;
      const starred = this.#star(value, scope);
      for (const [name, ids] of starred?.columns ?? [])
        columns.push({ name, known: knownOf((facts, kind) => holds(facts, kind, [...ids])) });
      if (starred) ordered &&= starred.others === null && !scope.isStarUncertain;
      else {
        const known = knownOf((facts, kind) => this.#isKnown(value, kind, facts, scope));
        columns.push({ name: target.ResTarget.name ?? outputName(value), known });
      }
    }
    const [values] = valuesLists ?? [];
    const items = values && "List" in values ? (values.List.items ?? []) : [];
    for (const index of items.keys()) columns.push({ name: `column${index + 1}`, known: nothingKnown });
    const outer = restrictFacts(intersectFacts(cases), (id) => !own.has(id));
    return { columns, ordered, outer, touched: cases.length > 0 };
  }

  /** Whether it holds of the value of an expression in every row. */
  #isKnown(value: Tree, kind: Kind, facts: Facts, scope: NameScope): boolean {
    const all = (parts: readonly (Tree | undefined)[] = []): boolean =>
      parts.every((part) => part === undefined || this.#isKnown(part, kind, facts, scope));
    const idsOf = this.#idsIn(scope);
    if (holds(facts, kind, idsOf(value))) return true;
    if ("A_Const" in value) return value.A_Const.isnull === true;
    if ("CoalesceExpr" in value) return all(value.CoalesceExpr.args);
    if ("MinMaxExpr" in value) return all(value.MinMaxExpr.args);
    if ("CaseExpr" in value) {
      const results = (value.CaseExpr.args ?? []).map((arm) =>
        "CaseWhen" in arm ? arm.CaseWhen.result : arm,
      );
      return all([...results, value.CaseExpr.defresult]);
    }
    if ("TypeCast" in value) {
      const { arg } = value.TypeCast;
      const isNull = arg !== undefined && "A_Const" in arg && arg.A_Const.isnull === true;
      return isNull || (kind !== "same" && castType(value) === "date" && all([arg]));
    }
    return kind === "onward" && holds(facts, kind, daysAfter(value, idsOf));
  }

  #star(value: Tree, scope: NameScope): Rowset | null {
    if ("ColumnRef" in value && isStar(value.ColumnRef.fields)) {
      const relation = strings(value.ColumnRef.fields).at(-1);
      const found = relation === undefined ? scope.star() : scope.relation(relation);
      return found ?? { name: null, columns: new Map(), others: noOrigins };
    }
    const isRow = "A_Indirection" in value && isStar(value.A_Indirection.indirection);
    return isRow ? { name: null, columns: new Map(), others: noOrigins } : null;
  }

  #idsIn(scope: NameScope): (expression: Tree | undefined) => readonly string[] {
    return (expression) => {
      if (!expression || !("ColumnRef" in expression) || isStar(expression.ColumnRef.fields)) return [];
      const fields = strings(expression.ColumnRef.fields);
      if (fields.length === 1 && scope.isUncertain(fields[0]!)) return [];
      const resolution = scope.resolve(fields);
      return resolution.kind === "found" ? [...resolution.origins] : [];
    };
  }

  #item(item: Tree, scope: NameScope): Part {
    if ("RangeVar" in item) return this.#relation(item.RangeVar, scope);
    if ("JoinExpr" in item) return this.#join(item.JoinExpr, scope);
    if ("RangeSubselect" in item) {
      const { subquery, alias, lateral } = item.RangeSubselect;
      const statement: SelectStmt = subquery && "SelectStmt" in subquery ? subquery.SelectStmt : {};
      const rows = this.select(statement, scope, lateral ? scope : scope.enclosing);
      return this.#instance(rows, alias?.aliasname ?? null, strings(alias?.colnames), scope);
    }
    const outer = this.#subLinkCases(item, scope);
    const { name, columns, closed } =
      "RangeFunction" in item
        ? functionColumns(item.RangeFunction)
        : {
            name: (Object.values(item)[0] as { alias?: { aliasname?: string } }).alias?.aliasname ?? null,
            columns: [],
            closed: false,
          };
    const rows = {
      columns: columns.map((column) => ({ name: column, known: nothingKnown })),
      ordered: closed,
    };
    const part = this.#instance({ ...rows, outer: noFacts, touched: false }, name, [], scope);
    return { ...part, cases: outer };
  }

  #relation({ schemaname: schema, relname: name = "", alias }: RangeVar, scope: NameScope): Part {
    const cte = schema === undefined ? scope.cte(name) : null;
    return this.#instance(
      (cte && this.#ctes.get(cte)) ?? this.#asset(schema ?? null, name),
      alias?.aliasname ?? name,
      strings(alias?.colnames),
      scope,
    );
  }

  #asset(schema: string | null, name: string): Rows {
    const found = this.#find(schema, name);
    const { asset, partition, day, onward } = this.#changed;
    const touched = found?.asset === asset;
    const columns = (found?.columns ?? []).map((column) => ({
      name: column,
      known: { same: column === partition, day: column === day, onward: column === day || column === onward },
    }));
    // A table that a migration made may have more columns, and in another order.
    return { columns, ordered: found?.isExact ?? false, outer: noFacts, touched };
  }

  /** The rows as they are read in one place: its columns are told apart from those of any other. */
  #instance(rows: Rows, name: string | null, columnNames: readonly string[], scope: NameScope): Part {
    const instance = ++this.#instances;
    const columns = new Map<string, ReadonlySet<string>>();
    const facts = { same: new Set<string>(), day: new Set<string>(), onward: new Set<string>() };
    const isNamed = columnNames.length === 0 || rows.ordered;
    for (const [index, column] of rows.columns.entries()) {
      const id = `${instance} ${index}`;
      columns.set(columnNames[index] ?? column.name, new Set([id]));
      for (const kind of kinds) if (isNamed && column.known[kind]) facts[kind].add(id);
    }
    for (const column of columnNames.slice(rows.columns.length)) columns.set(column, noOrigins);
    const isListed = rows.ordered && columns.size === rows.columns.length;
    scope.from.push({ name, columns, others: isListed ? null : noOrigins });
    const ids = new Set([...columns.values()].flatMap((of) => [...of]));
    return { cases: rows.touched ? [unionFacts(facts, rows.outer)] : [], implications: [], ids };
  }

  #join(join: JoinExpr, scope: NameScope): Part {
    const first = scope.from.length;
    const left = join.larg ? this.#item(join.larg, scope) : nothingRead;
    const middle = scope.from.length;
    const right = join.rarg ? this.#item(join.rarg, scope) : nothingRead;
    const using = usingColumns(join, scope.from.slice(first, middle), scope.from.slice(middle));
    const equal = using.flatMap((column) => {
      const sides = [scope.from.slice(first, middle), scope.from.slice(middle)].map((rowsets) =>
        rowsets.flatMap((rowset) => [...(rowset.columns.get(column) ?? [])]),
      );
      return equalIds(sides[0]!, sides[1]!);
    });
    const on = [...implicationsOf(conjuncts(join.quals), this.#idsIn(scope)), ...equal];
    for (const column of using) scope.merge(column);
    const subLinks = this.#subLinkCases(join.quals, scope);
    if (join.alias) {
      const hidden = new NameScope(null, null);
      hidden.from.push(...scope.from.splice(first));
      for (const column of using) hidden.merge(column);
      const { columns, others } = hidden.star();
      const names = strings(join.alias.colnames);
      const isNamed = names.length === 0 || !hidden.isStarUncertain;
      const renamed = [...columns].map(
        ([name, ids], index) => [names[index] ?? name, isNamed ? ids : noOrigins] as const,
      );
      scope.from.push({ name: join.alias.aliasname ?? null, columns: new Map(renamed), others });
    }
    const joined = joinParts(join.jointype ?? "JOIN_INNER", left, right, on);
    // Where rows without a match stay, a sub-select in ON decides of which there are: of any.
    const isInner = join.jointype === undefined || join.jointype === "JOIN_INNER";
    const decided = subLinks.map((facts) =>
      isInner ? facts : restrictFacts(facts, (id) => !joined.ids.has(id)),
    );
    return { ...joined, cases: [...joined.cases, ...decided] };
  }

  /** A sub-select in an expression touches the rows for which it gives something else. */
  #subLinkCases(part: unknown, scope: NameScope): Facts[] {
    if (Array.isArray(part)) return part.flatMap((item) => this.#subLinkCases(item, scope));
    if (typeof part !== "object" || part === null) return [];
    return Object.entries(part).flatMap(([kind, content]) => {
      if (kind === "fromClause" || kind === "withClause" || kind === "larg" || kind === "rarg") return [];
      if (kind === "whereClause")
        return conjuncts(content as Tree).flatMap((condition) =>
          "SubLink" in condition
            ? this.#subLink(condition.SubLink, scope, true)
            : this.#subLinkCases(condition, scope),
        );
      return kind === "SubLink"
        ? this.#subLink(content as SubLink, scope, false)
        : this.#subLinkCases(content, scope);
    });
  }

  /** decides: rows for which it is not true are not there. */
  #subLink(link: SubLink, scope: NameScope, decides: boolean): Facts[] {
    const tested = this.#subLinkCases(link.testexpr, scope);
    if (!link.subselect || !("SelectStmt" in link.subselect)) return tested;
    const rows = this.select(link.subselect.SelectStmt, scope, scope);
    if (!rows.touched) return tested;
    const ids = this.#idsIn(scope)(link.testexpr);
    // `x in (select y ..)`: a row is touched only if its x is a y that came or went.
    const isMember = decides && link.subLinkType === "ANY_SUBLINK" && !link.operName;
    const known = rows.columns[0]?.known ?? nothingKnown;
    const member = isMember ? ids : [];
    const facts = unionFacts(rows.outer, {
      same: new Set(known.same ? member : []),
      day: new Set(known.day ? member : []),
      onward: new Set(known.onward ? member : []),
    });
    const isUnbound = kinds.every((kind) => facts[kind].size === 0);
    if (isUnbound) this.#lose("a sub-select gives the same to all rows");
    return [...tested, facts];
  }

  #with(clause: WithClause, scope: NameScope): void {
    for (const node of clause.ctes ?? []) {
      if (!("CommonTableExpr" in node)) continue;
      const { ctename: name = "", ctequery: query } = node.CommonTableExpr;
      if (!query || !("SelectStmt" in query)) continue;
      const statement = query.SelectStmt;
      const define = (rows: Rows): void => this.#define(name, cteRows(node.CommonTableExpr, rows), scope);
      if (clause.recursive && statement.larg) {
        define(this.#recursive(statement, statement.larg, define, scope));
      } else define(this.select(statement, scope, scope.enclosing));
    }
  }

  #define(name: string, rows: Rows, scope: NameScope): void {
    const rowset: Rowset = { name, columns: new Map(), others: noOrigins };
    this.#ctes.set(rowset, rows);
    scope.defineCte(name, rowset);
  }

  /** What is known of the rows it begins with, and is still known after any further round. */
  #recursive(statement: SelectStmt, first: SelectStmt, define: (rows: Rows) => void, scope: NameScope): Rows {
    let rows = this.select(first, scope, scope.enclosing);
    for (;;) {
      define(rows);
      const next = this.select(statement, scope, scope.enclosing);
      if (summaryOf(next) === summaryOf(rows)) return next;
      rows = next;
    }
  }

  #noteFacts(before: Facts, after: Facts, own: ReadonlySet<string>, time: string, partitions = time): void {
    const any = (facts: Facts, kind: Kind): boolean => [...facts[kind]].some((id) => own.has(id));
    if (any(before, "onward") && !any(after, "onward")) this.lost.time.push(time);
    if (any(before, "same") && !any(after, "same"))
      this.lost.partitions.push(partitions.replace(/days?/, "partitions"));
  }

  #lose(why: string): void {
    this.lost.time.push(why);
    this.lost.partitions.push(why.replace(/days?/, "partitions"));
  }
}
