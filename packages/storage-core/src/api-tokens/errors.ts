import { StorageError } from "../errors.js";

/** The refusals of API tokens, in the same words for every backend. */
export const tokenErrors = {
  unknown: (): StorageError =>
    new StorageError({ code: "not_found", message: "there is no API token with this id", remedy: "List the tokens." }),
  revoked: (): StorageError => new StorageError({ code: "conflict", message: "the API token is already revoked" }),
  taken: (): StorageError =>
    new StorageError({
      code: "conflict",
      message: "another API token has this id",
      remedy: "Create the token again.",
    }),
};
