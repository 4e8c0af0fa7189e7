import { planMigrations } from "@agent-assembly/migrations";
import { StorageError } from "@agent-assembly/storage-core";
import { locationOf } from "../driver/errors.js";
import type { FoundDatabase } from "./inspect.js";
import { SQLITE_MIGRATIONS } from "./migrations.js";

/** @throws `not_found` where there is no store; `schema_newer`, `migration_failed` for one that is not understood */
export function requireStore({ state, history }: FoundDatabase, path: string): void {
  if (state !== "ours") {
    throw new StorageError({
      code: "not_found",
      location: locationOf(path),
      message: state === "absent" ? "there is no such file" : "the file is empty",
      remedy: "Name the file of a store.",
    });
  }
  planMigrations(SQLITE_MIGRATIONS, history);
}
