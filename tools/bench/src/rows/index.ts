import { writeFileSync } from "node:fs";
import type { RowArguments } from "../arguments.js";
import { NotEnoughSpace } from "./disk.js";
import { measureGrowth } from "./growth.js";
import { type RowReport, rowText } from "./report.js";

/** Prints what many rows do. @returns the exit code: 1 if there is not enough space, or something has no figure */
export async function runRows({ stores, rows, json }: RowArguments): Promise<number> {
  let report: RowReport;
  try {
    report = await measureGrowth(stores, rows);
  } catch (error) {
    if (!(error instanceof NotEnoughSpace)) throw error;
    console.error(error.message);
    return 1;
  }
  console.log(rowText(report));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, undefined, 2)}\n`);
  const measured = report.tables.every(({ results }) => results.every((result) => "ratio" in result));
  return report.tables.length > 0 && measured ? 0 : 1;
}
