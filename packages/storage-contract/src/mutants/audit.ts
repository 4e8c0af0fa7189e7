import type { AuditEvent, AuditFilter, TailItem } from "@agent-assembly/storage-core";
import { type Mutant, mutant, override } from "./mutant.js";

const HOUR_MS = 3_600_000;

function without(filter: AuditFilter | undefined, key: keyof AuditFilter): AuditFilter {
  const { [key]: _ignored, ...rest } = filter ?? {};
  return rest;
}

async function* twice(items: AsyncIterable<TailItem>): AsyncGenerator<TailItem> {
  for await (const item of items) {
    yield item;
    yield item;
  }
}

async function* silentlyAborted(
  items: AsyncIterable<AuditEvent>,
  signal: AbortSignal | undefined,
): AsyncGenerator<AuditEvent> {
  let seen = false;
  try {
    for await (const item of items) {
      seen = true;
      yield item;
    }
  } catch (error) {
    if (seen || signal?.aborted !== true) throw error;
  }
}

export const auditMutants: readonly Mutant[] = [
  mutant("leaves dropped events out in silence where it has no counts", "audit.dropped-counts.refused", (sound) =>
    override(sound, "audit", {
      async summarize(filter, request) {
        try {
          return await sound.audit.summarize(filter, request);
        } catch {
          return (await sound.audit.summarize(filter, { ...request, includeDropped: false })) as never;
        }
      },
    }),
  ),
  mutant("counts an hour that the range cuts as a whole", "audit.summary.cut-hours", (sound) =>
    override(sound, "audit", {
      summarize(filter, request) {
        const to = filter?.to && new Date(Math.ceil(filter.to.getTime() / HOUR_MS) * HOUR_MS);
        return sound.audit.summarize({ ...filter, to }, request);
      },
    }),
  ),
  mutant("ends an aborted stream without an error where there is nothing", "audit.stream.abort-empty", (sound) =>
    override(sound, "audit", {
      stream: (filter, options) => silentlyAborted(sound.audit.stream(filter, options), options?.signal),
    }),
  ),
  mutant("drops the last row of a batch", "audit.append.large-batch", (sound) =>
    override(sound, "audit", {
      async append(events, options) {
        const result = await sound.audit.append(events.slice(0, -1), options);
        return { ...result, inserted: result.inserted + 1 };
      },
    }),
  ),
  mutant("claims that refused events are stored", "audit.append.bad-events-do-not-take-good-ones", (sound) =>
    override(sound, "audit", {
      async append(events, options) {
        const { inserted, duplicates, rejected } = await sound.audit.append(events, options);
        return { inserted: inserted + rejected.length, duplicates, rejected: [] };
      },
    }),
  ),
  mutant("claims to have overwritten on conflict", "audit.append.conflict-keeps-stored", (sound) =>
    override(sound, "audit", {
      async append(events, options) {
        const { inserted, duplicates, rejected } = await sound.audit.append(events, options);
        const others = rejected.filter(({ code }) => code !== "conflict");
        return { inserted: inserted + rejected.length - others.length, duplicates, rejected: others };
      },
    }),
  ),
  mutant("counts redeliveries as inserted", "audit.append.duplicate-identical", (sound) =>
    override(sound, "audit", {
      async append(events, options) {
        const { inserted, duplicates, rejected } = await sound.audit.append(events, options);
        return { inserted: inserted + duplicates, duplicates: 0, rejected };
      },
    }),
  ),
  mutant("answers pages in the wrong order", "audit.paging.order", (sound) =>
    override(sound, "audit", {
      async query(filter, page) {
        const answer = await sound.audit.query(filter, page);
        return { ...answer, items: answer.items.toReversed() };
      },
    }),
  ),
  mutant("ignores a filter key", "audit.filter.every-text-key", (sound) =>
    override(sound, "audit", {
      query: (filter, page) => sound.audit.query(without(filter, "sessionId"), page),
      count: (filter) => sound.audit.count(without(filter, "sessionId")),
    }),
  ),
  mutant("takes the end of a range as inclusive", "audit.filter.time-range", (sound) => {
    const widened = (filter: AuditFilter = {}): AuditFilter =>
      filter.to === undefined ? filter : { ...filter, to: new Date(filter.to.getTime() + 1) };
    return override(sound, "audit", {
      query: (filter, page) => sound.audit.query(widened(filter), page),
      count: (filter) => sound.audit.count(widened(filter)),
    });
  }),
  mutant("loses ties at page borders", "audit.paging.ties", (sound) => {
    const borders = new Map<string, AuditEvent>();
    return override(sound, "audit", {
      async query(filter, page) {
        const answer = await sound.audit.query(filter, page);
        const last = answer.items.at(-1);
        if (answer.next !== undefined && last !== undefined) borders.set(answer.next, last);
        const border = borders.get(page?.cursor ?? "");
        return { ...answer, items: answer.items.filter(({ ts }) => ts.getTime() !== border?.ts.getTime()) };
      },
    });
  }),
  mutant("starts buckets one millisecond late", "audit.summary.utc-buckets", (sound) =>
    override(sound, "audit", {
      async summarize(filter, request) {
        const rows = await sound.audit.summarize(filter, request);
        return rows.map((row) =>
          row.bucket === undefined ? row : { ...row, bucket: new Date(row.bucket.getTime() + 1) },
        );
      },
    }),
  ),
  mutant("caps a stream at 1,000 events", "audit.stream.everything", (sound) =>
    override(sound, "audit", {
      async *stream(filter, options) {
        let left = 1000;
        for await (const event of sound.audit.stream(filter, options)) {
          if (left-- === 0) return;
          yield event;
        }
      },
    }),
  ),
  mutant("delivers tailed events twice", "audit.tail.from-now-on", (sound) =>
    override(sound, "audit", { tail: (filter, options) => twice(sound.audit.tail(filter, options)) }),
  ),
  mutant("does not deliver restored events to tails", "audit.tail.restored", (sound) => {
    const restored = new Set<string>();
    return {
      ...override(sound, "audit", {
        async *tail(filter, options) {
          for await (const item of sound.audit.tail(filter, options)) {
            if (!restored.has(item.event.eventId)) yield item;
          }
        },
      }),
      partitions: override(sound, "partitions", {
        restore(events) {
          for (const { eventId } of events) restored.add(eventId);
          return sound.partitions.restore(events);
        },
      }).partitions,
    };
  }),
];
