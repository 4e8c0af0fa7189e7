import { readdirSync } from "node:fs";
import postgres from "postgres";
import { describe, expect, it } from "vitest";
import { commandLine } from "../src/process/processes.js";
import { needing } from "../src/vitest/needing.js";
import { commandLinesWith, eventually } from "./support/eventually.js";
import { startFixture } from "./support/fixture.js";
import { publicFolder } from "./support/public-folder.js";
import { serverOf } from "./support/shared-server.js";

describe(...needing("own-servers", "a process that started servers"), () => {
  it.for([
    ["SIGKILL", ["postgres", "redis", "s3"]],
    ["SIGTERM", ["redis", "s3"]],
    ["SIGINT", ["redis"]],
  ] as const)("leaves nothing when it ends by %s", async ([signal, services]) => {
    const folder = publicFolder();
    const { child, firstLine } = startFixture("start-and-wait", services, { TMPDIR: folder });
    const { pids } = JSON.parse(await firstLine()) as { pids: number[] };
    child.kill(signal);
    await eventually(() => {
      expect(pids.map(commandLine)).toEqual(pids.map(() => undefined));
      expect(readdirSync(folder)).toEqual([]);
      expect(commandLinesWith(folder)).toEqual([]);
    });
  });

  it("leaves nothing when it is killed while a server starts", async () => {
    const folder = publicFolder();
    const { child, firstLine } = startFixture("start-and-wait", ["postgres"], { TMPDIR: folder });
    // That is initdb. In Docker nothing is seen until the server is up.
    const starting = eventually(() => expect(commandLinesWith(`${folder}/`).length).toBeGreaterThan(0));
    await Promise.race([starting, firstLine()]);
    child.kill("SIGKILL");
    await eventually(() => {
      expect(readdirSync(folder)).toEqual([]);
      expect(commandLinesWith(folder)).toEqual([]);
    });
  });

  it(...needing("postgres", "leaves no database on a server that it did not start"), async () => {
    const { url } = serverOf("postgres");
    const { child, firstLine } = startFixture("start-and-wait", [], { DATABASE_ON: url });
    const { database } = JSON.parse(await firstLine()) as { database: string };
    const sql = postgres(url, { max: 1 });
    const find = () => sql`SELECT datname FROM pg_database WHERE datname = ${database}`;
    expect(await find()).toHaveLength(1);
    child.kill("SIGKILL");
    await eventually(async () => expect(await find()).toHaveLength(0));
    await sql.end();
  });
});
