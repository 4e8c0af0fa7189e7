import { inspectServer, probeEdition, type ServerFacts } from "../postgres/inspect-server.js";
import { ServiceUnavailable } from "../service-unavailable.js";

/** The variables that name servers to use instead of starting some. */
export const VARIABLES = {
  postgres: "AASM_TEST_POSTGRES_URL",
  timescale: "AASM_TEST_TIMESCALE_URL",
  redis: "AASM_TEST_REDIS_URL",
} as const;

/** The value of a variable; `undefined` when it is unset or empty. */
export function environmentUrl(variable: string): string | undefined {
  return process.env[variable] || undefined;
}

/**
 * Asks the PostgreSQL server that a variable names. Rejects with `ServiceUnavailable` when it cannot be used: who names a
 * server wants that one, so no other is taken in its place.
 */
export async function inspectNamedServer(variable: string, url: string): Promise<ServerFacts> {
  const facts = await inspectServer(url).catch((error: unknown) => {
    throw new ServiceUnavailable(`the server in ${variable} does not answer`, `correct or unset ${variable}`, {
      cause: error,
    });
  });
  if (!facts.canCreateDatabases) {
    throw new ServiceUnavailable(`the user in ${variable} may not create databases`, "use a user with CREATEDB");
  }
  if (facts.timescaledb === undefined) return facts;
  const edition = await probeEdition(url).catch((error: unknown) => {
    throw new ServiceUnavailable(
      `TimescaleDB on the server in ${variable} cannot be used`,
      `repair it or unset ${variable}`,
      { cause: error },
    );
  });
  return { ...facts, timescaledb: { ...facts.timescaledb, edition } };
}
