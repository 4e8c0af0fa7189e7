import type { JsonValue } from "@agent-assembly/storage-core";
import { CallLog } from "../../calls/call-log.js";
import { detached } from "../../calls/detached.js";
import { fitText } from "../../calls/fit-text.js";
import { RecentMap } from "../../calls/recent.js";
import type { ReadTime } from "../../calls/times.js";
import type { TranscriptFormat } from "../../format-names.js";
import type { TranscriptItem } from "../../item.js";
import type { ReaderOptions } from "../format.js";
import type { Conversation } from "./conversations.js";
import { type Likeness, likenessOf } from "./likeness.js";
import type { AskedPart } from "./part.js";
import type { ReadTurn } from "./parts.js";
import { agentOf, responsesOf, sessionOf } from "./session.js";

/** Sessions whose calls are remembered, so that a later list that repeats them adds nothing. */
const MOST_SESSIONS = 256;
/** Calls that are remembered of all of them; see {@link CallLog}. */
const MOST_CALLS = 20_000;
/** Beginnings of lists that are remembered of a session. */
const MOST_OPENINGS = 1000;
/** Requests for approval of a session that are remembered. */
const MOST_ASKED = 1000;
/** Responses of which it is remembered to which session they belong. */
const MOST_RESPONSES = 10_000;
/** Ids that are shorter may be those of other conversations in other files. */
const UNIQUE_LENGTH = 16;

/** A conversation whose messages were read. */
export interface ReadConversation extends Conversation {
  readonly turns: readonly ReadTurn[];
}

/** The calls of one session. */
export interface Session {
  readonly log: CallLog;
  /** Requests for approval, by their ids. */
  readonly asked: RecentMap<string, Pick<AskedPart, "callId" | "automatic">>;
}

interface KnownSession extends Session {
  /** Digest of each message, where the session is known by its content only. */
  readonly content: readonly string[] | undefined;
  /** Digests of the beginnings of its lists: one that begins like an earlier one repeats it. */
  readonly openings: RecentMap<string, true>;
}

/** What a session is called, and what tells its calls from those of others. */
interface Identity {
  readonly name: string;
  readonly key: string;
  readonly scope: readonly JsonValue[];
}

/** Tells which conversations of a source are of one session. */
export class Sessions {
  /** By key; the ones used last come last. */
  readonly #known = new Map<string, KnownSession>();
  /** Of responses, by their ids: the next one may name it in place of repeating its messages. */
  readonly #responses = new RecentMap<string, Identity>(MOST_RESPONSES);

  constructor(
    private readonly format: TranscriptFormat,
    private readonly options: ReaderOptions,
  ) {}

  /** The session of a conversation that has calls. */
  *of(conversation: ReadConversation, began: ReadTime | undefined): Generator<TranscriptItem, Session> {
    const named = sessionOf(conversation);
    const { own, previous } = responsesOf(conversation);
    const again = own === undefined ? undefined : this.#responses.get(own);
    const continues = again ?? (previous === undefined ? undefined : this.#responses.get(previous));
    const byContent = named === undefined && continues === undefined;
    const likeness = likenessOf(conversation.turns, byContent);
    const identity =
      named === undefined && continues !== undefined
        ? continues
        : this.#identify(named, likeness, conversation.exchange || hasIds(conversation));
    for (const id of [previous, own]) {
      if (id !== undefined) this.#responses.set(detached(id), identity);
    }
    const { key } = identity;
    const known = this.#known.get(key);
    const content = byContent ? likeness.content : undefined;
    const longer = (content?.length ?? 0) > (known?.content?.length ?? -1) ? content : known?.content;
    const log = known?.log ?? this.#newLog(conversation, identity, began);
    const openings = known?.openings ?? new RecentMap(MOST_OPENINGS);
    // A response that continues another one repeats nothing, but itself.
    const opening = previous === undefined ? likeness.opening : `${previous} ${own ?? likeness.opening}`;
    log.begin(again !== undefined || openings.has(opening));
    log.since(began);
    openings.set(opening, true);
    const session = { log, content: longer, openings, asked: known?.asked ?? new RecentMap(MOST_ASKED) };
    this.#known.delete(key);
    this.#known.set(key, session);
    yield* this.#forget();
    return session;
  }

  /** Forgets the sessions that were used longest ago. */
  *#forget(): Generator<TranscriptItem> {
    let calls = 0;
    for (const { log } of this.#known.values()) calls += log.size;
    for (const [key, { log }] of this.#known) {
      const few = this.#known.size <= MOST_SESSIONS && calls <= MOST_CALLS;
      if (few || this.#known.size === 1) return;
      this.#known.delete(key);
      calls -= log.size;
      yield* log.end();
    }
  }

  /** The session that a conversation without calls continues: it may have the answers. */
  continued(conversation: ReadConversation): Session | undefined {
    const named = sessionOf(conversation);
    const { own, previous } = responsesOf(conversation);
    const identity = named === undefined && previous !== undefined ? this.#responses.get(previous) : undefined;
    if (identity !== undefined && own !== undefined) this.#responses.set(detached(own), identity);
    const key = identity?.key ?? named;
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const answered = conversation.turns.flatMap(({ parts }) =>
      parts.flatMap((part) => ("callId" in part && part.callId !== undefined ? [part.callId] : [])),
    );
    if (answered.length === 0) return undefined;
    return [...this.#known.values()].reverse().find(({ log }) => answered.some((id) => log.knows(id)));
  }

  *end(): Generator<TranscriptItem> {
    for (const { log } of this.#known.values()) yield* log.end();
  }

  /** A session without calls, for what has none. */
  none(): Session {
    return { log: this.#log("none", "agent", [], undefined), asked: new RecentMap(MOST_ASKED) };
  }

  #identify(named: string | undefined, { opening, content }: Likeness, repeats: boolean): Identity {
    const name = named === undefined ? this.#nameByContent(opening, content, repeats) : detached(named);
    if (named !== undefined && named.length >= UNIQUE_LENGTH) return { name, key: name, scope: [name] };
    return { name, key: `${name} ${opening}`, scope: [name, opening] };
  }

  /**
   * The session of a conversation that names none. One that begins with all messages of an earlier one, or is its beginning,
   * is the same one, longer; an equal one is another one, unless it may repeat: a logged request does, and so does what has ids.
   */
  #nameByContent(opening: string, content: readonly string[], repeats: boolean): string {
    const base = `chat-${opening.slice(0, 16)}`;
    for (let number = 1; ; number++) {
      const name = number === 1 ? base : `${base}-${number}`;
      const known = this.#known.get(`${name} ${opening}`)?.content;
      if (known === undefined) return name;
      const shared = Math.min(known.length, content.length);
      const same = known.slice(0, shared).every((digest, index) => digest === content[index]);
      if (same && (repeats || known.length !== content.length)) return name;
    }
  }

  #newLog(conversation: Conversation, { name, scope }: Identity, began: ReadTime | undefined): CallLog {
    const agentId = this.options.agentId ?? detached(fitText(agentOf(conversation) ?? "agent"));
    return this.#log(fitText(name), agentId, scope, began);
  }

  #log(sessionId: string, agentId: string, scope: readonly JsonValue[], began: ReadTime | undefined): CallLog {
    const { decision, start } = this.options;
    return new CallLog({ format: this.format, sessionId, agentId, scope, decision, began, start });
  }
}

function hasIds({ turns }: ReadConversation): boolean {
  return turns.every(({ parts }) => parts.every((part) => part.kind !== "call" || part.id !== undefined));
}
