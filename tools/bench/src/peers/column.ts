import type { NewAuditEvent } from "@agent-assembly/storage-core";
import type { PeerName, StoreName } from "./versions.js";

/** An event of the comparison: every member that is not optional there is set. */
export type PeerEvent = NewAuditEvent & {
  readonly eventId: string;
  readonly payload: { readonly tool: string };
  /** Its place in the log of its agent, from 1. */
  readonly sequence: number;
};

/** One store, opened. What its interface has no call for is absent. */
export interface PeerStore {
  /** Resolves when it is stored. */
  append(event: PeerEvent): Promise<unknown>;
  /** Many events of one agent by one call. */
  appendBatch?(events: readonly PeerEvent[]): Promise<unknown>;
  /** The newest events of one agent. @returns how many came */
  newest?(agentId: string, count: number): Promise<number>;
  /** All events of one agent, page by page. @returns how many each page had */
  pages(agentId: string, size: number): AsyncIterable<number>;
  close(): Promise<unknown>;
}

/** What is compared: one column of the table of one store. */
export interface Column {
  readonly title: string;
  /** Set where something has to be installed first. */
  readonly peer?: PeerName;
  /** How the calls of the interface are used. */
  readonly how: string;
  /** Whether a commit is on the disk when the call resolves, with the settings its documentation shows. */
  readonly durable: boolean;
  /**
   * @param place a file that does not exist, or the URL of an empty database
   * @param agents for whom events will come
   * @param installed the namespace of the peer's package; `undefined` where nothing is installed
   */
  open(place: string, agents: readonly string[], installed: unknown): Promise<PeerStore>;
}

/** The columns of one store, the raw driver first. */
export type Columns = Readonly<Record<StoreName, Readonly<Record<string, Column>>>>;
