/** Text is sent as it is; the statement casts what the server cannot infer. Booleans are for parameters of that type alone. */
export type Value = string | number | boolean | null;

/** Collects a statement's values while its text is put together. */
export class Bindings {
  readonly values: Value[] = [];

  /** @returns the placeholder, with a cast: the driver sends text, and the server shall not guess */
  bind(value: Value, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

/** Conditions on the table with the alias `e`, their values bound. */
export type Conditions = (bindings: Bindings) => readonly string[];
