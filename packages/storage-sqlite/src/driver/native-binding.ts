import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join } from "node:path";

/**
 * An option for the driver that names its native part where it is built or unpacked. Left to itself the driver looks for it
 * in a dozen places by way of a stack trace, which takes longer than opening a database.
 */
export const NATIVE_BINDING: { readonly nativeBinding?: string } = find();

function find(): { nativeBinding?: string } {
  const entry = entryOfDriver();
  if (entry === undefined) return {};
  const nativeBinding = join(dirname(entry), "../build/Release/better_sqlite3.node");
  // Elsewhere, or nowhere: the driver finds it, or says what is missing.
  return existsSync(nativeBinding) ? { nativeBinding } : {};
}

/** `undefined` in a bundle that lies where the package cannot be resolved, or that is CommonJS and has no `import.meta`. */
function entryOfDriver(): string | undefined {
  if (import.meta.url === undefined) return undefined;
  try {
    const entry: unknown = createRequire(import.meta.url).resolve("better-sqlite3");
    // webpack puts a number or a name of its own here.
    return typeof entry === "string" && isAbsolute(entry) ? entry : undefined;
  } catch (error) {
    if ((error as { code?: unknown }).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
