import { userInfo } from "node:os";

/** Who a change is recorded under: the option, or the user the command runs as. */
export function actorName(option: string | undefined): string {
  if (option !== undefined) return option;
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
    return "unknown";
  }
}
