import type { EvidenceStatement, EvidenceSupport } from "@agent-assembly/storage-core/backend";

const PAGE = 1000;

/** All statements of a log, by leaf. */
export async function* logStatements(
  support: Pick<EvidenceSupport, "statements">,
  log: number,
): AsyncGenerator<EvidenceStatement> {
  for (let from = 0; ; ) {
    const page = await support.statements(log, { from, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    from = last.leaf + 1;
  }
}
