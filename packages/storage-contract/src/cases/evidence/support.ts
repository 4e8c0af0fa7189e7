import assert from "node:assert/strict";
import type { StorageBackend } from "@agent-assembly/storage-core";
import type { EvidenceCommit, EvidenceEvent, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import type { CaseContext, ContractCase } from "../../contract-case.js";
import { ANY_TIME } from "../../support/fixtures.js";
import { assertUnsupported } from "../durability.js";

/** The role, of a backend that has the capability. */
export function evidenceOf({ evidenceSupport }: StorageBackend): EvidenceSupport {
  return evidenceSupport ?? assert.fail("the capability evidence is declared, and there is no evidenceSupport");
}

/** A case on the role; a backend without the capability must not have it. */
export function evidenceCase<const Id extends string>(
  id: Id,
  title: string,
  run: (backend: StorageBackend, evidence: EvidenceSupport, context: CaseContext) => Promise<void>,
) {
  return {
    id,
    title,
    requires: "evidence",
    async run(context) {
      const backend = await context.storage(ANY_TIME);
      await run(backend, evidenceOf(backend), context);
    },
    async refusal({ storage }) {
      const backend = await storage(ANY_TIME);
      assertUnsupported(backend, "evidence");
      assert.equal(backend.evidenceSupport, undefined);
    },
  } as const satisfies ContractCase;
}

/** Bytes that are the same for the same number. */
export function bytes(n: number, length = 32): Uint8Array {
  return new Uint8Array(length).fill(n);
}

/** A log without leaves, as it is begun. */
export const NEW_LOG = { log: 1, origin: "example.com/audit", root: bytes(0), chain: '{"seals":0}' } as const;

/** Grows a new log by two leaves. */
export function growth(members: Partial<EvidenceCommit> = {}): EvidenceCommit {
  return {
    log: 1,
    from: { size: 0, position: "" },
    to: { size: 2, root: bytes(2), position: "", chain: '{"seals":1}' },
    tiles: [{ level: 0, index: 0, hashes: bytes(7, 64) }],
    batches: [{ first: 0, count: 1, firstSeq: 5, lastSeq: 5, fromTs: 1000, toTs: 2000, seqs: bytes(1, 3) }],
    seeds: [{ bundle: 0, depth: 0, path: 0, node: bytes(9) }],
    statements: [{ leaf: 1, kind: "seal", entry: '{"t":"seal"}', list: null }],
    ...members,
  };
}

/** All settled events behind a position, a few at a time. */
export async function readAll(
  evidence: EvidenceSupport,
  after = "",
  limit = 3,
): Promise<{ readonly events: EvidenceEvent[]; readonly position: string }> {
  const events: EvidenceEvent[] = [];
  for (let position = after; ; ) {
    const slice = await evidence.next(position, limit);
    assert.ok(slice.events.length <= limit);
    events.push(...slice.events);
    position = slice.position;
    if (!slice.more) return { events, position };
  }
}

/** What came from a store as bytes, so that it compares whatever kind of array it is. */
export function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, member: unknown) => {
      const found = member as { readonly type?: unknown; readonly data?: Uint8Array } | null;
      if (found?.type === "Buffer") return Buffer.from(found.data ?? []).toString("hex");
      return member instanceof Uint8Array ? Buffer.from(member).toString("hex") : member;
    }),
  );
}
