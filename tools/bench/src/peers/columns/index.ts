import type { Columns } from "../column.js";
import { drizzleOnPostgres } from "./drizzle-postgres.js";
import { drizzleOnSqlite } from "./drizzle-sqlite.js";
import { emmettOnPostgres, emmettOnSqlite } from "./emmett.js";
import { langgraphOnPostgres, langgraphOnSqlite } from "./langgraph.js";
import { mastraOnPostgres, mastraOnSqlite } from "./mastra.js";
import { oursOnPostgres, oursOnSqlite } from "./ours.js";
import { rawPostgres } from "./raw-postgres.js";
import { rawSqlite, rawSqliteUnflushed } from "./raw-sqlite.js";

/** What the ratios are to. */
const RAW = "raw";

export const COLUMNS: Columns = {
  sqlite: {
    [RAW]: rawSqlite,
    "raw-unflushed": rawSqliteUnflushed,
    ours: oursOnSqlite,
    drizzle: drizzleOnSqlite,
    langgraph: langgraphOnSqlite,
    mastra: mastraOnSqlite,
    emmett: emmettOnSqlite,
  },
  postgres: {
    [RAW]: rawPostgres,
    ours: oursOnPostgres,
    drizzle: drizzleOnPostgres,
    langgraph: langgraphOnPostgres,
    mastra: mastraOnPostgres,
    emmett: emmettOnPostgres,
  },
};
