import type fc from "fast-check";

/** What a target is opened with. */
export interface TargetContext {
  /** A folder of its own, which is deleted afterwards. */
  readonly folder: string;
  /** A database without tables; absent where there is no server. */
  readonly postgresUrl: string | undefined;
}

/** A target that is open: what comes in, and what takes it. */
export interface OpenTarget<Input> {
  readonly input: fc.Arbitrary<Input>;
  /**
   * Passes one input in.
   * @throws what is a finding: anything but an answer, or a refusal as the library documents it
   */
  enter(input: Input): Promise<void>;
  close(): Promise<void>;
}

/** One place where input of others comes in. */
export interface Target {
  open(context: TargetContext): Promise<OpenTarget<unknown>>;
}

/** Keeps the types of input and `enter` together. */
export function defineTarget<Input>(open: (context: TargetContext) => Promise<OpenTarget<Input>>): Target {
  return { open: open as Target["open"] };
}
