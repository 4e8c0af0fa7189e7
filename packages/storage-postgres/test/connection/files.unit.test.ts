import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveTarget } from "../../src/connection/target.js";
import { problemOf } from "../support/problem-of.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aasm-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe("a password file", () => {
  const LINES = [
    "# h:5432:db:u:commented",
    "other:5432:db:u:no",
    "h:5433:*:u:for another port",
    "h:5432:db:u:pa\\:ss\\\\word",
    "*:*:*:*:for all",
  ].join("\n");

  function passwordOf(url: string, PGPASSFILE: string): string[] {
    const target = resolveTarget(url, undefined, { PGPASSFILE });
    return target.servers.map((server) => target.password(server));
  }

  it("holds a password for each server, which may change", () => {
    const path = file("pgpass", LINES);
    expect(passwordOf("postgres://u@h,h:5433,x/db", path)).toEqual(["pa:ss\\word", "for another port", "for all"]);
    expect(passwordOf("postgres://u:own@h/db", path)).toEqual(["own"]);
    const target = resolveTarget(`postgres://u@h/db?passfile=${path}`, undefined, {});
    file("pgpass", "h:5432:db:u:changed");
    expect(target.servers.map((server) => target.password(server))).toEqual(["changed"]);
    expect(passwordOf("postgres://u@x/db", path)).toEqual([""]);
  });

  it.skipIf(process.platform === "win32")("that others may read is refused, when it has the password", () => {
    const path = file("open", "h:5432:db:u:secret-of-file", 0o644);
    expect(passwordOf("postgres://u@elsewhere/db", path)).toEqual([""]);
    const { message } = problemOf(() => passwordOf("postgres://u@h/db", path));
    expect(message).toContain(path);
    expect(message).toMatch(/chmod 0600/);
    expect(message).not.toContain("secret-of-file");
  });

  it("that is named and not there is refused", () => {
    expect(problemOf(() => passwordOf("postgres://u@h/db", "/nonexistent")).message).toMatch(
      /PGPASSFILE.*does not exist: \/nonexistent/,
    );
  });
});

describe("a service", () => {
  const SERVICES = [
    "[other]",
    "host=no",
    "",
    "[prod]",
    "# the primary",
    "host=a,b",
    "port=1,2",
    "dbname=gov",
    "user=svc",
  ].join("\n");

  it("fills in what the URL does not say", () => {
    const PGSERVICEFILE = file("services", SERVICES);
    const env = { PGSERVICEFILE, PGDATABASE: "other" };
    expect(resolveTarget("postgres:///?service=prod", undefined, env)).toMatchObject({
      place: "a:1,b:2/gov",
      user: "svc",
    });
    expect(resolveTarget("postgres://me@/x", undefined, { ...env, PGSERVICE: "prod" })).toMatchObject({
      place: "a:1,b:2/x",
      user: "me",
    });
  });

  it.each([
    ["is in no file", "[other]\nhost=a", /service.*in no service file; looked for in .*services/],
    ["has a parameter that is not supported", "[prod]\nhost=a\nsslcrl=/x", /line 3 of .*services the parameter sslcrl/],
    ["has a line that is none", "[prod]\nsecret-of-file", /line 2 of .*services/],
    ["leads to another service", "[prod]\nservice=x", /line 2 of .*service, which a service cannot have/],
  ])("that %s is refused, with what is wrong", (_, text, said) => {
    const PGSERVICEFILE = file("services", text);
    const { message } = problemOf(() => resolveTarget("postgres:///?service=prod", undefined, { PGSERVICEFILE }));
    expect(message).toMatch(said);
    expect(message).not.toContain("secret-of-file");
  });

  it("needs the file that is named", () => {
    const env = { PGSERVICEFILE: "/nonexistent" };
    expect(problemOf(() => resolveTarget("postgres:///?service=prod", undefined, env)).message).toMatch(
      /PGSERVICEFILE.*does not exist/,
    );
  });
});
