import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { PolicyDocument, StorageBackend } from "@agent-assembly/storage-core";
import { defineCases } from "../contract-case.js";
import { rejects } from "../support/assert.js";
import { ANY_TIME, NOW } from "../support/fixtures.js";

const BY = { actor: "ann" } as const;
const DO = { actor: "bob" } as const;

/** Saves `v: 1` to `v: count` under the name. */
async function saveVersions({ policies }: StorageBackend, name: string, count: number): Promise<void> {
  for (let v = 1; v <= count; v++) await policies.save({ name, source: `v: ${v}\n` }, BY);
}

async function activeVersion({ policies }: StorageBackend, name: string): Promise<number | undefined> {
  return (await policies.active(name))?.version;
}

export const policyCases = defineCases([
  {
    id: "policies.save.first-version",
    title: "the first version is 1, with actor, time, format yaml, and not active",
    async run({ storage }) {
      const { policies } = await storage(ANY_TIME);
      const saved = await policies.save({ name: "p", source: "rules: []\n" }, BY);
      const { source, document, digest, ...rest } = saved;
      assert.deepEqual(rest, {
        name: "p",
        version: 1,
        format: "yaml",
        size: 10,
        actor: "ann",
        createdAt: new Date(NOW),
      });
      assert.deepEqual(document, { rules: [] });
      assert.equal(Buffer.from(source).toString(), "rules: []\n");
      assert.match(digest, /^[0-9a-f]{64}$/);
      assert.deepEqual(await policies.get("p", 1), saved);
      assert.equal(await policies.active("p"), undefined);
      assert.deepEqual(await policies.list(), [{ name: "p", latest: 1, active: null }]);
    },
  },
  {
    id: "policies.save.byte-for-byte",
    title: "the source reads back byte for byte with its SHA-256 and size: line ends, BOM, no last newline, bytes",
    async run({ storage }) {
      const { policies } = await storage(ANY_TIME);
      const sources: (string | Uint8Array)[] = [
        "a: 1\r\nb: 2\r\n",
        "\ufeffa: 1\n",
        "a: 1",
        "a: 1   \n\n\n# comment\n",
        'a: "é 日本 🤖 \\u0000"\n',
        new TextEncoder().encode("bytes: true\n"),
        Buffer.from("xxa: buffer\nxx").subarray(2, 12),
      ];
      for (const [n, source] of sources.entries()) {
        const name = `p${n}`;
        const bytes = Buffer.from(source as string);
        const saved = await policies.save({ name, source }, BY);
        const read = await policies.get(name, 1);
        assert.deepEqual(read, saved);
        assert.ok(read?.source instanceof Uint8Array);
        assert.deepEqual(Buffer.from(read.source), bytes);
        assert.equal(read.size, bytes.byteLength);
        assert.equal(read.digest, createHash("sha256").update(bytes).digest("hex"));
      }
    },
  },
  {
    id: "policies.save.parses",
    title: "the parsed document comes with the version, from yaml and from json",
    async run({ storage }) {
      const { policies } = await storage(ANY_TIME);
      const yaml = "rules:\n  - id: r1\n    allow: true\n    limit: 0.5\n    note: ~\n";
      const expected = { rules: [{ id: "r1", allow: true, limit: 0.5, note: null }] };
      await policies.save({ name: "y", source: yaml }, BY);
      await policies.save({ name: "j", source: JSON.stringify(expected), format: "json" }, BY);
      await policies.activate("j", 1, DO);
      assert.deepEqual((await policies.get("y", 1))?.document, expected);
      assert.deepEqual((await policies.get("j", 1))?.document, expected);
      assert.deepEqual((await policies.active("j"))?.document, expected);
      assert.equal((await policies.get("j", 1))?.format, "json");
    },
  },
  {
    id: "policies.save.refuses-what-does-not-parse",
    title: "what does not parse, is empty, or is no UTF-8 is refused, YAML by line; nothing is stored",
    async run({ storage }) {
      const { policies } = await storage(ANY_TIME);
      const bad: [Partial<Record<keyof PolicyDocument, unknown>>, RegExp][] = [
        [{ source: "a: 1\nb: [1, 2\nc: 3\n" }, /line [23].*YAML/],
        [{ source: "a: 1\na: 2\n" }, /line 2.*YAML/],
        [{ source: '{"a": 1,}', format: "json" }, /JSON/],
        [{ source: "a: 1", format: "json" }, /JSON/],
        [{ source: "" }, /empty/],
        [{ source: "# only a comment\n" }, /empty/],
        [{ source: Uint8Array.of(0x61, 0x3a, 0x20, 0xff) }, /UTF-8/],
        [{ source: "a: \ud800" }, /surrogates/],
        [{ source: "a: .nan" }, /source/],
        [{ source: 7 }, /string or bytes/],
        [{ source: "a: 1", format: "toml" }, /format/],
        [{ source: "a: 1", name: "" }, /name/],
        [{ source: "a: 1", version: 1 } as never, /unknown key "version"/],
      ];
      for (const [document, message] of bad) {
        await rejects(() => policies.save({ name: "p", ...document } as never, BY), "invalid_argument", message);
      }
      const good = { name: "p", source: "a: 1" };
      await rejects(() => policies.save(good, {} as never), "invalid_argument", /actor/);
      await rejects(() => policies.save(good, { ...BY, expectedLatest: -1 }), "invalid_argument", /expectedLatest/);
      assert.deepEqual(await policies.list(), []);
    },
  },
  {
    id: "policies.save.identical-is-no-version",
    title: "saving the bytes and format of the latest version returns it unchanged; anything else is a new version",
    async run({ storage }) {
      let now = NOW;
      const { policies } = await storage({ ...ANY_TIME, clock: () => now });
      const first = await policies.save({ name: "p", source: '{"a":1}' }, BY);
      now += 1000;
      assert.deepEqual(await policies.save({ name: "p", source: '{"a":1}' }, { actor: "other" }), first);
      assert.equal((await policies.save({ name: "p", source: '{"a":1}', format: "json" }, BY)).version, 2);
      assert.equal((await policies.save({ name: "p", source: '{"a": 1}', format: "json" }, BY)).version, 3);
      const back = await policies.save({ name: "p", source: '{"a":1}' }, BY);
      assert.equal(back.version, 4);
      assert.equal(back.digest, first.digest);
      assert.deepEqual(back.createdAt, new Date(now));
    },
  },
  {
    id: "policies.versions.newest-first",
    title: "versions count up from 1 per name and are listed newest first, without source and document",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await saveVersions(backend, "p", 12);
      await saveVersions(backend, "q", 2);
      const versions = await backend.policies.versions("p");
      assert.deepEqual(
        versions.map(({ version }) => version),
        [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
      );
      const { source: _source, document: _document, ...info } = (await backend.policies.get("p", 12)) ?? assert.fail();
      assert.deepEqual(versions[0], info);
      assert.equal((await backend.policies.versions("q")).length, 2);
      assert.deepEqual(await backend.policies.versions("unknown"), []);
    },
  },
  {
    id: "policies.save.expected-latest",
    title: "expectedLatest must be the latest version, 0 for a new name; otherwise a conflict that stores nothing",
    async run({ storage }) {
      const { policies } = await storage(ANY_TIME);
      const save = (v: number, expectedLatest: number) =>
        policies.save({ name: "p", source: `v: ${v}` }, { ...BY, expectedLatest });
      await rejects(() => save(1, 1), "conflict");
      assert.deepEqual(await policies.list(), []);
      assert.equal((await save(1, 0)).version, 1);
      await rejects(() => save(2, 0), "conflict", /latest/);
      await rejects(() => save(2, 2), "conflict");
      assert.equal((await save(2, 1)).version, 2);
      await rejects(() => save(2, 1), "conflict");
      assert.equal((await policies.versions("p")).length, 2);
    },
  },
  {
    id: "policies.activate.expected-active",
    title: "expectedActive must be the active version, null for none; otherwise a conflict that changes nothing",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { policies } = backend;
      await saveVersions(backend, "p", 3);
      await rejects(() => policies.activate("p", 1, { ...DO, expectedActive: 1 }), "conflict", /no version/);
      assert.equal((await policies.activate("p", 1, { ...DO, expectedActive: null })).to, 1);
      await rejects(() => policies.activate("p", 2, { ...DO, expectedActive: null }), "conflict", /version 1/);
      await rejects(() => policies.activate("p", 2, { ...DO, expectedActive: 3 }), "conflict");
      assert.equal((await policies.activate("p", 3, { ...DO, expectedActive: 1 })).from, 1);
      await rejects(() => policies.rollback("p", { ...DO, expectedActive: 1 }), "conflict");
      assert.equal(await activeVersion(backend, "p"), 3);
      assert.equal((await policies.activations("p")).length, 2);
      assert.equal((await policies.rollback("p", { ...DO, expectedActive: 3 })).to, 1);
    },
  },
  {
    id: "policies.activate.unknown",
    title: "an unknown name or version is not_found, a number that is no version is refused; nothing is activated",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { policies } = backend;
      await saveVersions(backend, "p", 2);
      await rejects(() => policies.activate("q", 1, DO), "not_found");
      await rejects(() => policies.rollback("q", DO), "not_found");
      await rejects(() => policies.activate("p", 3, DO), "not_found", /latest version is 2/);
      for (const version of [0, -1, 1.5, "1", undefined]) {
        await rejects(() => policies.activate("p", version as number, DO), "invalid_argument", /version/);
      }
      await rejects(() => policies.activate("p", 1, {} as never), "invalid_argument", /actor/);
      await rejects(() => policies.activate("p", 1, { ...DO, author: "x" } as never), "invalid_argument", /author/);
      assert.equal(await activeVersion(backend, "p"), undefined);
      assert.deepEqual(await policies.activations("p"), []);
    },
  },
  {
    id: "policies.activate.active-one",
    title: "activating the active version records nothing and returns the activation that made it so",
    async run({ storage }) {
      let now = NOW;
      const backend = await storage({ ...ANY_TIME, clock: () => now });
      await saveVersions(backend, "p", 1);
      const first = await backend.policies.activate("p", 1, DO);
      now += 1000;
      assert.deepEqual(await backend.policies.activate("p", 1, { actor: "eve" }), first);
      assert.deepEqual(await backend.policies.activations("p"), [first]);
    },
  },
  {
    id: "policies.rollback.is-a-stack",
    title: "each rollback goes one activation further back, until there is nothing before",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { policies } = backend;
      await saveVersions(backend, "p", 4);
      await rejects(() => policies.rollback("p", DO), "conflict", /nothing|no earlier/);
      for (const version of [1, 2, 3]) await policies.activate("p", version, DO);
      assert.equal((await policies.rollback("p", DO)).to, 2);
      assert.equal((await policies.rollback("p", DO)).to, 1);
      await rejects(() => policies.rollback("p", DO), "conflict");
      assert.equal(await activeVersion(backend, "p"), 1);
      await policies.activate("p", 4, DO);
      assert.equal((await policies.rollback("p", DO)).to, 1);
      await rejects(() => policies.rollback("p", DO), "conflict");
    },
  },
  {
    id: "policies.activations.log",
    title: "activations say who, when, from, to and how, newest first, per name",
    async run({ storage }) {
      let now = NOW;
      const backend = await storage({ ...ANY_TIME, clock: () => now });
      const { policies } = backend;
      await saveVersions(backend, "p", 2);
      await saveVersions(backend, "q", 1);
      await policies.activate("p", 2, { actor: "ann" });
      await policies.activate("q", 1, { actor: "eve" });
      now += 1000;
      await policies.activate("p", 1, { actor: "bob" });
      now += 1000;
      const last = await policies.rollback("p", { actor: "cy" });
      const log = await policies.activations("p");
      assert.deepEqual(log, [
        { name: "p", from: 1, to: 2, kind: "rollback", actor: "cy", at: new Date(NOW + 2000) },
        { name: "p", from: 2, to: 1, kind: "activate", actor: "bob", at: new Date(NOW + 1000) },
        { name: "p", from: null, to: 2, kind: "activate", actor: "ann", at: new Date(NOW) },
      ]);
      assert.deepEqual(last, log[0]);
      assert.deepEqual(await policies.activations("unknown"), []);
    },
  },
  {
    id: "policies.list.code-point-order",
    title: "names are listed by code point with their latest and active version",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const names = ["'; DROP TABLE policies; --", "A", "__proto__", "a", "é", "\uffff", "\u{10000}"];
      for (const name of names.toReversed()) await saveVersions(backend, name, 2);
      await backend.policies.activate("a", 1, DO);
      assert.deepEqual(
        await backend.policies.list(),
        names.map((name) => ({ name, latest: 2, active: name === "a" ? 1 : null })),
      );
    },
  },
  {
    id: "policies.get.unknown",
    title: "an unknown name or version reads as undefined; what is no version is refused",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await saveVersions(backend, "p", 1);
      assert.equal(await backend.policies.get("p", 2), undefined);
      assert.equal(await backend.policies.get("q", 1), undefined);
      assert.equal(await backend.policies.active("q"), undefined);
      await rejects(() => backend.policies.get("p", 0), "invalid_argument");
      await rejects(() => backend.policies.active(""), "invalid_argument");
    },
  },
  {
    id: "policies.records.independent",
    title: "changing what was passed in or returned does not change what is stored",
    async run({ storage }) {
      const { policies } = await storage(ANY_TIME);
      const source = new TextEncoder().encode("list: [1]\n");
      const saved = await policies.save({ name: "p", source }, BY);
      source.fill(0);
      saved.source.fill(0);
      (saved.document as { list: number[] }).list.push(2);
      const read = (await policies.get("p", 1)) ?? assert.fail();
      assert.equal(Buffer.from(read.source).toString(), "list: [1]\n");
      assert.deepEqual(read.document, { list: [1] });
    },
  },
]);
