import { describe, expect, it } from "vitest";
import { classifySqliteError } from "../../src/driver/errors.js";
import { isMissingDriver, type Machine, whyNoDriver } from "../../src/driver/missing-driver.js";

const notBuilt = new Error("Could not locate the bindings file. Tried:\n → /app/node_modules/better-sqlite3/build/...");
const dlopen = (message: string): Error => Object.assign(new Error(message), { code: "ERR_DLOPEN_FAILED" });
const otherNode = dlopen("The module was compiled against NODE_MODULE_VERSION 115. This one requires 127.");
const otherSystem = dlopen("/lib/libc.so.6: version `GLIBC_2.38' not found");

const machine: Machine = { nodeFolder: "/opt/node", hasCompiler: true, packageManager: "npm" };

describe("a better-sqlite3 without its native part", () => {
  it.each([
    ["not built, all is there", notBuilt, {}, "Run: npm rebuild better-sqlite3 --nodedir=/opt/node"],
    [
      "not built, no compiler",
      notBuilt,
      { hasCompiler: false },
      "Install a C++ compiler, make and Python 3, then run: npm",
    ],
    ["not built, no headers", notBuilt, { nodeFolder: undefined }, "headers of Node.js, or install those headers"],
    ["built for another Node.js", otherNode, {}, "another version of Node.js. Run: npm rebuild better-sqlite3"],
    ["built for another system", otherSystem, {}, "another system. Remove node_modules and install again"],
  ] as const)("%s: says what helps", (_what, error, differs, says) => {
    expect(isMissingDriver(error)).toBe(true);
    const { message, remedy } = whyNoDriver(error, { ...machine, ...differs });
    expect(`${message}. ${remedy}`).toContain(says);
  });

  it.each([
    ["npm", "Run: npm rebuild better-sqlite3 --nodedir=/opt/node"],
    ["pnpm", "Run: pnpm approve-builds better-sqlite3 && npm_config_nodedir=/opt/node pnpm rebuild better-sqlite3"],
    [
      "yarn",
      'Run: npm_config_nodedir=/opt/node yarn rebuild better-sqlite3. Yarn 4 wants "dependenciesMeta": { "better-sqlite3": { "built": true } } in package.json first',
    ],
    ["bun", "Run: npm_config_nodedir=/opt/node bun pm trust better-sqlite3"],
    ["yarn-classic", "Run: npm_config_nodedir=/opt/node yarn install --force"],
    [undefined, "Rebuild better-sqlite3"],
  ] as const)("installed by %s: names its command", (packageManager, says) => {
    expect(whyNoDriver(notBuilt, { ...machine, packageManager }).remedy).toBe(says);
  });

  it.each([notBuilt, otherNode, otherSystem])("is an error that repeating does not mend", (error) => {
    const { code, retryable, cause, message } = classifySqliteError(error, "/data/local.db");
    expect({ code, retryable, cause }).toEqual({ code: "unavailable", retryable: false, cause: expect.any(Error) });
    expect(message).toContain("SQLite database /data/local.db: ");
    expect(message).toContain("better-sqlite3");
  });

  it("is not what other errors are taken for", () => {
    expect(isMissingDriver(Object.assign(new Error("x"), { code: "ENOENT" }))).toBe(false);
    expect(isMissingDriver("ERR_DLOPEN_FAILED")).toBe(false);
  });
});
