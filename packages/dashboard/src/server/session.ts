import { signal } from "@preact/signals";
import { forgetAhead } from "./ahead.js";
import { type ApiError, get, write } from "./client.js";
import { asApiError } from "./resource.js";
import type { Scope, WhoAmI } from "./wire-store.js";

/** Who the page is to the gateway; `undefined` until it has said so. */
export const me = signal<WhoAmI | undefined>(undefined);
/** Why there is no session. */
export const refused = signal<ApiError | undefined>(undefined);

/** Whether a button that needs the scope exists. The gateway decides all the same. */
export function may(scope: Scope): boolean {
  return me.value?.scopes.includes(scope) === true;
}

/**
 * Trades the one-time token in the fragment, `#t=...`, for a cookie, and asks who we are. The token leaves the address bar and
 * the history before it is used.
 */
export async function openSession(): Promise<void> {
  const token = /^#t=([^&]+)/.exec(location.hash)?.[1];
  if (token !== undefined) history.replaceState(null, "", "#/");
  const problem = token === undefined ? undefined : await begin(decodeURIComponent(token));
  try {
    // A link that was used before is no harm where its session is still good.
    me.value = await get<WhoAmI>("whoami");
    refused.value = undefined;
  } catch (error) {
    forgetAhead();
    refused.value = problem ?? asApiError(error);
  }
}

/** Begins a session with an API token. */
export async function showToken(token: string): Promise<void> {
  const problem = await begin(token);
  if (problem === undefined) await openSession();
  else refused.value = problem;
}

async function begin(token: string): Promise<ApiError | undefined> {
  try {
    await write("session", { body: { token } });
    return undefined;
  } catch (error) {
    return asApiError(error);
  }
}
