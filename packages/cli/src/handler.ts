import type { Command } from "commander";
import type { Context } from "./context.js";
import type { ExitCode } from "./exit.js";

/** A command's implementation; arguments are the positional ones as typed. */
export type Handler<O> = (context: Context, options: O, ...args: string[]) => Promise<ExitCode>;

/** Makes an action of a handler that is imported only when it runs. */
export type Lazily = <O>(load: () => Promise<Handler<O>>) => (this: Command, ...args: unknown[]) => Promise<void>;
