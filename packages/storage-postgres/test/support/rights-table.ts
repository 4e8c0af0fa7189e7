import { readFileSync } from "node:fs";

const DOCUMENT = readFileSync(new URL("../../docs/rights.md", import.meta.url), "utf8");

export const ROLES = ["writer", "retention", "reader"] as const;
export type Role = (typeof ROLES)[number];
const OWNER = "OWNER";

export interface TableRights {
  readonly columns: readonly string[];
  /** Of each right, the columns it is for. A right that is for none is absent. */
  readonly rights: Readonly<Record<Role, ReadonlyMap<string, readonly string[]>>>;
  /** Roles that may do everything. */
  readonly owners: readonly Role[];
}

/** What docs/rights.md says, by name. */
export const TABLES: ReadonlyMap<string, TableRights> = new Map(
  rowsUnder("Tables").map(([name = "", list = "", ...cells]) => {
    const columns = list.split(", ");
    const owners = ROLES.filter((_, n) => cells[n] === OWNER);
    return [name, { columns, owners, rights: byRole(cells, (cell) => parseRights(cell, columns)) }];
  }),
);
export const SEQUENCES = new Map(rowsUnder("Sequences").map(([name = "", ...cells]) => [name, byRole(cells, one)]));
export const FUNCTIONS = new Map(rowsUnder("Functions").map(([name = "", ...cells]) => [name, byRole(cells, one)]));

/** The rows of the table under a heading, without the one of titles; names without their backticks. */
function rowsUnder(heading: string): string[][] {
  const section = DOCUMENT.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/rights.md has no section ${heading}`);
  const lines = section.split("\n").filter((line) => line.startsWith("| `"));
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

function byRole<T>(cells: readonly string[], parse: (cell: string) => T): Record<Role, T> {
  const [writer = "", retention = "", reader = ""] = cells;
  return { writer: parse(writer), retention: parse(retention), reader: parse(reader) };
}

/** @returns `undefined` for none */
function one(cell: string): string | undefined {
  if (!["none", "USAGE", "EXECUTE"].includes(cell)) throw new Error(`docs/rights.md has an unknown right: ${cell}`);
  return cell === "none" ? undefined : cell;
}

function parseRights(cell: string, columns: readonly string[]): Map<string, readonly string[]> {
  return new Map(
    (cell === OWNER || cell === "none" ? [] : cell.split("; ")).map((text) => {
      const [, right, except, list] = /^(SELECT|INSERT|UPDATE|DELETE)(?: (except )?\((.*)\))?$/.exec(text) ?? [];
      if (right === undefined) throw new Error(`docs/rights.md has an unknown right: ${text}`);
      const named = list?.split(", ") ?? columns;
      for (const name of named) if (!columns.includes(name)) throw new Error(`docs/rights.md has no column ${name}`);
      return [right, except === undefined ? named : columns.filter((name) => !named.includes(name))] as const;
    }),
  );
}
