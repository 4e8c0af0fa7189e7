import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { expect, test } from "vitest";
import { eventsOf, formatsOf, problemsOf, readFixture } from "./read.js";

/** Where calls are to be whose source has no time. */
const START = "2024-01-01T00:00:00.000Z";
/** The day of the recordings. */
const DAY = "2026-11-25";

/**
 * A call: the time of day (`null` where the source has none), the decision, the tool, its id and arguments, the further members of
 * the payload, and the session, where that is not the one of the recording.
 */
type Row = readonly [string | null, string, string, string, JsonValue, unknown, string?];

/** A test that a recording in `fixtures/clients` becomes exactly these events and problems (`CODE at LINE POINTER`). */
export function recorded(
  name: string,
  common: { readonly format?: string; readonly agentId?: string; readonly sessionId?: string },
  rows: readonly Row[],
  problems: readonly string[] = [],
): void {
  test(name, async () => {
    const items = await readFixture(`clients/${name}`);
    const { format, ...rest } = common;
    expect(formatsOf(items)).toEqual(format === undefined ? [] : [format]);
    const expected = rows.map(([time, decision, tool, toolCallId, args, more, sessionId]) => ({
      ...rest,
      ...(sessionId === undefined ? {} : { sessionId }),
      action: "tool_call",
      decision,
      ts: new Date(time === null ? START : `${DAY}T${time}.000Z`),
      eventId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      payload: {
        tool,
        toolCallId,
        arguments: args,
        ...(time === null ? { timeAssumed: true } : {}),
        ...(more as JsonObject),
      },
    }));
    expect(eventsOf(items)).toEqual(expected);
    expect(problemsOf(items).map((text) => text.replace(/:.*/s, ""))).toEqual(problems);
  });
}
