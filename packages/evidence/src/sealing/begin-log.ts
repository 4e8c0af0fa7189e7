import type { ChangeContext } from "@agent-assembly/storage-core";
import { type EvidenceSupport, governanceEvent, parseContext } from "@agent-assembly/storage-core/backend";
import type { ForkStatement, KeyStatement } from "../leaf/entry.js";
import { EMPTY_ROOT } from "../tree/hash.js";
import { formatChain, newChain } from "./chain.js";
import { LogWriter } from "./log-writer.js";

/** How a log begins. */
export interface LogStart {
  readonly log: number;
  readonly origin: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of the first key; absent where it is not known. */
  readonly vkey: string | undefined;
  /** Its first leaf, where it continues another log. */
  readonly fork?: ForkStatement | undefined;
  /** What the governance event of it says. */
  readonly change: "log.begun" | "log.forked";
  /** The log that it continues. */
  readonly before?: { readonly origin: string; readonly size: number } | undefined;
  readonly by: ChangeContext | undefined;
}

/** Begins a log with its first statements, in one transaction with the event that records it. @returns false where there is such a log */
export async function beginLog(support: EvidenceSupport, start: LogStart): Promise<boolean> {
  const { log, origin, now, vkey, fork, change, before, by } = start;
  const chain = formatChain(newChain(now));
  const writer = await LogWriter.resume(support, { log, origin, size: 0, root: EMPTY_ROOT, position: "", chain });
  if (fork !== undefined) writer.addStatement(fork, now);
  if (vkey !== undefined) writer.addStatement(keyStatement(vkey, null, now), now);
  const { to, tiles, seeds, statements } = writer.commit();
  const record = governanceEvent({
    change,
    at: now,
    subject: { log, origin },
    before,
    after: vkey === undefined ? undefined : { vkey },
    by: parseContext(by),
  });
  return support.begin({
    log,
    origin,
    root: to.root,
    chain: to.chain,
    size: to.size,
    tiles,
    seeds,
    statements,
    record,
  });
}

export function keyStatement(vkey: string, replaces: string | null, now: number): KeyStatement {
  return { t: "key", v: 1, at: new Date(now).toISOString(), replaces, vkey };
}
