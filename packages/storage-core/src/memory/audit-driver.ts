import type { AgentRow } from "../agents/row.js";
import type { AppendRowsOptions, AuditDriver, RestoredEvidence } from "../audit/driver.js";
import type { AuditEvent } from "../audit/event.js";
import { matchesAuditFilter, type ParsedAuditFilter } from "../audit/filter.js";
import { type AuditKey, compareAuditKeys } from "../audit/paging.js";
import { type AuditEventRow, CONFLICT_REASON, toAuditEvent } from "../audit/row.js";
import type { AppendResult, AuditOrder, Rejection, SummaryRow, TailItem } from "../audit/store.js";
import { type ParsedDimension, type ParsedSummaryRequest, SummaryBuilder } from "../audit/summary.js";
import type { MemoryKeyedTable } from "../records/memory-table.js";
import { throwIfAborted } from "../support/abort.js";
import type { JsonObject } from "../support/json.js";
import { textProblem } from "../support/text.js";
import type { TokenKeys } from "../tokens/keys.js";
import { tokenInteger } from "../tokens/shape.js";
import { defineToken } from "../tokens/token.js";
import type { InsertOutcome, MemoryEventTable } from "./event-table.js";

/** A position in commit order: a sequence number of the table. */
export const POSITION = defineToken("tail memory", [tokenInteger()]);

/** Options of {@link MemoryAuditDriver}. */
export interface MemoryAuditOptions {
  /** For summaries that group by the metadata of agents. */
  readonly agents: Pick<MemoryKeyedTable<AgentRow>, "get">;
  /** Aborts when the backend closes. */
  readonly closing: AbortSignal;
  /** Sign the positions of tails. @default none */
  readonly tokenKeys?: TokenKeys | undefined;
}

/** The audit log in memory: the reference that other backends are compared with. */
export class MemoryAuditDriver implements AuditDriver {
  readonly #wakeUps = new Set<() => void>();
  readonly #tokens: { readonly keys: TokenKeys | undefined };

  constructor(
    readonly table: MemoryEventTable,
    private readonly options: MemoryAuditOptions,
  ) {
    this.#tokens = { keys: options.tokenKeys };
  }

  async append(
    events: readonly AuditEventRow[],
    { restored = false, evidence }: AppendRowsOptions = {},
  ): Promise<AppendResult> {
    return this.appendAll([events], restored, evidence)[0] as AppendResult;
  }

  /**
   * Stores the events of several calls as one change of the table.
   * @param restored whether they come from an archive
   * @param evidence the leaves of the events, one call after another
   * @returns the results of the calls, in their order
   */
  appendAll(
    calls: readonly (readonly AuditEventRow[])[],
    restored = false,
    evidence?: RestoredEvidence,
  ): AppendResult[] {
    const outcomes = this.table.insert(calls.flat(), restored, evidence);
    if (outcomes.includes("inserted")) this.#wakeTails();
    return calls.map((events) => resultOf(outcomes.splice(0, events.length)));
  }

  /** Stores an event that something else has kept already, as a change that it records is kept. */
  storeRecorded(event: AuditEventRow): void {
    this.table.apply({ inserted: [event] });
    this.#wakeTails();
  }

  async page(
    filter: ParsedAuditFilter,
    order: AuditOrder,
    after: AuditKey | undefined,
    limit: number,
  ): Promise<AuditEvent[]> {
    const found: AuditEvent[] = [];
    for (const event of this.table.ordered(order)) {
      if (after !== undefined) {
        const direction = compareAuditKeys(event, after);
        if (order === "newest" ? direction >= 0 : direction <= 0) continue;
      }
      if (!matchesAuditFilter(filter, event)) continue;
      found.push(toAuditEvent(event));
      if (found.length >= limit) break;
    }
    return found;
  }

  async *slices(
    filter: ParsedAuditFilter,
    order: AuditOrder,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<AuditEventRow[]> {
    for (const event of [...this.table.ordered(order)]) {
      throwIfAborted(signal);
      if (matchesAuditFilter(filter, event)) yield [event];
    }
  }

  async count(filter: ParsedAuditFilter): Promise<number> {
    let count = 0;
    for (const event of this.table.ordered("oldest")) if (matchesAuditFilter(filter, event)) count++;
    return count;
  }

  async summarize(filter: ParsedAuditFilter, request: ParsedSummaryRequest): Promise<SummaryRow[]> {
    const builder = new SummaryBuilder(request);
    const add = (event: AuditEventRow, count: number): void => {
      if (!matchesAuditFilter(filter, event)) return;
      const key = request.dimensions.map((dimension) => this.#dimension(event, dimension));
      builder.add(request.bucket?.startOf(event.ts), key, count);
    };
    for (const event of this.table.ordered("oldest")) add(event, 1);
    if (request.includeDropped) for (const { like, count } of this.table.dropped.groups) add(like, count);
    return builder.rows();
  }

  #dimension(event: AuditEventRow, dimension: ParsedDimension): string | boolean | null {
    if (dimension.kind === "event") return event[dimension.field];
    const agent = this.options.agents.get(event.agentId);
    const metadata = agent === undefined ? {} : (JSON.parse(agent.metadata) as JsonObject);
    const value = Object.hasOwn(metadata, dimension.key) ? metadata[dimension.key] : null;
    return textProblem(value) === undefined ? (value as string) : null;
  }

  follow(
    filter: ParsedAuditFilter,
    after: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncIterable<TailItem> {
    const [start] = after === undefined ? [this.table.sequence] : POSITION.decode("after", after, this.#tokens);
    return this.#tail(filter, start, signal);
  }

  async *#tail(filter: ParsedAuditFilter, start: number, signal: AbortSignal | undefined): AsyncGenerator<TailItem> {
    const ended = (): boolean => signal?.aborted === true || this.options.closing.aborted;
    let position = start;
    while (!ended()) {
      for (const [sequence, event] of this.table.committedAfter(position)) {
        if (ended()) return;
        position = sequence;
        if (!matchesAuditFilter(filter, event)) continue;
        yield { event: toAuditEvent(event), position: POSITION.encode([sequence], this.#tokens) };
      }
      if (this.table.sequence === position || this.table.committedAfter(position).length === 0) {
        await this.#nextCommit(signal);
      }
    }
  }

  /** Resolves at the next insert, or when the tail is to end. */
  #nextCommit(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true || this.options.closing.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakeUps.delete(wake);
        signal?.removeEventListener("abort", wake);
        this.options.closing.removeEventListener("abort", wake);
        resolve();
      };
      this.#wakeUps.add(wake);
      signal?.addEventListener("abort", wake);
      this.options.closing.addEventListener("abort", wake);
    });
  }

  #wakeTails(): void {
    for (const wake of [...this.#wakeUps]) wake();
  }
}

function resultOf(outcomes: readonly InsertOutcome[]): AppendResult {
  const count = (wanted: InsertOutcome): number => outcomes.filter((outcome) => outcome === wanted).length;
  const rejected = outcomes.flatMap((outcome, index): Rejection[] =>
    outcome === "conflict" ? [{ index, code: "conflict", reason: CONFLICT_REASON }] : [],
  );
  return { inserted: count("inserted"), duplicates: count("duplicate"), rejected };
}
