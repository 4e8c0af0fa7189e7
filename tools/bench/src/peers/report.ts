import { type Machine, machineLine } from "../machine.js";
import { median } from "../result.js";
import { figure, markdownTable, textTable } from "../text-table.js";
import type { PeerSize } from "./events.js";
import { NO_SUCH_CALL, type Outcome, WORKS, type Work } from "./outcome.js";
import type { Outcomes } from "./run-column.js";

/** One line of a store's table. */
export interface MeasuredColumn {
  readonly title: string;
  /** Packages with their versions. */
  readonly versions: readonly string[];
  readonly how: string;
  readonly durable: boolean;
  readonly outcomes: Outcomes;
}

/** The table of one store; the first column is what ratios are to. */
export interface StoreReport {
  readonly title: string;
  readonly columns: readonly MeasuredColumn[];
  /** Peers that could not be measured, each with the reason. */
  readonly leftOut: readonly string[];
}

export interface PeerReport {
  readonly date: string;
  readonly machine: Machine;
  readonly size: PeerSize;
  readonly stores: readonly StoreReport[];
}

/** The outcome of several rounds: the median, or the first problem. */
export function together(rounds: readonly Outcomes[]): Outcomes {
  const works = Object.keys(WORKS) as Work[];
  return Object.fromEntries(
    works.map((work): [Work, Outcome] => {
      const all = rounds.map((outcomes) => outcomes[work]);
      const problem = all.find((outcome) => "problem" in outcome);
      return [
        work,
        problem ?? { value: median(all.map((outcome) => ("value" in outcome ? outcome.value : Number.NaN))) },
      ];
    }),
  ) as Record<Work, Outcome>;
}

/** Whether everything that was asked for has a figure, or no call that could have one. */
export function complete({ stores }: PeerReport): boolean {
  return stores.every(
    ({ columns, leftOut }) =>
      leftOut.length === 0 &&
      columns.every(({ outcomes }) => Object.values(outcomes).some((outcome) => "value" in outcome)),
  );
}

/** The report as text for a terminal. */
export function peerText(report: PeerReport): string {
  return render(report, textTable, (title) => title, "");
}

/** The report as Markdown. */
export function peerMarkdown(report: PeerReport): string {
  return `${render(report, markdownTable, (title) => `### ${title}`, "- ")}\n`;
}

function render(
  { date, machine, size, stores }: PeerReport,
  table: (rows: readonly (readonly string[])[]) => string,
  heading: (title: string) => string,
  bullet: string,
): string {
  const parts = [`${date}; ${machineLine(machine)}. ${sizeLine(size)}`];
  for (const store of stores) {
    const notes: string[] = [];
    const rows = store.columns.map((column) => rowOf(column, store.columns[0] as MeasuredColumn, notes));
    parts.push(heading(store.title), table([headings(size), ...rows]));
    const about = store.columns.map(({ title, versions, how }) => `${title}: ${versions.join(", ")}; ${how}`);
    const lines = [...about, ...notes, ...store.leftOut.map((reason) => `left out: ${reason}`)];
    parts.push(lines.map((line) => `${bullet}${line}`).join("\n"));
  }
  return parts.join("\n\n");
}

function sizeLine({ rounds, agents, batches, batch }: PeerSize): string {
  const events = (batches * batch).toLocaleString("en-US");
  return `Medians of ${rounds} ${rounds === 1 ? "round" : "rounds"}, each in a process of its own; ${events} events of ${agents} agents. In brackets: the ratio to the first line.`;
}

function headings({ singles, burst, batch }: PeerSize): string[] {
  const count = (n: number): string => n.toLocaleString("en-US");
  const titles: Record<Work, string> = {
    single: `append, each of ${count(singles)} awaited (${WORKS.single})`,
    burst: `${count(burst)} appends at once (${WORKS.burst})`,
    batch: `batches of ${count(batch)} (${WORKS.batch})`,
    newest: `newest 100 of an agent (${WORKS.newest})`,
    log: `an agent's log by pages of 100 (${WORKS.log})`,
    bytes: "bytes per event",
  };
  return ["", ...Object.values(titles), "flushed on commit"];
}

function rowOf(column: MeasuredColumn, raw: MeasuredColumn, notes: string[]): string[] {
  const works = Object.keys(WORKS) as Work[];
  const cells = works.map((work) => cell(column, work, raw.outcomes[work], notes));
  return [column.title, ...cells, column.durable ? "yes" : "no"];
}

function cell({ title, outcomes }: MeasuredColumn, work: Work, raw: Outcome, notes: string[]): string {
  const outcome = outcomes[work];
  if ("problem" in outcome) {
    if (outcome.problem === NO_SUCH_CALL) return NO_SUCH_CALL;
    const note = `${title}: ${outcome.problem}`;
    if (!notes.some((known) => known.endsWith(note))) notes.push(`[${notes.length + 1}] ${note}`);
    return `failed [${notes.findIndex((known) => known.endsWith(note)) + 1}]`;
  }
  const ratio = "value" in raw ? ` (${figure(outcome.value / raw.value)})` : "";
  return `${figure(outcome.value)}${ratio}`;
}
