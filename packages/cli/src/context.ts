import type { Readable } from "node:stream";
import type { AgentStorage, ConfigFlags, LoadedConfig, OpenOverrides } from "@agent-assembly/storage";
import type { Output } from "./terminal/output.js";
import type { Style } from "./terminal/style.js";

/** Options every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly backend?: string;
  readonly path?: string;
  readonly json?: boolean;
  /** False with `--no-color`. */
  readonly color?: boolean;
  readonly debug?: boolean;
}

export interface OpenStoreOptions extends OpenOverrides {
  /** Create the SQLite file when it is not there; default false, so that a mistyped path is no empty store. */
  readonly create?: boolean;
  /** The command writes; default false: then nothing at all is changed, and a file without permission to write will do. */
  readonly writes?: boolean;
  /** Nothing is written: queries that still run when the command is done need not be waited for. */
  readonly readsOnly?: boolean;
  /** Once interrupted the command ends by itself, between two steps: it is waited for. */
  readonly endsBetweenSteps?: boolean;
  /** A service rather than one command: the configuration that it begins with is recorded. */
  readonly staysOpen?: boolean;
  /** Options of the command that stand for keys of the configuration. */
  readonly flags?: ConfigFlags;
}

/** What a command runs with: where it writes, how, and the store it may open. */
export interface Context {
  readonly global: GlobalOptions;
  readonly stdin: Readable;
  readonly env: NodeJS.ProcessEnv;
  readonly out: Output;
  readonly err: Output;
  /** Print one JSON document instead of text for people. */
  readonly json: boolean;
  readonly style: Style;
  /** Whether stdout is a terminal. */
  readonly toTerminal: boolean;
  /** Columns of the terminal on stdout; `undefined` when it is none. */
  readonly width: number | undefined;
  /** Whether charts may use more than ASCII. */
  readonly unicode: boolean;
  /** Whether stderr is a terminal, so that progress can be shown. */
  readonly showProgress: boolean;
  /** Whether a user can answer a question. */
  readonly interactive: boolean;
  /** Aborted by Ctrl-C and when the reader of the output has gone. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** The absolute path of a file named on the command line; `~` is the home folder. */
  resolvePath(path: string): string;
  /**
   * @param flags options of the command that stand for keys
   * @param path a file to load in place of the one in force
   */
  loadConfig(flags?: ConfigFlags, path?: string): Promise<LoadedConfig>;
  /** Asks on stderr; anything but yes is no. */
  confirm(question: string): Promise<boolean>;
  /** SIGTERM is how this command ends, and no failure. */
  endsBySigterm(): void;
  /** Calls back when the configuration is to be read again (SIGHUP). @returns an unsubscribe function */
  onReload(listener: () => void): () => void;
  /** {@link withStorage} for a command that changes a store that exists. */
  changeStorage<T>(use: (storage: AgentStorage, loaded: LoadedConfig) => Promise<T>): Promise<T>;
  /** Opens the configured store, runs `use` with it and closes it, whatever happens. */
  withStorage<T>(
    use: (storage: AgentStorage, loaded: LoadedConfig) => Promise<T>,
    options?: OpenStoreOptions,
  ): Promise<T>;
}
