import { StorageError } from "../errors.js";

/** The refusals of legal holds, in the same words for every backend. */
export const holdErrors = {
  unknown: (): StorageError =>
    new StorageError({
      code: "not_found",
      message: "there is no legal hold with this holdId",
      remedy: "List the holds.",
    }),
  taken: (): StorageError =>
    new StorageError({
      code: "conflict",
      message: "another legal hold has this holdId",
      remedy: "Place the hold again.",
    }),
  released: (): StorageError => new StorageError({ code: "conflict", message: "the legal hold is already released" }),
};
