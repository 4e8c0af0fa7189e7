declare const kind: unique symbol;

/** A text of one kind: plain text is accepted in its place, a text of another kind is not. */
type Opaque<Kind extends string> = string & { readonly [kind]?: Kind };

/** Where a list goes on, made by the store: pass it back unchanged, with the same filter and order. */
export type Cursor = Opaque<"cursor">;

/** A place in the order of commits, made by the store: pass it back unchanged. */
export type Position = Opaque<"position">;
