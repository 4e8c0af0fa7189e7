import { writeFileSync } from "node:fs";
import type { RowArguments } from "../arguments.js";
import { measureGrowth } from "./growth.js";
import { rowText } from "./report.js";

/** Prints what many rows do. @returns the exit code: 1 if a disk has too little room, or something has no figure */
export async function runRows({ stores, rows, json }: RowArguments): Promise<number> {
  const report = await measureGrowth(stores, rows);
  console.log(rowText(report));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, undefined, 2)}\n`);
  const measured = report.tables.every(({ results }) => results.every((result) => "ratio" in result));
  return report.refused.length === 0 && report.tables.length > 0 && measured ? 0 : 1;
}
