import { describe, expect, test } from "vitest";
import {
  openCheckpoint,
  openNote,
  parseWitnessKey,
  rfc3161Anchor,
  s3LockAnchor,
  TreeReader,
  witnessAnchor,
} from "../../src/index.js";
import { LockService } from "../support/lock-service.js";
import { KEYS, MemoryLog, ORIGIN } from "../support/memory-log.js";
import { deadUrl, withServer } from "../support/servers.js";
import { WITNESS_KEY, Witness } from "../support/witness.js";

const NOW = new Date("2026-12-01T00:00:00.000Z");

function readerOf(log: MemoryLog): TreeReader {
  return new TreeReader(log, log.head);
}

describe("s3-lock", () => {
  const signed = (url: string, init: RequestInit) =>
    fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), authorization: "signed" } });

  test("stores checkpoints that cannot be deleted before their date, and finds the newest", async () => {
    const service = new LockService();
    await withServer(service.handle, async (url) => {
      const anchor = s3LockAnchor({ url: `${url}/bucket/a/b`, fetch: signed, retentionDays: 365, now: () => NOW });
      expect(await anchor.newest(ORIGIN)).toBeUndefined();
      const log = new MemoryLog();
      for (const events of [9, 1, 990]) {
        const checkpoint = await log.append(events).sign();
        const receipt = await anchor.put(checkpoint, readerOf(log));
        expect(receipt).toEqual({ anchor: "s3-lock", at: NOW, checkpoint, where: `${url}/bucket/a/b` });
      }
      expect(await anchor.newest(ORIGIN)).toMatchObject({ size: 1_000, root: Buffer.from(log.head.root) });
      expect(await anchor.newest("example.com/other")).toBeUndefined();
      for (const [key, { mode, until }] of service.objects) {
        expect(key).toMatch(/^a\/b\/[0-9a-f]{64}\/\d{16}-\d+-[0-9a-f]{16}\.checkpoint$/);
        expect([mode, until]).toEqual(["COMPLIANCE", "2027-12-01T00:00:00.000Z"]);
      }
    });
  });

  test("refuses a service that does not lock, one that refuses it, and options that it cannot use", async () => {
    const log = new MemoryLog().append(9);
    const checkpoint = await log.sign();
    await withServer(new LockService(false).handle, async (url) => {
      const options = { url: `${url}/bucket`, fetch: signed, retentionDays: 1 };
      await expect(s3LockAnchor(options).put(checkpoint, readerOf(log))).rejects.toMatchObject({
        code: "unsupported",
        message: expect.stringContaining("does not lock it"),
      });
      const unsigned = s3LockAnchor({ ...options, fetch });
      await expect(unsigned.put(checkpoint, readerOf(log))).rejects.toMatchObject({ code: "permission_denied" });
      await expect(unsigned.newest(ORIGIN)).rejects.toMatchObject({ code: "permission_denied" });
      for (const wrong of [{ retentionDays: 0 }, { retentionDays: Number.NaN }, { url }]) {
        expect(() => s3LockAnchor({ ...options, ...wrong })).toThrow(
          expect.objectContaining({ code: "invalid_argument" }),
        );
      }
    });
  });

  test("an object of others under the name of the log is said", async () => {
    const service = new LockService();
    await withServer(service.handle, async (url) => {
      const anchor = s3LockAnchor({ url: `${url}/bucket`, fetch: signed, retentionDays: 1 });
      const log = new MemoryLog().append(9);
      await anchor.put(await log.sign(), readerOf(log));
      const [key = ""] = service.objects.keys();
      const stored = service.objects.get(key) as NonNullable<ReturnType<typeof service.objects.get>>;
      service.objects.set(key, { ...stored, body: Buffer.from("x") });
      await expect(anchor.newest(ORIGIN)).rejects.toMatchObject({ code: "corrupt" });
      service.objects.set(`${key.slice(0, 65)}0-other`, stored);
      await expect(anchor.newest(ORIGIN)).rejects.toMatchObject({ code: "corrupt" });
    });
  });
});

