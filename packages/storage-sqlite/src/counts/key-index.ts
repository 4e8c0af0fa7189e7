import { COUNT_CUBES, COUNT_DIMENSIONS } from "@agent-assembly/storage-core/backend";
import type { MemberValue } from "./layout.js";

/** A combination of values that the cells of a cube count by. */
export interface CountKey {
  readonly cube: number;
  /** In the order of `COUNT_DIMENSIONS`. */
  readonly members: readonly MemberValue[];
  /** In `audit_count_keys`; `undefined` until it is looked up. */
  id: number | undefined;
}

/** Adds a member to a combination. */
interface Step {
  /** The step that the combination comes from; `undefined`: none, the member is the first one. */
  readonly from: number | undefined;
  readonly member: number;
  /** The cube whose members are complete with this one, as a place in `COUNT_CUBES`. */
  cube: number | undefined;
}

/** Cubes share combinations of some of their members, so that a row needs few look-ups for all of them. */
const STEPS: readonly Step[] = planSteps();

function planSteps(): Step[] {
  const steps: (Step & { readonly members: ReadonlySet<number> })[] = [];
  for (const [cube, { dimensions }] of COUNT_CUBES.entries()) {
    const wanted = dimensions.map((member) => COUNT_DIMENSIONS.indexOf(member));
    const parts = steps.filter(({ members }) => [...members].every((member) => wanted.includes(member)));
    const largest = parts.reduce<(typeof parts)[number] | undefined>(
      (best, part) => (best === undefined || part.members.size > best.members.size ? part : best),
      undefined,
    );
    let from = largest && steps.indexOf(largest);
    const members = new Set(largest?.members);
    for (const member of wanted) {
      if (members.has(member)) continue;
      members.add(member);
      from = steps.push({ from, member, cube: undefined, members: new Set(members) }) - 1;
    }
    (steps[from as number] as Step).cube = cube;
  }
  return steps;
}

/** Numbers the combinations of rows. Text is looked up once per member; all else are small numbers. */
export class KeyIndex {
  readonly keys: CountKey[] = [];
  #values: Map<MemberValue, number>[] = [];
  /** Of each step and combination that it comes from: the combination that each value makes. */
  #made: Map<number, number>[][] = [];
  #counts: number[] = [];
  readonly #row = new Float64Array(COUNT_DIMENSIONS.length);
  readonly #found = new Float64Array(STEPS.length);
  /** Of each step that completes a cube, by combination: the place of the key. */
  #places: number[][] = [];

  constructor() {
    this.clear();
  }

  clear(): void {
    this.keys.length = 0;
    this.#values = COUNT_DIMENSIONS.map(() => new Map());
    this.#made = STEPS.map(() => []);
    this.#places = STEPS.map(() => []);
    this.#counts = STEPS.map(() => 0);
  }

  /**
   * @param offset where the members begin in the row
   * @param into receives the place of the key in {@link keys} for each cube
   */
  find(row: readonly MemberValue[], offset: number, into: number[]): void {
    for (let i = 0; i < COUNT_DIMENSIONS.length; i++) {
      const values = this.#values[i] as Map<MemberValue, number>;
      const value = row[offset + i] as MemberValue;
      let number = values.get(value);
      if (number === undefined) {
        number = values.size;
        values.set(value, number);
      }
      this.#row[i] = number;
    }
    for (let i = 0; i < STEPS.length; i++) {
      const { from, member, cube } = STEPS[i] as Step;
      const value = this.#row[member] as number;
      const combination = from === undefined ? value : this.#combine(i, this.#found[from] as number, value);
      this.#found[i] = combination;
      if (cube !== undefined) into[cube] = this.#placeOf(i, combination, cube, row, offset);
    }
  }

  #combine(step: number, from: number, value: number): number {
    const made = this.#made[step] as Map<number, number>[];
    let byValue = made[from];
    if (byValue === undefined) {
      byValue = new Map();
      made[from] = byValue;
    }
    let combination = byValue.get(value);
    if (combination === undefined) {
      combination = this.#counts[step] as number;
      this.#counts[step] = combination + 1;
      byValue.set(value, combination);
    }
    return combination;
  }

  #placeOf(step: number, combination: number, cube: number, row: readonly MemberValue[], offset: number): number {
    const places = this.#places[step] as number[];
    const known = places[combination];
    if (known !== undefined) return known;
    const { id, dimensions } = COUNT_CUBES[cube] as (typeof COUNT_CUBES)[number];
    const members = COUNT_DIMENSIONS.map((member, i) =>
      dimensions.includes(member) ? (row[offset + i] as MemberValue) : null,
    );
    const place = this.keys.push({ cube: id, members, id: undefined }) - 1;
    places[combination] = place;
    return place;
  }
}
