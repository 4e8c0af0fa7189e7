import { type Machine, machineLine } from "../machine.js";
import { figure, textTable } from "../text-table.js";

/** What a measure found on the small and on the large store; or why there is no figure. */
export type RowResult = { readonly name: string; readonly unit: string } & (
  | { readonly small: number; readonly large: number; readonly ratio: number }
  | { readonly problem: string }
);

/** The table of one store. */
export interface RowTable {
  readonly title: string;
  /** How fast the large store was filled; events per second. */
  readonly filledPerSecond: number;
  readonly results: readonly RowResult[];
}

export interface RowReport {
  readonly date: string;
  readonly machine: Machine;
  readonly small: number;
  readonly large: number;
  readonly tables: readonly RowTable[];
  /** Stores whose disk has too little room: what is needed, and what is free. */
  readonly refused: readonly string[];
}

/** The report as text for a terminal. */
export function rowText({ date, machine, small, large, tables, refused }: RowReport): string {
  const count = (n: number): string => n.toLocaleString("en-US");
  const headings = ["work", `at ${count(small)}`, `at ${count(large)}`, "ratio"];
  const parts = [`${date}; ${machineLine(machine)}`];
  for (const { title, filledPerSecond, results } of tables) {
    parts.push(
      `${title}, filled with ${figure(filledPerSecond)} events/s`,
      textTable([headings, ...results.map(cells)]),
    );
  }
  return [...parts, ...refused].join("\n\n");
}

function cells(result: RowResult): string[] {
  if ("problem" in result) return [result.name, "-", "-", result.problem];
  const { name, unit, small, large, ratio } = result;
  return [name, `${figure(small)} ${unit}`, `${figure(large)} ${unit}`, figure(ratio)];
}