describe("witness", () => {
  test("cosigns what continues what it knows, and tells its size where that is not known", async () => {
    const witness = new Witness(KEYS);
    await withServer(witness.handle, async (url) => {
      const anchor = witnessAnchor(url, WITNESS_KEY);
      expect(await anchor.newest(ORIGIN)).toBeUndefined();
      const log = new MemoryLog().append(10);
      const first = await anchor.put(await log.sign(), readerOf(log));
      expect(first).toMatchObject({ anchor: "witness", at: new Date(1_764_500_000_000), where: url });
      await anchor.put(await log.append(500).sign(), readerOf(log));
      expect(witness.olds).toEqual([0, 10]);
      // Another process has not been told what the witness knows.
      const other = witnessAnchor(url, WITNESS_KEY);
      const { checkpoint } = await other.put(await log.append(1).sign(), readerOf(log));
      expect(witness.olds).toEqual([0, 10, 0, 510]);
      // One checkpoint with both signatures: the log's, and the witness's.
      expect(openCheckpoint(checkpoint, KEYS)).toMatchObject({ size: 511 });
      expect(openNote(checkpoint, [parseWitnessKey(WITNESS_KEY)]).verified).toHaveLength(1);
      expect(await anchor.newest(ORIGIN)).toMatchObject({
        size: 511,
        origin: ORIGIN,
        root: Buffer.from(log.head.root),
      });
      // The same checkpoint once more.
      await other.put(checkpoint, readerOf(log));
    });
  });

  test("refuses a second history, and a log that was set back", async () => {
    const witness = new Witness(KEYS);
    await withServer(witness.handle, async (url) => {
      const log = new MemoryLog().append(300);
      await witnessAnchor(url, WITNESS_KEY).put(await log.sign(), readerOf(log));
      const anchor = witnessAnchor(url, WITNESS_KEY);
      const forked = new MemoryLog({ stepMs: 1 }).append(400);
      await expect(anchor.put(await forked.sign(), readerOf(forked))).rejects.toMatchObject({
        code: "conflict",
        message: expect.stringContaining("another history"),
      });
      const older = new MemoryLog().append(200);
      await expect(anchor.put(await older.sign(), readerOf(older))).rejects.toMatchObject({
        code: "conflict",
        message: expect.stringContaining("has a tree of 300 leaves, and this checkpoint has 200"),
      });
    });
  });

  test("a cosignature counts when it holds; others are left out", async () => {
    const witness = new Witness(KEYS);
    await withServer(witness.handle, async (url) => {
      const log = new MemoryLog().append(10);
      const put = async () => witnessAnchor(url, WITNESS_KEY).put(await log.append(10).sign(), readerOf(log));
      const other =
        "— witness.example/w2 AWui8Sk55XjYLOijihBjhqEH6nS1ndDymE0a+6idX7pLcnoB+dhnz0854aLZgrrKbYKA7nC3HNJhm/kWl7oJlqU3rXXvpysAdyP3wQ==\n";
      witness.change = (lines) => `${other}${lines}`;
      const { checkpoint } = await put();
      expect(checkpoint).not.toContain("witness.example/w2");
      expect(openNote(checkpoint, [...KEYS, parseWitnessKey(WITNESS_KEY)]).verified).toHaveLength(2);
      const changes: ((lines: string) => string)[] = [
        () => other,
        () => "",
        () => "\n\n",
        (lines) => lines.slice(0, -10),
        (lines) => lines.replace(/(.{30})(.)(.*)$/m, (_, a, b, c) => `${a}${b === "A" ? "B" : "A"}${c}`),
      ];
      for (const change of changes) {
        witness.change = change;
        await expect(put()).rejects.toMatchObject({ code: "corrupt" });
      }
      await expect(witnessAnchor(url, WITNESS_KEY).newest(ORIGIN)).rejects.toMatchObject({ code: "corrupt" });
    });
  });

  test("answers that are none", async () => {
    const log = new MemoryLog().append(10);
    const checkpoint = await log.sign();
    for (const [reply, code] of [
      [{ status: 404 }, "not_found"],
      [{ status: 403 }, "permission_denied"],
      [{ status: 400 }, "unsupported"],
      [{ status: 503 }, "unavailable"],
      [{ status: 409, body: "5\n" }, "corrupt"],
      [{ status: 409, headers: { "content-type": "text/x.tlog.size" }, body: "five" }, "corrupt"],
      [{ status: 409, headers: { "content-type": "text/x.tlog.size" }, body: "5\n" }, "unavailable"],
      [{ status: 302, headers: { location: "/" } }, "unavailable"],
      [{ body: "x".repeat(1_100_000) }, "corrupt"],
    ] as const) {
      await withServer(
        () => reply,
        async (url) => {
          await expect(witnessAnchor(url, WITNESS_KEY).put(checkpoint, readerOf(log))).rejects.toMatchObject({ code });
        },
      );
    }
    expect(() => witnessAnchor("http://x", KEYS[0]?.name as string)).toThrow();
  });
});

test("a URL that is none", () => {
  for (const url of ["", "witness.example", "ftp://witness.example", "https://"]) {
    for (const make of [
      () => witnessAnchor(url, WITNESS_KEY),
      () => rfc3161Anchor(url),
      () => s3LockAnchor({ url, fetch, retentionDays: 1 }),
    ]) {
      expect(make).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    }
  }
});

test("a service that does not answer, and one that is not there", async () => {
  const log = new MemoryLog().append(10);
  const checkpoint = await log.sign();
  await withServer(
    () => undefined,
    async (url) => {
      const slow = { timeoutMs: 50 };
      for (const anchor of [
        witnessAnchor(url, WITNESS_KEY, slow),
        rfc3161Anchor(url, slow),
        s3LockAnchor({ url: `${url}/bucket`, fetch, retentionDays: 1, ...slow }),
      ]) {
        await expect(anchor.put(checkpoint, readerOf(log))).rejects.toMatchObject({ code: "timeout", retryable: true });
      }
    },
  );
  const dead = rfc3161Anchor(`${await deadUrl()}/?token=secret`);
  const failure = await dead.put(checkpoint, readerOf(log)).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "unavailable", retryable: true });
  expect(String(failure)).not.toContain("secret");
  expect(dead.where).not.toContain("secret");
});
