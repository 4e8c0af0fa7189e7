/** Why events must not be erased, or not like this. */
export type ErasureRefusal =
  | { readonly kind: "hold"; readonly holdId: string; readonly events: number }
  /** A member that was named is, in some events, behind the 32nd: it can only be erased with `payload:*`. */
  | { readonly kind: "part"; readonly part: string; readonly heldBy: string; readonly events: number };
