import {
  createSealer,
  generateSignerKey,
  parseSignerKey,
  parseVerifierKey,
  proveEvent,
  verifyEntryProof,
} from "@agent-assembly/evidence";
import type { StorageOptions } from "@agent-assembly/storage";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { type BenchResult, inTurn, judge, median, seconds, withinBudget } from "../result.js";
import { sampleEvents } from "../sample.js";
import { runWork, startSealer } from "./programs.js";

/** A store, and what its evidence is measured with. */
export interface SealedSubject {
  readonly name: string;
  readonly storage: StorageBackend;
  /** How another process opens it. */
  readonly options: StorageOptions;
  /** Of all tables of evidence with their indexes. */
  readonly evidenceBytes: () => Promise<number> | number;
}

const BATCH = 1000;
const START = Date.UTC(2026, 0, 1);

const APPEND_RATIO = 0.95;
const SEALED_PER_SECOND = 20_000;
const BYTES_PER_EVENT = 34;
const VERIFY_SECONDS_PER_MILLION = 60;
const VERIFY_MB = 200;
const PROOF_MS = 5;
const PROOFS = 200;

/** Appends beside a sealer; what sealing costs; and how long verifying takes. */
export async function measureEvidence(subject: SealedSubject, quick: boolean): Promise<BenchResult[]> {
  const { name, storage, options, evidenceBytes } = subject;
  const { signerKey, verifierKey } = generateSignerKey("bench.example/audit");
  const sealer = createSealer(storage, { key: parseSignerKey(signerKey) });
  const empty = await evidenceBytes();
  await sealer.init();
  const beside = await appendsBeside(subject, signerKey, quick);

  const count = quick ? 50_000 : 1_000_000;
  const before = (await sealer.sealOnce()).size;
  for (let from = 0; from < count; from += BATCH) {
    await storage.audit.append(sampleEvents(BATCH, START + from));
  }
  const sealed = await runWork({ work: "seal", options, key: signerKey });
  const bytes = ((await evidenceBytes()) - empty) / (before + sealed.events);
  const verified = await runWork({ work: "verify", options, key: signerKey });
  const million = verified.events / 1e6;
  return [
    judge(`${name} append beside a sealer in another process`, "events/s", beside, {
      kind: "at least",
      ratio: APPEND_RATIO,
    }),
    perSecond(`${name} sealing, by CPU of its process`, sealed.events / sealed.cpuSeconds),
    withinBudget(`${name} evidence of one event`, "bytes", bytes, BYTES_PER_EVENT),
    withinBudget(
      `${name} verifying ${verified.events} events`,
      "s",
      verified.seconds,
      VERIFY_SECONDS_PER_MILLION * million,
    ),
    withinBudget(`${name} verifying ${verified.events} events, memory`, "MB", verified.peakBytes / 1e6, VERIFY_MB),
    withinBudget(`${name} checking one proof`, "ms", await proofMs(storage, verifierKey), PROOF_MS),
  ];
}

function perSecond(name: string, value: number): BenchResult {
  const ratio = value / SEALED_PER_SECOND;
  return judge(name, "events/s", { value, floor: null, ratio }, { kind: "at least", ratio: 1 });
}

/** Each round begins with nothing to seal, and the sealer catches up behind it. */
async function appendsBeside({ storage, options }: SealedSubject, key: string, quick: boolean) {
  await using sealer = await startSealer({ options, key });
  const batches = quick ? 20 : 100;
  let at = START;
  const rate = async (isBeside: boolean): Promise<number> => {
    const made = Array.from({ length: batches }, (_, n) => sampleEvents(BATCH, at + n * BATCH));
    at += batches * BATCH;
    if (isBeside) await sealer.on();
    const taken = await seconds(async () => {
      for (const batch of made) await storage.audit.append(batch);
    });
    await sealer.off();
    return (batches * BATCH) / taken;
  };
  return await inTurn(
    quick ? 3 : 5,
    () => rate(true),
    () => rate(false),
  );
}

async function proofMs(storage: StorageBackend, verifierKey: string): Promise<number> {
  const { items } = await storage.audit.query({}, { limit: 1, order: "oldest" });
  const [event] = items;
  if (event === undefined) throw new Error("there is no event to prove");
  const { proof } = await proveEvent(storage, event.eventId, { from: event.ts });
  const keys = [parseVerifierKey(verifierKey)];
  const times: number[] = [];
  for (let n = 0; n < PROOFS; n++) times.push((await seconds(() => verifyEntryProof(proof, keys))) * 1000);
  return median(times);
}
