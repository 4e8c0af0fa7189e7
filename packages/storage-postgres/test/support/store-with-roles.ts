import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createDatabase } from "@agent-assembly/test-services";
import postgres from "postgres";
import { openPostgresStorage } from "../../src/backend.js";
import type { Sql } from "../../src/driver/pool.js";
import type { PostgresStorageOptions } from "../../src/options.js";
import { type PostgresProfile, serverOf } from "../setup/database.js";

const SCRIPT = readFileSync(new URL("../../sql/roles.sql", import.meta.url), "utf8");
const SCHEMA = "audit";
const DAY_MS = 86_400_000;

export type RoleName = "writer" | "retention" | "reader";
type Options = Pick<PostgresStorageOptions, "url" | "schema" | "timescaledb" | "limits">;

/** A store that an ordinary role owns, and users with one of the script's roles each. */
export interface StoreWithRoles {
  readonly schema: string;
  /** As a superuser. */
  readonly root: Sql;
  optionsOf(user: RoleName | "owner" | "superuser"): Options;
  roleOf(name: RoleName): string;
  /** @returns the warnings it gave */
  runScript(settings?: Partial<Readonly<Record<"schema" | RoleName, string>>>): Promise<string[]>;
  drop(): Promise<void>;
}

/** @param owner who migrates; the script has not run yet */
export async function storeWithRoles(
  profile: PostgresProfile,
  { owner = "ordinary" }: { readonly owner?: "ordinary" | "superuser" } = {},
): Promise<StoreWithRoles> {
  const server = serverOf(profile);
  if (server === undefined) throw new Error(`there is no server for the profile ${profile}`);
  const database = await createDatabase(server.url, "roles");
  const inChunks = profile.startsWith("timescale");
  // Roles belong to the whole server, which other tests use at the same time.
  const prefix = `aasm_test_${randomBytes(5).toString("hex")}`;
  const roleOf = (name: RoleName): string => `${prefix}_${name}`;
  const warnings: string[] = [];
  // One connection, since the script's settings are those of a session.
  const root = postgres(database.url, {
    max: 1,
    onnotice: ({ severity, message }) => {
      if (severity === "WARNING") warnings.push(message ?? "");
    },
  });
  const asUser = (user: RoleName | "owner" | "superuser"): string => {
    const url = new URL(database.url);
    if (user !== "superuser") url.username = `${prefix}_${user}${user === "owner" ? "" : "_user"}`;
    return url.href;
  };
  const store: StoreWithRoles = {
    schema: SCHEMA,
    root,
    roleOf,
    optionsOf: (user) => ({
      url: asUser(user),
      schema: SCHEMA,
      timescaledb: inChunks ? "require" : "off",
      limits: { maxAgeMs: 400 * DAY_MS },
    }),
    async runScript(others = {}) {
      warnings.length = 0;
      const names = { writer: roleOf("writer"), retention: roleOf("retention"), reader: roleOf("reader") };
      const settings = { schema: SCHEMA, ...names, ...others };
      for (const [name, value] of Object.entries(settings)) await root.unsafe(`SET aasm.${name} = '${value}'`);
      await root.unsafe(SCRIPT);
      return [...warnings];
    },
    async drop() {
      await root.end({ timeout: 5 });
      await database.drop();
      await dropRoles(server.url, prefix);
    },
  };
  await root.unsafe(`CREATE ROLE ${prefix}_owner LOGIN; GRANT CREATE ON DATABASE ${database.name} TO ${prefix}_owner`);
  if (inChunks) {
    await root.unsafe("CREATE EXTENSION timescaledb");
    // A job that compresses what the test compresses at the same time would fail, which health reports.
    await root.unsafe("SELECT _timescaledb_functions.stop_background_workers()");
  }
  const migrating = owner === "ordinary" ? store.optionsOf("owner") : store.optionsOf("superuser");
  await (await openPostgresStorage({ ...migrating, migrate: "auto" })).close();
  return store;
}

/** Users that may log in, with one role each. To be called once, after the script. */
export async function addUsers({ root, roleOf }: StoreWithRoles): Promise<void> {
  for (const name of ["writer", "retention", "reader"] as const) {
    await root.unsafe(`CREATE ROLE ${roleOf(name)}_user LOGIN; GRANT ${roleOf(name)} TO ${roleOf(name)}_user`);
  }
}

async function dropRoles(serverUrl: string, prefix: string): Promise<void> {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => undefined });
  try {
    const roles = await sql<{ name: string }[]>`
      SELECT rolname AS name FROM pg_roles WHERE starts_with(rolname, ${prefix})`;
    for (const { name } of roles) await sql.unsafe(`DROP ROLE ${name}`);
  } finally {
    await sql.end();
  }
}
