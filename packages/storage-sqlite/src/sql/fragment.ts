import type { Condition } from "./filter.js";

/** A part of a statement, with the values for its places. */
export type Sql = Condition;

/** Text of a statement in which parts and numbers stand where they are written; the values of parts are bound in their order. */
export function sql(texts: TemplateStringsArray, ...parts: readonly (Sql | string | number)[]): Sql {
  let text = texts[0] as string;
  const values: (string | number)[] = [];
  for (const [i, part] of parts.entries()) {
    const isPart = typeof part === "object";
    text += `${isPart ? part.sql : part}${texts[i + 1]}`;
    if (isPart) values.push(...part.values);
  }
  return { sql: text, values };
}

/** Parts with a text between each two. */
export function join(parts: readonly Sql[], between: string): Sql {
  return { sql: parts.map((part) => part.sql).join(between), values: parts.flatMap(({ values }) => [...values]) };
}
