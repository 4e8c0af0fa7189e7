import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { forbidden, importedModules } from "./import-rules.js";

export interface Violation {
  readonly file: string;
  readonly module: string;
  readonly reason: string;
}

/** Every import in the sources of `packages/*` below the given folder that the rules forbid. */
export function findViolations(root: string): Violation[] {
  return readdirSync(join(root, "packages")).flatMap((packageName) =>
    sourceFiles(join(root, "packages", packageName, "src")).flatMap((file) =>
      importedModules(readFileSync(file, "utf8")).flatMap((module) => {
        const reason = forbidden(packageName, module);
        return reason === undefined ? [] : [{ file, module, reason }];
      }),
    ),
  );
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}
