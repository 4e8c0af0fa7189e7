import type { SummaryExplanation } from "@agent-assembly/storage-core";
import { MAX_TIME_MS, MIN_TIME_MS } from "@agent-assembly/storage-core/backend";
import { eventsText, formatDay } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import { type Column, renderTable } from "../../terminal/table.js";

interface Part {
  readonly read: string;
  readonly from: Date;
  readonly to: Date;
}

/** What a summary was made of, in order of time. */
export function renderExplanation(explanation: SummaryExplanation, width: number | undefined, style: Style): string {
  const { counts, subtracted = [], events, countedBy, uncounted } = explanation;
  const parts: Part[] = [
    ...counts.map(({ by, from, to }) => ({ read: `counts by ${by}`, from, to })),
    ...events.map(({ from, to }) => ({ read: "events", from, to })),
    ...subtracted.map(({ from, to }) => ({ read: "events, taken off", from, to })),
  ].sort((a, b) => a.from.getTime() - b.from.getTime());
  const columns: Column<Part>[] = [
    { title: "READ", value: ({ read }) => read, fixed: true },
    {
      title: "FROM",
      value: ({ from }) => (from.getTime() <= MIN_TIME_MS ? "the beginning" : formatDay(from)),
      fixed: true,
    },
    { title: "TO", value: ({ to }) => (to.getTime() > MAX_TIME_MS ? "the end" : formatDay(to)), fixed: true },
  ];
  const notes = [
    countedBy.length === 0 ? "No kept counts were read." : `The counts are kept by ${countedBy.join(", ")}.`,
    ...(uncounted === 0 ? [] : [`Not in the counts yet, and read as well: ${eventsText(uncounted)}.`]),
  ];
  return `${renderTable(parts, columns, width, style)}${notes.join("\n")}\n`;
}
