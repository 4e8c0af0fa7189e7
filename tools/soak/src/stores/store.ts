import type { StorageOptions } from "@agent-assembly/storage";
import type { Fault } from "../faults/fault.js";

/** What a store is started for. */
export interface StoreNeeds {
  /** For files; empty. */
  readonly folder: string;
  /** How long the soak takes. */
  readonly minutes: number;
}

/** A store that a soak runs on, with its server. */
export interface SoakStore {
  /** What it runs on, with versions. */
  readonly title: string;
  /** As the processes open it: faults of the network come between. */
  readonly options: StorageOptions;
  /** As the soak itself opens it, past those faults. */
  readonly direct: StorageOptions;
  /** Faults that only this kind of store has. */
  readonly faults: readonly Fault[];
  /** The folder of its files, where nothing else has copies of what is in them. */
  readonly files?: string;
  /** Faults that cannot be tried here, and why. */
  readonly notTried: readonly string[];
  /** What its tables hold, read without this software. */
  readonly tables: SoakTables;
  /** Ends all faults: servers run, networks pass. */
  recover(): Promise<void>;
  /** Ends its servers and removes its data. */
  stop(): Promise<void>;
}

/** An event of a writer. */
export interface StoredRow {
  readonly id: string;
  readonly agentId: string;
}

/** The tables of a store, read by the database's own driver. */
export interface SoakTables {
  /** Without what the store records of changes. */
  events(): AsyncIterable<StoredRow>;
  /** How many events there are, with what the store records of changes. */
  count(): Promise<number>;
  /** How many events of an agent there are. */
  countOf(agentId: string): Promise<number>;
  /** Names of policies, once for each version that is active. */
  activePolicies(): Promise<string[]>;
  close(): Promise<void>;
}
