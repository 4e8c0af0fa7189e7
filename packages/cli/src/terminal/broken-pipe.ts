/** The reader of our output went away (`aasm … | head`): stop quietly. */
export class BrokenPipe extends Error {
  override readonly name = "BrokenPipe";
}
