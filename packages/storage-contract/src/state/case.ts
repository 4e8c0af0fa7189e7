import type { StateHarness } from "./harness.js";

/** What a case works with. */
export interface StateContext<H extends StateHarness<Port, Options>, Port, Options> {
  readonly harness: H;
  /** A fresh one, destroyed when the case is over. */
  open(options?: Options): Promise<Port>;
  /** Another handle on the same, or the same one where there can be no other. */
  second(first: Port, options?: Options): Promise<Port>;
  advance(port: Port, ms: number): Promise<void>;
}

export interface StateCase<Context> {
  /** Stable; `<port>.<subject>.<what>` in kebab-case. */
  readonly id: string;
  /** One sentence that says what must hold. */
  readonly title: string;
  run(context: Context): Promise<void>;
}

/** Runs one case on ports of its own and destroys them, also when it fails. */
export async function runStateCase<H extends StateHarness<Port, Options>, Port, Options extends object>(
  harness: H,
  testCase: StateCase<StateContext<H, Port, Options>>,
): Promise<void> {
  const created: Port[] = [];
  const context: StateContext<H, Port, Options> = {
    harness,
    async open(options = {} as Options) {
      const port = await harness.create(options);
      created.push(port);
      return port;
    },
    second: async (first, options = {} as Options) => (await harness.second?.(first, options)) ?? first,
    advance: (port, ms) => harness.advance(port, ms),
  };
  try {
    await testCase.run(context);
  } finally {
    for (const port of created) await harness.destroy(port);
  }
}
