import type { AgentStorage } from "@agent-assembly/storage";
import {
  AUDIT_ACTIONS,
  AUDIT_DECISIONS,
  type AuditFilter,
  GOVERNANCE_AGENT,
  type GovernanceChange,
  type JsonObject,
  StorageError,
} from "@agent-assembly/storage-core";
import { uuidV7 } from "@agent-assembly/storage-core/backend";
import type { Identity } from "../context.js";

/** What records of reads are made with. */
export interface PayloadReadParts {
  readonly storage: Pick<AgentStorage, "audit">;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of the end of a stream that could not be recorded: its reader has gone by then. */
  readonly onError: ((error: unknown) => void) | undefined;
}

/** What a read gave out, and what was asked for. */
export interface PayloadRead {
  readonly events?: number;
  readonly approvals?: number;
  /** As asked for: times, names and ids; of payloads only the places, never a value. */
  readonly filter?: JsonObject;
}

/** A stream of payloads whose begin was recorded. */
export interface StreamRead {
  /**
   * Records the end, once.
   * @param events that were given out
   * @throws what storing the record throws
   */
  end(events: number): Promise<void>;
  /** The same for a reader that has gone: a failure is told to the operator alone. */
  ended(events: number): Promise<void>;
}

/**
 * Records who reads payloads: one audit event of action `governance` for each read. It is stored before the answer is sent, and a
 * read whose record cannot be stored fails.
 */
export class PayloadReads {
  /** @param route of the request, with its method: `GET /api/v1/events` */
  constructor(
    private readonly parts: PayloadReadParts,
    private readonly reader: Identity,
    private readonly route: string,
  ) {}

  /** @throws what storing the record throws: the answer must not be sent then */
  async answered(read: PayloadRead): Promise<void> {
    await this.#record("payloads.read", {}, read);
  }

  /** Records that a stream begins. @throws what storing the record throws: the stream must not begin then */
  async begin(read: PayloadRead): Promise<StreamRead> {
    const subject = { stream: uuidV7(this.parts.now()) };
    await this.#record("payloads.stream_began", subject, read);
    let isEnded = false;
    const end = async (events: number): Promise<void> => {
      if (isEnded) return;
      isEnded = true;
      await this.#record("payloads.stream_ended", subject, { ...read, events });
    };
    return {
      end,
      ended: (events) => end(events).catch((error: unknown) => this.parts.onError?.(error)),
    };
  }

  async #record(change: GovernanceChange, subject: JsonObject, read: PayloadRead): Promise<void> {
    const { storage, now } = this.parts;
    const { name, teamId, credential, tokenId } = this.reader;
    const payload: JsonObject = {
      change,
      subject: { route: this.route, ...subject },
      read: { ...read, credential, ...(tokenId !== undefined && { tokenId }) },
      actor: name,
    };
    const { rejected } = await storage.audit.append([
      {
        ts: new Date(now()),
        agentId: GOVERNANCE_AGENT,
        ...(teamId !== undefined && { teamId }),
        action: AUDIT_ACTIONS.governance,
        decision: AUDIT_DECISIONS.observed,
        payload,
      },
    ]);
    if (rejected.length === 0) return;
    throw new StorageError({ code: "internal", message: "the record of a read was refused by the store" });
  }
}

/** A filter of events as a record shows it: of conditions on payloads only their pointers, since values may be secrets. */
export function filterShown({ payload, ...members }: AuditFilter): JsonObject {
  const shown = JSON.parse(JSON.stringify(members)) as JsonObject;
  return payload === undefined ? shown : { ...shown, payload: Object.keys(payload) };
}
