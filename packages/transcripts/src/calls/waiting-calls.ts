import type { KnownCall } from "./known-call.js";

/** Calls of a list of messages that wait for their answer, in the order of the list. */
export class WaitingCalls {
  readonly #all = new Set<KnownCall>();
  readonly #byId = new Map<string, KnownCall[]>();

  /** @param most how many wait; beyond it the oldest are found by their id only */
  constructor(private readonly most: number) {}

  clear(): void {
    this.#all.clear();
    this.#byId.clear();
  }

  add(call: KnownCall): void {
    if (this.#all.has(call)) return;
    this.#all.add(call);
    if (call.id !== undefined) {
      const others = this.#byId.get(call.id);
      if (others === undefined) this.#byId.set(call.id, [call]);
      else others.push(call);
    }
    if (this.#all.size <= this.most) return;
    const [oldest] = this.#all;
    if (oldest !== undefined) this.remove(oldest);
  }

  remove(call: KnownCall): void {
    this.#all.delete(call);
    if (call.id === undefined) return;
    const ofId = this.#byId.get(call.id) ?? [];
    const index = ofId.indexOf(call);
    if (ofId.length === 1 && index === 0) this.#byId.delete(call.id);
    else if (index !== -1) ofId.splice(index, 1);
  }

  /** The earliest of an id. */
  ofId(id: string): KnownCall | undefined {
    return this.#byId.get(id)?.[0];
  }

  /** The earliest of a tool, else the earliest one. */
  ofTool(tool: string | undefined): KnownCall | undefined {
    let first: KnownCall | undefined;
    for (const call of this.#all) {
      if (call.tool === tool) return call;
      first ??= call;
    }
    return first;
  }
}
