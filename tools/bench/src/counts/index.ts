import { onEach } from "../postgres/servers.js";
import type { BenchResult } from "../result.js";
import { postgresBeside, sqliteBeside } from "./beside.js";
import { postgresGrowth, sqliteGrowth } from "./growth.js";
import { postgresLag, postgresQuestions } from "./postgres.js";
import { sqliteLag, sqliteQuestions } from "./sqlite.js";

/** One with chunks, and one without: to fill a database takes minutes. */
const GROWING = ["postgres", "timescale-community"] as const;

/** What is answered by kept counts, and how long counting takes, on each store that can be had. */
export async function counts(quick: boolean): Promise<BenchResult[]> {
  const servers = ["postgres", "timescale-apache", "timescale-community"] as const;
  return [
    ...(await sqliteQuestions(quick)),
    await sqliteLag(quick),
    await sqliteBeside(quick),
    ...(await sqliteGrowth(quick)),
    ...(await onEach(servers, [postgresQuestions, postgresLag, postgresBeside], quick)),
    ...(await onEach(GROWING, [postgresGrowth], quick)),
  ];
}
