import { type Dated, readJournal, type SentEvent } from "../journal.js";

/** An event, and when it was about to be sent first. */
export interface SentAt extends SentEvent {
  readonly at: number;
}

/** What all processes together did. */
export interface History {
  readonly sent: ReadonlyMap<string, SentAt>;
  /** When events were acknowledged, by id. */
  readonly stored: ReadonlyMap<string, number>;
  /** What each follower was given, in order. */
  readonly followers: readonly Followed[];
  /** Everything else. */
  readonly entries: readonly Dated[];
}

export interface Followed {
  /** When it was given the first one. */
  readonly since: number;
  readonly ids: readonly string[];
}

export function readHistory(journals: readonly string[]): History {
  const sent = new Map<string, SentAt>();
  const stored = new Map<string, number>();
  const followers: Followed[] = [];
  const others: Dated[] = [];
  for (const journal of journals) {
    const ids: string[] = [];
    let since: number | undefined;
    for (const entry of readJournal(journal)) {
      if (entry.kind === "sent") for (const event of entry.events) sent.set(event.id, { ...event, at: entry.at });
      else if (entry.kind === "stored") for (const id of entry.ids) stored.set(id, entry.at);
      else if (entry.kind === "delivered") {
        since ??= entry.at;
        ids.push(entry.id);
      } else others.push(entry);
    }
    if (since !== undefined) followers.push({ since, ids });
  }
  return { sent, stored, followers, entries: others };
}

/** The entries of one kind. */
export function entriesOf<Kind extends Dated["kind"]>(
  history: History,
  kind: Kind,
): Extract<Dated, { readonly kind: Kind }>[] {
  return history.entries.filter((entry): entry is Extract<Dated, { readonly kind: Kind }> => entry.kind === kind);
}
