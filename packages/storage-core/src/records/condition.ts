/**
 * Selects rows, as data. A rule states it once; a backend evaluates it or compiles it to its query language.
 *
 * A comparison with a member that is `null` is false. There is no negation, so what is unknown to SQL never becomes true.
 */
export type Condition<Row> =
  | { readonly member: keyof Row & string; readonly isNull: boolean }
  | { readonly member: MemberOf<Row, string>; readonly in: readonly string[] }
  | { readonly member: MemberOf<Row, number>; readonly lt: number }
  | { readonly member: MemberOf<Row, number>; readonly lte: number }
  | { readonly member: MemberOf<Row, number>; readonly gt: number }
  | { readonly member: MemberOf<Row, number>; readonly gte: number }
  /** True when all are; true without any. */
  | { readonly and: readonly Condition<Row>[] }
  /** True when one is; false without any. */
  | { readonly or: readonly Condition<Row>[] };

/** The members whose values, `null` aside, are of one type. */
type MemberOf<Row, Value> = {
  [M in keyof Row & string]: NonNullable<Row[M]> extends Value ? M : never;
}[keyof Row & string];

const COMPARISONS = ["lt", "lte", "gt", "gte"] as const;
/** How a {@link Condition} compares a number: less than, at most, greater than, at least. */
export type ComparisonName = (typeof COMPARISONS)[number];

/** What becomes of the parts of a condition: SQL, a predicate. */
export interface ConditionFold<T> {
  and(parts: T[]): T;
  or(parts: T[]): T;
  isNull(member: string, isNull: boolean): T;
  in(member: string, values: readonly string[]): T;
  compare(member: string, comparison: ComparisonName, value: number): T;
}

interface AnyCondition extends Partial<Record<ComparisonName, number>> {
  readonly and?: readonly AnyCondition[];
  readonly or?: readonly AnyCondition[];
  readonly member?: string;
  readonly isNull?: boolean;
  readonly in?: readonly string[];
}

/** Translates a condition, the parts of a part first. */
export function foldCondition<Row, T>(condition: Condition<Row>, fold: ConditionFold<T>): T {
  const translate = (part: AnyCondition): T => {
    if (part.and !== undefined) return fold.and(part.and.map(translate));
    if (part.or !== undefined) return fold.or(part.or.map(translate));
    const member = part.member as string;
    if (part.isNull !== undefined) return fold.isNull(member, part.isNull);
    if (part.in !== undefined) return fold.in(member, part.in);
    const comparison = COMPARISONS.find((name) => part[name] !== undefined) as ComparisonName;
    return fold.compare(member, comparison, part[comparison] as number);
  };
  return translate(condition as AnyCondition);
}

type Predicate = (row: Readonly<Record<string, unknown>>) => boolean;

const COMPARE: Readonly<Record<ComparisonName, (a: number, b: number) => boolean>> = {
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
};

const PREDICATES: ConditionFold<Predicate> = {
  and: (parts) => (row) => parts.every((part) => part(row)),
  or: (parts) => (row) => parts.some((part) => part(row)),
  isNull: (member, isNull) => (row) => (row[member] === null) === isNull,
  in: (member, values) => (row) => values.includes(row[member] as string),
  compare: (member, comparison, value) => (row) =>
    row[member] !== null && COMPARE[comparison](row[member] as number, value),
};

/** A condition as a function, for rows that are in memory. */
export function predicateOf<Row extends object>(condition: Condition<Row>): (row: Row) => boolean {
  return foldCondition(condition, PREDICATES) as (row: Row) => boolean;
}
