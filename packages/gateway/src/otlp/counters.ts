/** What was done with the records and points that came in, since the process began. */
export class OtlpCounters {
  readonly #received = new Map<OtlpSignal, number>();
  readonly #ignored = new Map<string, number>();
  readonly #rejected = new Map<string, number>();

  received(signal: OtlpSignal, count: number): void {
    add(this.#received, signal, count);
  }

  /** Dropped, because they tell of no work of an agent, for this reason. */
  ignored(reason: string, count: number): void {
    add(this.#ignored, reason, count);
  }

  rejected(code: string, count: number): void {
    add(this.#rejected, code, count);
  }

  /** For `/metrics`: a sample of each counter that has counted. */
  samples(): readonly OtlpCounterSample[] {
    return [
      ...samplesOf("aasm_otlp_received_total", "signal", this.#received),
      ...samplesOf("aasm_otlp_ignored_total", "reason", this.#ignored),
      ...samplesOf("aasm_otlp_rejected_total", "code", this.#rejected),
    ];
  }
}

/** What a path takes. */
export type OtlpSignal = "traces" | "logs" | "metrics";

/** One counter with its label. */
export interface OtlpCounterSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function add<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function samplesOf(name: string, label: string, counts: ReadonlyMap<string, number>): OtlpCounterSample[] {
  return [...counts].map(([key, value]) => ({ name, labels: { [label]: key }, value }));
}
