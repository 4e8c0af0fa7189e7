import { access, constants } from "node:fs/promises";
import { ServiceUnavailable } from "./service-unavailable.js";

/** Where Debian's package puts the browser. */
export const CHROMIUM = "/usr/bin/chromium";

/**
 * Rejects with `ServiceUnavailable` where there is no Chromium. It is not unpacked in place, as servers are: with the libraries
 * and fonts that it needs, it is ten times their size.
 */
export async function requireChromium(): Promise<undefined> {
  try {
    await access(CHROMIUM, constants.X_OK);
  } catch (cause) {
    throw new ServiceUnavailable(`there is no ${CHROMIUM}`, "install it: apt-get install chromium", { cause });
  }
  return undefined;
}
