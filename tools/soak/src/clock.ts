/** The clock of this process, which a fault can move. Loaded before everything else, so that no module keeps the real one. */
const RealDate = Date;
let offsetMs = 0;

class MovedDate extends RealDate {
  constructor(...args: unknown[]) {
    if (args.length === 0) super(RealDate.now() + offsetMs);
    else super(...(args as [number]));
  }

  static override now(): number {
    return RealDate.now() + offsetMs;
  }
}

globalThis.Date = MovedDate as DateConstructor;

/** @param ms how far the clock is ahead of the machine's; less than 0 for behind */
export function moveClock(ms: number): void {
  offsetMs = ms;
}
