import { maskUrl } from "@agent-assembly/storage-core/backend";
import { describe, expect, it } from "vitest";
import { nameOfServer, resolveTarget, shownUrl } from "../../src/connection/target.js";
import { parsePostgresOptions } from "../../src/options.js";
import { problemOf } from "../support/problem-of.js";

const SECRET = "hunter2-s3cret";
const NO_ENV = { HOME: "/nonexistent" };

function targetOf(url: string, env: NodeJS.ProcessEnv = NO_ENV) {
  return resolveTarget(url, undefined, env);
}

describe("a connection URL", () => {
  it.each([
    ["postgres://u@h:5433/db", ["h:5433"], "h:5433/db"],
    ["postgresql://u@h/db", ["h:5432"], "h:5432/db"],
    ["postgres://u@one:1,two:2,three/db", ["one:1", "two:2", "three:5432"], "one:1,two:2,three:5432/db"],
    ["postgres://u@one,two/db?port=1,2", ["one:1", "two:2"], "one:1,two:2/db"],
    ["postgres://u@/db?host=one,two&port=7", ["one:7", "two:7"], "one:7,two:7/db"],
    ["postgres://u@[::1]:55999/db", ["[::1]:55999"], "[::1]:55999/db"],
    ["postgres://u@[fe80::1%25eth0],h/db", ["[fe80::1%eth0]:5432", "h:5432"], "[fe80::1%eth0]:5432,h:5432/db"],
    ["postgres:///db?host=/run/pg&user=u", ["/run/pg:5432"], "/run/pg:5432/db"],
    ["postgres://u@%2Frun%2Fpg:5433/db", ["/run/pg:5433"], "/run/pg:5433/db"],
    ["postgres://u@/db", ["localhost:5432"], "localhost:5432/db"],
    ["postgres://u@h", ["h:5432"], "h:5432/u"],
    ["postgres://u@h/?dbname=a%2Fb", ["h:5432"], "h:5432/a/b"],
  ])("%s leads to %j", (url, servers, place) => {
    const target = targetOf(url);
    expect(target.servers.map(nameOfServer)).toEqual(servers);
    expect(target.place).toBe(place);
    expect(target.user).toBe("u");
  });

  it("is shown without user and password, in every form", () => {
    for (const [url, shown] of [
      [`postgres://u:${SECRET}@one:1,two/db`, "postgres://one:1,two:5432/db"],
      [`postgres://u:${SECRET}@[::1]:1,two:2/db?sslmode=prefer`, "postgres://[::1]:1,two:2/db"],
      [`postgres://%2Frun%2Fpg/db?user=u&password=${SECRET}`, "postgres://%2Frun%2Fpg:5432/db"],
      [`postgres://u:${SECRET}@/db?host=/run/pg`, "postgres://%2Frun%2Fpg:5432/db"],
    ] as const) {
      const target = targetOf(url);
      expect(shownUrl(target)).toBe(shown);
      expect(targetOf(`${shownUrl(target)}?user=u`).servers).toEqual(target.servers);
      expect(maskUrl(url)).not.toContain(SECRET);
      expect(maskUrl(url)).not.toBe("***");
    }
    expect(maskUrl(`postgres://u:${SECRET}@one:1,two/db?sslpassword=${SECRET}`)).toBe(
      "postgres://u:***@one:1,two/db?sslpassword=***",
    );
  });

  it("pairs addresses with the names that certificates are checked against", () => {
    const { servers } = targetOf("postgres://u@db.example.com/db?hostaddr=10.0.0.5");
    expect(servers).toEqual([{ host: "db.example.com", address: "10.0.0.5", port: 5432 }]);
    expect(targetOf("postgres://u@/db?hostaddr=10.0.0.5").servers).toEqual([
      { host: "10.0.0.5", address: "10.0.0.5", port: 5432 },
    ]);
  });

  it("says how to connect", () => {
    const url =
      "postgres://u@h/db?target_session_attrs=read-write&connect_timeout=3&application_name=gw&keepalives_idle=9&keepalives=1" +
      "&options=-c%20work_mem%3D8MB&channel_binding=prefer&gssencmode=disable&client_encoding=UTF8";
    expect(targetOf(url)).toMatchObject({
      session: "read-write",
      connectTimeoutMs: 3000,
      applicationName: "gw",
      keepAliveSeconds: 9,
      options: "-c work_mem=8MB",
    });
    expect(parsePostgresOptions({ url }).connectTimeoutMs).toBe(3000);
    expect(parsePostgresOptions({ url, connectTimeoutMs: 50 }).connectTimeoutMs).toBe(50);
  });

  it.each([
    ["a host after a comma with a bad port", "postgres://u@a:1,b:99999/db", /port.*65535/],
    ["more ports than hosts", "postgres://u@a,b,c/db?port=1,2", /port.*2 values for 3 hosts/],
    ["fewer addresses than hosts", "postgres://u@a,b/db?hostaddr=10.0.0.1", /hostaddr.*1 values for 2 hosts/],
    ["a parameter twice", "postgres://u@h/db?user=v", /user.*twice/],
    [
      "attributes that libpq does not know",
      "postgres://u@h/db?target_session_attrs=writable",
      /target_session_attrs.*any, read-write/,
    ],
    ["a mistyped parameter", "postgres://u@h/db?sslmod=require", /sslmod.*unknown.*Did you mean "sslmode"/],
    ["a mistyped mode", "postgres://u@h/db?sslmode=verifyfull", /sslmode.*Did you mean "verify-full"/],
    ["a setting of the server", "postgres://u@h/db?work_mem=8MB", /work_mem.*unknown.*options=-c/],
    ["a parameter of another program", "postgres://u@h/db?schema=audit", /schema.*storage\.postgres\.schema/],
    ["another encoding", "postgres://u@h/db?client_encoding=LATIN1", /client_encoding.*UTF8/],
    ["a bad timeout", "postgres://u@h/db?connect_timeout=soon", /connect_timeout.*whole number/],
    ["a bad escape", "postgres://u:50%@h/db", /%25/],
    ["a template", "postgres://u@h/template1", /template database/],
    [
      "a root certificate that checks nothing",
      "postgres://u@h/db?sslrootcert=system&sslmode=prefer",
      /sslrootcert.*verify-full/,
    ],
    [
      "a certificate that is not there",
      "postgres://u@h/db?sslmode=verify-full&sslrootcert=/nonexistent/ca.pem",
      /sslrootcert.*does not exist: \/nonexistent\/ca\.pem/,
    ],
    ["TLS at once, unchecked", "postgres://u@h/db?sslnegotiation=direct&sslmode=prefer", /sslnegotiation.*require/],
    ["another scheme", "mysql://u@h/db", /scheme mysql/],
    ["a fragment", "postgres://u@h/db#x", /must look like/],
    ["a password with a slash", "postgres://u:a/b@h/db", /Escape special characters/],
    ["two at signs", "postgres://u:a@b@h/db", /Escape special characters/],
  ])("is refused with %s", (_, url, said) => {
    const problem = problemOf(() => targetOf(url));
    expect(problem.option).toBe("options.url");
    expect(problem.message).toMatch(said);
  });

  /** All that libpq of PostgreSQL 18 knows, by its documentation. */
  const LIBPQ =
    "host hostaddr port dbname user password passfile require_auth channel_binding connect_timeout client_encoding options " +
    "application_name fallback_application_name keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout " +
    "replication gssencmode sslmode sslnegotiation sslcompression sslcert sslkey sslkeylogfile sslpassword sslcertmode sslrootcert " +
    "sslcrl sslcrldir sslsni requirepeer ssl_min_protocol_version ssl_max_protocol_version min_protocol_version " +
    "max_protocol_version krbsrvname gsslib gssdelegation scram_client_key scram_server_key service servicefile " +
    "target_session_attrs load_balance_hosts oauth_issuer oauth_client_id oauth_client_secret oauth_scope";

  it.each(LIBPQ.split(" "))("uses the parameter %s, or refuses it by name without its value", (name) => {
    const tls = name === "sslpassword" ? "sslmode=require&" : "";
    const url = `postgres://h/db?${tls}${name}=${encodeURIComponent(`/nonexistent/${SECRET}`)}`;
    try {
      expect(JSON.stringify(targetOf(url))).toMatch(name === "password" ? /"user"/ : SECRET);
    } catch (error) {
      expect(error).toMatchObject({ code: "invalid_argument", option: "options.url" });
      const { message } = error as Error;
      expect(message).toContain(name);
      // A path is no secret.
      if (!/ssl(rootcert|cert|key)$|passfile/.test(name)) expect(message).not.toContain(SECRET);
    }
  });

  it("never shows what a password is a part of", () => {
    for (const url of [
      `postgres://u:${SECRET}@h:x/db`,
      `postgres://u:${SECRET}/@h/db`,
      `postgres://u:${SECRET}@h/db?${SECRET}=1`,
      `postgres://u:${SECRET}@h/db?sslmode=${SECRET}`,
      `postgres://u:${SECRET}#@h/db`,
      `postgres://u:${SECRET}%zz@h/db`,
    ]) {
      expect(problemOf(() => targetOf(url)).message).not.toContain(SECRET);
    }
  });

  it("is filled in from the variables of libpq", () => {
    const env = {
      ...NO_ENV,
      PGHOST: "a,b",
      PGPORT: "1,2",
      PGDATABASE: "d",
      PGUSER: "me",
      PGPASSWORD: SECRET,
      PGTARGETSESSIONATTRS: "any",
      PGSSLMODE: "require",
    };
    const target = targetOf("postgres://", env);
    expect(target).toMatchObject({ place: "a:1,b:2/d", user: "me", session: "any", tls: { use: "require" } });
    expect(target.password(target.servers[0] ?? { host: "", port: 0 })).toBe(SECRET);
    expect(targetOf("postgres://u@h/e?sslmode=disable", { ...env, PGPORT: "3" })).toMatchObject({
      place: "h:3/e",
      tls: { use: "off" },
    });
    expect(problemOf(() => targetOf("postgres://u@h/e", { ...env, PGPORT: "3", PGSSLMODE: "on" })).message).toMatch(
      /takes from PGSSLMODE the parameter sslmode/,
    );
  });
});
