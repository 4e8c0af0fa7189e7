import type { EvidenceStatement, EvidenceSupport } from "@agent-assembly/storage-core/backend";

const PAGE = 1000;

/** All statements of a log, by leaf. @param start the first leaf */
export async function* logStatements(
  support: Pick<EvidenceSupport, "statements">,
  log: number,
  start = 0,
): AsyncGenerator<EvidenceStatement> {
  for (let from = start; ; ) {
    const page = await support.statements(log, { from, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    from = last.leaf + 1;
  }
}
