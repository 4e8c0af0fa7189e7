import type { EventLoopYielder } from "../driver/event-loop-yielder.js";
import { CELL_NUMBERS, type CountSlice } from "./slice.js";
import type { CountTables } from "./tables.js";

/** Statements between two looks at the clock: less than a millisecond. */
const CHECK_EVERY = 128;

/** Thrown to undo a slice. */
export class Preempted extends Error {}

/**
 * Adds a slice to the cells and moves the position behind it, in the transaction that is open. The event loop gets its turns.
 * @param isUnwanted asked at each turn
 * @throws {@link Preempted} when it is unwanted, for the transaction to be rolled back
 * @returns false when the counts are no longer those that it was computed from; nothing is changed then
 */
export async function applySlice(
  tables: CountTables,
  slice: CountSlice,
  yielder: EventLoopYielder,
  isUnwanted: () => boolean = () => false,
): Promise<boolean> {
  const state = tables.state();
  if (state?.foldedSeq !== slice.after || state.generation !== slice.generation) return false;
  let statements = 0;
  // Not awaited each time, which would take longer than the statement.
  const pause = (): Promise<void> | undefined => (++statements % CHECK_EVERY === 0 ? yielder.due() : undefined);
  const rest = async (turn: Promise<void>): Promise<void> => {
    await turn;
    if (isUnwanted()) throw new Preempted();
  };
  const keyIds = Float64Array.from(slice.keyIds);
  for (const { place, ...key } of slice.newKeys) {
    keyIds[place] = tables.keyId(key);
    const turn = pause();
    if (turn !== undefined) await rest(turn);
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
    const turn = pause();
    if (turn !== undefined) await rest(turn);
  }
  tables.moveTo(slice.upTo);
  return true;
}
