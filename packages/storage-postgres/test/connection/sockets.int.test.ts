import { mkdtempSync, rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { connect as connectTcp, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Pool } from "../../src/driver/pool.js";
import { parsePostgresOptions } from "../../src/options.js";
import { makeCertificates } from "../support/certificates.js";

/** What the server says of a connection with this URL. */
async function ask(url: string): Promise<{ user: string; tls: boolean; local: boolean }> {
  const pool = new Pool({
    ...parsePostgresOptions({ url, connectTimeoutMs: 5000 }),
    maxConnections: 1,
    applicationName: "t",
  });
  try {
    const [row] = await pool.run(
      (sql) => sql<{ user: string; tls: boolean; local: boolean }[]>`
        SELECT current_user AS user, (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS tls,
          inet_server_addr() IS NULL AS local`,
    );
    if (row === undefined) throw new Error("the server said nothing");
    return row;
  } finally {
    await pool.close(0);
  }
}

describeNeeding("own-servers", "a connection", async () => {
  const server = await startPostgres({ timescaledb: false, fsync: false });
  afterAll(server.stop);
  const { port } = new URL(server.url);
  const admin = postgres(server.url, { max: 1, onnotice: () => undefined });
  afterAll(() => admin.end());

  describe("to an IPv6 address", () => {
    let v6: Server;
    beforeAll(async () => {
      v6 = createServer((socket) => {
        const other = connectTcp(Number(port), "127.0.0.1");
        socket.pipe(other).pipe(socket);
        for (const end of [socket, other]) end.on("error", () => undefined);
      }).listen(0, "::1");
      await new Promise((resolve) => v6.once("listening", resolve));
    });
    afterAll(() => v6.close());

    it("is made, with the brackets taken off", async () => {
      const { port: there } = v6.address() as { port: number };
      expect(await ask(`postgres://postgres@[::1]:${there}/postgres`)).toMatchObject({ user: "postgres" });
      expect(await ask(`postgres://postgres@[::1]:1,[::1]:${there}/postgres`)).toMatchObject({ user: "postgres" });
    });
  });

  describe.skipIf(server.programs === undefined)("to a Unix socket (of a server outside Docker)", () => {
    let folder: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "aasm-test-"));
      await chmod(folder, 0o777);
      await admin.unsafe(`ALTER SYSTEM SET unix_socket_directories = '${folder}'`);
      await server.restart("fast");
    });
    afterAll(async () => {
      await admin.unsafe("ALTER SYSTEM RESET unix_socket_directories");
      await server.restart("fast");
      rmSync(folder, { recursive: true });
    });

    it("is made by the parameter host, and by a host with escapes; TLS is not asked for", async () => {
      const local = { user: "postgres", tls: false, local: true };
      expect(await ask(`postgres:///postgres?host=${folder}&port=${port}&user=postgres`)).toEqual(local);
      expect(await ask(`postgres://postgres@${encodeURIComponent(folder)}:${port}/postgres`)).toEqual(local);
      const tls = "sslmode=require";
      expect(await ask(`postgres://postgres@/postgres?host=${folder}&port=${port}&${tls}`)).toEqual(local);
      const both = `postgres://postgres@/postgres?host=/nonexistent,${folder}&port=${port}`;
      expect(await ask(both)).toEqual(local);
    });
  });

  const certificates = server.programs === undefined ? undefined : makeCertificates();
  describe.skipIf(certificates === undefined)("with TLS (of a server outside Docker)", () => {
    const { ca = "", otherCa = "", client = { certificate: "", key: "" }, server: own } = certificates ?? {};
    const at = (host: string, query: string): string => `postgres://postgres@${host}:${port}/postgres?${query}`;
    beforeAll(async () => {
      const [{ folder } = { folder: "" }] = await admin<{ folder: string }[]>`SHOW data_directory`.then((rows) =>
        rows.map((row) => ({ folder: (row as unknown as { data_directory: string }).data_directory })),
      );
      // Written by the server, whose user owns them and no one else may read them.
      for (const [name, text] of [
        ["server.crt", own?.certificate],
        ["server.key", own?.key],
      ] as const) {
        await admin.unsafe(
          `COPY (SELECT unnest(string_to_array($text$${text?.trim()}$text$, E'\\n'))) TO '${folder}/${name}'`,
        );
      }
      await admin.unsafe(`COPY (SELECT 1) TO PROGRAM 'cat > /dev/null; chmod 0600 ${folder}/server.key'`);
      await admin.unsafe("CREATE ROLE app LOGIN");
      await admin.unsafe("ALTER SYSTEM SET ssl = on");
      await server.restart("fast");
    });
    afterAll(() => certificates?.remove());

    it.each([
      ["localhost", "sslmode=require"],
      ["localhost", "sslmode=prefer"],
      ["127.0.0.1", "sslmode=require"],
      ["localhost", `sslmode=verify-full&sslrootcert=${ca}`],
      ["localhost", `sslmode=verify-full&sslrootcert=${ca}&sslnegotiation=direct&ssl_min_protocol_version=TLSv1.3`],
      // Of the chain alone.
      ["127.0.0.1", `sslmode=verify-ca&sslrootcert=${ca}`],
      ["127.0.0.1", `sslmode=require&sslrootcert=${ca}`],
    ])("is encrypted to %s with %s", async (host, query) => {
      expect(await ask(at(host, query))).toMatchObject({ tls: true });
    });

    it.each([
      // The name that the driver itself would check for an address.
      ["127.0.0.1", `sslmode=verify-full&sslrootcert=${ca}`],
      ["localhost", `sslmode=verify-full&sslrootcert=${otherCa}`],
      ["localhost", `sslmode=verify-ca&sslrootcert=${otherCa}`],
      ["localhost", `sslmode=require&sslrootcert=${otherCa}`],
      ["localhost", "sslmode=verify-full"],
    ])("is refused to %s with %s", async (host, query) => {
      await expect(ask(at(host, query))).rejects.toMatchObject({
        code: expect.stringMatching(
          /^(ERR_TLS_CERT_ALTNAME_INVALID|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_SIGNATURE_FAILURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY)$/,
        ),
      });
    });

    it("logs in with a certificate", async () => {
      await admin.unsafe(`ALTER SYSTEM SET ssl_ca_file = '${ca}'`);
      const [{ hba_file: file } = { hba_file: "" }] = await admin<{ hba_file: string }[]>`SHOW hba_file`;
      const before = await admin<{ text: string }[]>`SELECT pg_read_file(${file}) AS text`;
      const lines = ["hostssl all app all cert", ...(before[0]?.text.trim().split("\n") ?? [])];
      await chmodForAll(ca);
      await admin.unsafe(`COPY (SELECT unnest(string_to_array($text$${lines.join("\n")}$text$, E'\\n'))) TO '${file}'`);
      await server.restart("fast");
      const url = `postgres://app@localhost:${port}/postgres?sslmode=verify-full&sslrootcert=${ca}`;
      await expect(ask(url)).rejects.toMatchObject({ code: "28000" });
      const withCertificate = `${url}&sslcert=${client.certificate}&sslkey=${client.key}`;
      expect(await ask(withCertificate)).toMatchObject({ user: "app", tls: true });
    });
  });
});

/** Its folder too, for the user of the server. */
async function chmodForAll(file: string): Promise<void> {
  await chmod(join(file, ".."), 0o755);
  await chmod(file, 0o644);
}
