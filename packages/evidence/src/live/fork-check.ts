import type { EvidenceLog, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { isEvidenceError } from "../errors.js";
import type { Finding } from "../findings.js";
import { type ContinuedLog, continuedLog } from "../leaf/continued-log.js";
import type { ForkStatement } from "../leaf/entry.js";
import { parseEntry } from "../leaf/parse-entry.js";
import { logKeys } from "../log/log-keys.js";
import { openCheckpoint } from "../note/checkpoint.js";
import { parseVerifierKey } from "../note/key.js";

/** Whether a log behind the first one says which log it continues. That the tree has the statement, is checked with all others. */
export async function checkFork(
  support: EvidenceSupport,
  { log }: EvidenceLog,
): Promise<{ readonly findings: Finding[]; readonly log?: ContinuedLog }> {
  if (log === 1) return { findings: [] };
  const before = (await support.logs()).find((one) => one.log === log - 1);
  const [first] = await support.statements(log, { from: 0, limit: 1 });
  const fork = first?.leaf === 0 ? parseFork(first.entry) : undefined;
  if (fork === undefined) {
    const detail = `log ${log} does not say which log it continues`;
    return { findings: [{ code: "history_forked", leaf: 0, detail }] };
  }
  const continued = continuedLog(fork);
  const findings: Finding[] = [];
  if (before !== undefined) {
    const keys = (await logKeys(support, before)).map(({ vkey }) => parseVerifierKey(vkey));
    try {
      // A log that names no key says nothing of who signs it.
      if (keys.length > 0) openCheckpoint(fork.checkpoint, keys, { origin: before.origin });
    } catch (error) {
      if (!isEvidenceError(error)) throw error;
      const code = error.problem === "key_unknown" ? "key_unknown" : "checkpoint_forged";
      findings.push({ code, leaf: 0, detail: `the checkpoint that log ${log} continues: ${error.message}` });
    }
  }
  return { findings, log: continued };
}

function parseFork(entry: string): ForkStatement | undefined {
  try {
    const parsed = parseEntry(Buffer.from(entry));
    return parsed.t === "fork" ? parsed : undefined;
  } catch (error) {
    if (isEvidenceError(error)) return undefined;
    throw error;
  }
}
