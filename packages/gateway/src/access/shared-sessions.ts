import { hash, randomBytes } from "node:crypto";
import type { AgentStorage } from "@agent-assembly/storage";
import {
  AUDIT_ACTIONS,
  AUDIT_DECISIONS,
  GOVERNANCE_AGENT,
  type GovernanceChange,
  StorageError,
} from "@agent-assembly/storage-core";
import { uuidV8 } from "@agent-assembly/storage-core/backend";
import type { Identity } from "../context.js";
import type { Seal } from "./session-key.js";
import { LINK_MS, SESSION_MS, type SessionParts, type Sessions } from "./sessions.js";

/** What is in a cookie or a link, sealed. */
interface Sealed {
  /** Random; the same link or session has the same. */
  readonly id: string;
  /** When it was made, in milliseconds since the epoch. */
  readonly at: number;
  /** Of a link, and of a session that began with one. */
  readonly name?: string;
  /** Of a session that began with an API token. */
  readonly token?: string;
}

/** What {@link SharedSessions} are made with, besides. */
export interface SharedSessionParts extends SessionParts {
  readonly storage: Pick<AgentStorage, "audit">;
  readonly seal: Seal;
}

/**
 * Sessions that every gateway with the same key knows: the cookie has all that there is to know, sealed. That a link was used, and
 * that a session was ended, are events in the log of the store, whose ids follow from the link and the session: an event is
 * stored once, so a link is good once, whichever gateways are asked.
 */
export class SharedSessions implements Sessions {
  constructor(private readonly parts: SharedSessionParts) {}

  link(name: string): string {
    return this.#seal("link", { name });
  }

  async trade(token: string): Promise<string | undefined> {
    const link = this.#open("link", token, LINK_MS);
    if (link?.name === undefined || !(await this.#mark("session.began", link))) return undefined;
    return this.#seal("session", { name: link.name });
  }

  begin(apiToken: string): string {
    return this.#seal("session", { token: apiToken });
  }

  async find(secret: string): Promise<Identity | undefined> {
    const session = this.#open("session", secret, SESSION_MS);
    if (session === undefined || (await this.#isEnded(session))) return undefined;
    const { name, token } = session;
    if (token !== undefined) return this.parts.byToken(token);
    return name === undefined ? undefined : this.parts.byLink(name);
  }

  async end(secret: string): Promise<void> {
    const session = this.#open("session", secret, SESSION_MS);
    if (session !== undefined) await this.#mark("session.ended", session);
  }

  #seal(purpose: string, members: Pick<Sealed, "name" | "token">): string {
    const sealed: Sealed = { id: randomBytes(16).toString("hex"), at: this.parts.now(), ...members };
    return this.parts.seal.seal(purpose, JSON.stringify(sealed));
  }

  #open(purpose: string, text: string, ms: number): Sealed | undefined {
    const opened = this.parts.seal.open(purpose, text);
    if (opened === undefined) return undefined;
    const sealed = JSON.parse(opened) as Sealed;
    return sealed.at + ms > this.parts.now() ? sealed : undefined;
  }

  async #isEnded({ id, at }: Sealed): Promise<boolean> {
    const eventId = markId("session.ended", id);
    const { items } = await this.parts.storage.audit.query(
      { from: new Date(at), to: new Date(at + 1), eventId },
      { limit: 1 },
    );
    return items.length > 0;
  }

  /** @returns whether it was not marked before */
  async #mark(change: GovernanceChange, { id, at, name }: Sealed): Promise<boolean> {
    const { inserted, rejected } = await this.parts.storage.audit.append([
      {
        eventId: markId(change, id),
        ts: new Date(at),
        agentId: GOVERNANCE_AGENT,
        action: AUDIT_ACTIONS.governance,
        decision: AUDIT_DECISIONS.observed,
        // Always the same for one link or session: a second event of this id is a duplicate.
        payload: { change, subject: { session: id.slice(0, 8) }, ...(name !== undefined && { actor: name }) },
      },
    ]);
    if (rejected.length === 0) return inserted === 1;
    throw new StorageError({ code: "internal", message: "the store refused the mark of a session" });
  }
}

function markId(change: string, id: string): string {
  return uuidV8(hash("sha256", `agent-assembly ${change} ${id}`));
}
