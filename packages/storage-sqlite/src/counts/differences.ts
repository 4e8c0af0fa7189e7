import { COUNT_DIMENSIONS, type CountCube, type CountLevel, fromCellHour } from "@agent-assembly/storage-core/backend";
import type { MemberValue } from "./layout.js";

export interface FoundCell {
  readonly hour: number;
  /** The id of a key that is not one of the cube. */
  readonly members: readonly MemberValue[] | number;
  readonly events: number;
  readonly payloadBytes: number;
}

interface Difference {
  cells: number;
  readonly cube: CountCube;
  readonly level: CountLevel;
  readonly first: string;
}

/** Collects what differs between the cells and the events, one line for each cube and level. */
export class Differences {
  readonly #problems: string[] = [];
  readonly #byLayer = new Map<string, Difference>();

  problem(text: string): void {
    this.#problems.push(text);
  }

  /** @param expected what the events of the same time come to */
  compare(
    cube: CountCube,
    level: CountLevel,
    stored: ReadonlyMap<string, FoundCell>,
    expected: ReadonlyMap<string, FoundCell>,
  ): void {
    for (const [text, cell] of stored) {
      const wanted = expected.get(text);
      if (wanted?.events === cell.events && wanted.payloadBytes === cell.payloadBytes) continue;
      this.#add(cube, level, cell, amount(cell), wanted === undefined ? "none" : amount(wanted));
    }
    for (const [text, cell] of expected) {
      if (!stored.has(text)) this.#add(cube, level, cell, "nothing", amount(cell));
    }
  }

  texts(): string[] {
    const lines = [...this.#byLayer.values()].map(({ cells, cube, level, first }) => {
      const which = `counts by ${cube.dimensions.join(", ")} per ${level}`;
      return `${which}: ${cells === 1 ? "1 cell differs" : `${cells} cells differ`} from the events, ${cells === 1 ? "" : "the first one "}${first}`;
    });
    return [...this.#problems, ...lines];
  }

  #add(cube: CountCube, level: CountLevel, cell: FoundCell, stored: string, expected: string): void {
    const key = `${cube.id} ${level}`;
    const found = this.#byLayer.get(key);
    if (found !== undefined) {
      found.cells++;
      return;
    }
    const first = `${whichCell(cube, cell)}: it counts ${stored}, and the events come to ${expected}`;
    this.#byLayer.set(key, { cells: 1, cube, level, first });
  }
}

function whichCell({ dimensions }: CountCube, { hour, members }: FoundCell): string {
  const at = timeText(hour);
  if (typeof members === "number") return `${at} of the unknown key ${members}`;
  const values = dimensions.map((member) => {
    const value = members[COUNT_DIMENSIONS.indexOf(member)] ?? null;
    return `${member} ${member === "dryRun" ? value === 1 : value === null ? "absent" : JSON.stringify(value)}`;
  });
  return `${at} of ${values.join(", ")}`;
}

/** Cells that were changed by hand may have any number as their time. */
function timeText(hour: number): string {
  const date = new Date(fromCellHour(hour));
  return Number.isNaN(date.getTime()) ? `at hour ${hour}` : `at ${date.toISOString()}`;
}

function amount({ events, payloadBytes }: FoundCell): string {
  const text = events === 1 ? "1 event" : `${events} events`;
  return payloadBytes === 0 ? text : `${text} of ${payloadBytes} bytes`;
}
