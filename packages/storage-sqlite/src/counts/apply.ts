import type { EventLoopYielder } from "../driver/event-loop-yielder.js";
import { CELL_NUMBERS, type CountSlice } from "./slice.js";
import type { CountTables } from "./tables.js";

/** Statements between two looks at the clock: less than a millisecond. */
const CHECK_EVERY = 128;

/**
 * Adds a slice to the cells and moves the position behind it, in the transaction that is open. The event loop gets its turns.
 * @returns false when the counts are no longer those that it was computed from; nothing is changed then
 */
export async function applySlice(tables: CountTables, slice: CountSlice, yielder: EventLoopYielder): Promise<boolean> {
  const state = tables.state();
  if (state?.foldedSeq !== slice.after || state.generation !== slice.generation) return false;
  let statements = 0;
  const pause = (): Promise<void> | undefined => (++statements % CHECK_EVERY === 0 ? yielder.due() : undefined);
  const keyIds = Float64Array.from(slice.keyIds);
  for (const { place, ...key } of slice.newKeys) {
    keyIds[place] = tables.keyId(key);
    const turn = pause();
    if (turn !== undefined) await turn;
  }
  const { cells } = slice;
  const add = tables.adding();
  for (let at = 0; at < cells.length; at += CELL_NUMBERS) {
    add.run(
      cells[at] as number,
      cells[at + 1] as number,
      keyIds[cells[at + 2] as number] as number,
      cells[at + 3] as number,
      cells[at + 4] as number,
    );
    // Not awaited each time, which would take longer than the statement.
    const turn = pause();
    if (turn !== undefined) await turn;
  }
  tables.moveTo(slice.upTo);
  return true;
}
