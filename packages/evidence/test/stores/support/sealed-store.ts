import type { NewAuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import { createSealer, generateSignerKey, parseSignerKey, parseVerifierKey } from "../../../src/index.js";
import type { StorePlace } from "./places.js";

export const NOW = Date.UTC(2026, 10, 28, 9, 30);
export const HOUR_MS = 3_600_000;
export const ORIGIN = "example.com/audit";

const pair = generateSignerKey(ORIGIN);
export const SIGNER_KEY = pair.signerKey;
export const KEY = parseSignerKey(SIGNER_KEY);
export const VERIFIER = parseVerifierKey(pair.verifierKey);

/** The same for the same number. */
export function event(n: number, members: Partial<NewAuditEvent> = {}): NewAuditEvent {
  return {
    ts: new Date(NOW - 86_400_000 + n * 1000),
    eventId: `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`,
    agentId: `agent-${n % 3}`,
    sessionId: `session-${n % 7}`,
    action: "tool_call",
    decision: n % 5 === 0 ? "deny" : "allow",
    payload: { tool: "send_mail", arguments: { n, to: "ann@example.com" } },
    ...members,
  };
}

export function events(first: number, count: number): NewAuditEvent[] {
  return Array.from({ length: count }, (_, n) => event(first + n));
}

/** Parts of a store that were sealed one after another, an hour apart, each with a checkpoint. */
export const PARTS = [300, 200, 150, 50] as const;
/** Events of all parts. */
export const EVENTS = PARTS.reduce<number>((sum, part) => sum + part, 0);

/** A store with a log of four parts: three of them closed by a seal. */
export async function sealedStore(place: StorePlace): Promise<{ storage: StorageBackend; at: () => number }> {
  let now = NOW;
  const at = (): number => now;
  const storage = await place.open(at);
  const sealer = createSealer(storage, { key: KEY, clock: at });
  await sealer.init();
  let first = 0;
  for (const part of PARTS) {
    await storage.audit.append(events(first, part));
    first += part;
    await sealer.sealOnce();
    now += HOUR_MS;
  }
  return { storage, at };
}
