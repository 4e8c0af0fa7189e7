import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findKeyring, findMirrors } from "../src/debian/apt-sources.js";
import { debianArchitecture } from "../src/debian/recipe.js";
import { ServiceUnavailable } from "../src/service-unavailable.js";
import { commandLinesWith, eventually } from "./support/eventually.js";
import { startFixture } from "./support/fixture.js";
import { publicFolder } from "./support/public-folder.js";

const possible = await debianArchitecture().then(
  () => mirrorsAndKeyring() !== undefined,
  (error: unknown) => !(error instanceof ServiceUnavailable),
);

function mirrorsAndKeyring(): string[] | undefined {
  try {
    return [findKeyring(), ...findMirrors()];
  } catch (error) {
    if (error instanceof ServiceUnavailable) return undefined;
    throw error;
  }
}

function onDebian(): void {
  it("is done once by two processes at once, and is whole and open to everybody", async () => {
    const cache = publicFolder();
    const both = [1, 2].map(() => startFixture("prepare", [], { AASM_TEST_SERVICES_CACHE: cache }));
    const [first, second] = await Promise.all(both.map(({ output }) => output()));
    expect(second).toBe(first);
    expect(readdirSync(cache).map((name) => join(cache, name))).toEqual([first]);
    expect(statSync(first as string).mode & 0o777).toBe(0o755);
    const programs = ["usr/lib/postgresql/17/bin/postgres", "usr/bin/redis-server", "usr/sbin/pgbouncer"];
    const versions = programs.map((name) => execFileSync(join(first as string, name), ["--version"]).toString());
    expect(versions.join()).toMatch(/PostgreSQL\) 17\..*Redis server v=8\..*PgBouncer 1\./s);
  });

  it("leaves nothing half-made when it is killed", async () => {
    const cache = publicFolder();
    const { child } = startFixture("prepare", [], { AASM_TEST_SERVICES_CACHE: cache });
    await eventually(() => expect(readdirSync(cache).some((name) => name.includes("draft"))).toBe(true));
    const draft = join(cache, readdirSync(cache).find((name) => name.includes("draft")) as string);
    await eventually(() => expect(existsSync(join(draft, "apt"))).toBe(true));
    child.kill("SIGKILL");
    await eventually(() => {
      expect(existsSync(draft)).toBe(false);
      expect(commandLinesWith(cache)).toEqual([]);
    });
  });
}

function elsewhere(): void {
  it("says what to do instead", async () => {
    const { output } = startFixture("prepare", [], { AASM_TEST_SERVICES_CACHE: publicFolder() });
    await expect(output()).rejects.toThrow(/; (set|start|install) /);
  });
}

describe("preparing Debian's packages", possible ? onDebian : elsewhere);
