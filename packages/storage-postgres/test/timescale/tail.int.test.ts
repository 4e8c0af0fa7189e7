import { describe, expect } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { migratePostgres } from "../../src/migrate.js";
import { listeningTail } from "../support/tails.js";
import { bareDatabase, onProfiles, stopJobs, TIMESCALE_PROFILES } from "./support.js";

const WRITERS = 4;
const CHUNKS = 60;

describe("a tail of a hypertable", () => {
  onProfiles(
    TIMESCALE_PROFILES,
    "delivers the first rows of chunks that are made while it reads, each once",
    async (profile) => {
      const { url, sql } = await bareDatabase(profile);
      await sql`CREATE EXTENSION timescaledb`;
      await stopJobs(sql);
      const options = { url, timescaledb: "require", chunkInterval: "1 day" } as const;
      await migratePostgres(options);
      const storage = await openPostgresStorage({ ...options, tailPollMs: 1 });
      try {
        const tail = await listeningTail(storage, storage);
        const write = async (w: number) => {
          for (let n = 0; n < CHUNKS; n++) {
            // The first row of a chunk, or one beside another writer's, and one in a chunk that is there.
            for (const days of [n, 0]) {
              await sql.unsafe(
                `INSERT INTO audit_events (ts, recorded_at, event_id, dry_run, agent_id, action, decision)
                 VALUES (now() - $2::int * interval '1 day', now(), gen_random_uuid(), false, $1, 'tool_call', 'allow')`,
                [`${w}-${n}-${days}`, days],
              );
            }
          }
        };
        await Promise.all(Array.from({ length: WRITERS }, (_, w) => write(w)));
        const count = WRITERS * CHUNKS * 2;
        await tail.until(count);
        await tail.end();
        expect(tail.agents.length).toBe(count);
        expect(new Set(tail.agents).size).toBe(count - WRITERS);
        for (let w = 0; w < WRITERS; w++) {
          const expected = Array.from({ length: CHUNKS }, (_, n) => [`${w}-${n}-${n}`, `${w}-${n}-0`]).flat();
          expect(tail.agents.filter((agent) => agent.startsWith(`${w}-`))).toEqual(expected);
        }
      } finally {
        await storage.close();
      }
    },
    300_000,
  );
});
