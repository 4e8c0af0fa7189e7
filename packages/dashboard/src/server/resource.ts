import { type Signal, signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { ApiError } from "./client.js";

/** State that the gateway has, as a component sees it. */
export interface Resource<T> {
  /** The newest answer; stays while the next one loads, so that nothing flickers. */
  readonly data: Signal<T | undefined>;
  /** Why the newest request failed. */
  readonly error: Signal<ApiError | undefined>;
  readonly loading: Signal<boolean>;
  reload(): void;
}

/** Options of {@link useResource}. */
export interface ResourceOptions {
  /** Asks again after so many milliseconds, while the page is visible. */
  readonly everyMs?: number;
}

interface State<T> extends Resource<T> {
  run(load: (signal: AbortSignal) => Promise<T>): void;
  stop(): void;
}

/**
 * Loads what `key` names, again whenever `key` changes; a request that is no longer wanted is aborted. Nothing is asked while
 * the page is hidden.
 * @param key everything that `load` depends on; `undefined` loads nothing
 */
export function useResource<T>(
  key: string | undefined,
  load: (signal: AbortSignal) => Promise<T>,
  { everyMs }: ResourceOptions = {},
): Resource<T> {
  const newest = useRef(load);
  newest.current = load;
  const state = useMemo(() => makeState<T>(() => newest.current), []);
  useEffect(() => {
    if (key === undefined) {
      state.data.value = undefined;
      return;
    }
    state.run(newest.current);
    return () => state.stop();
  }, [key, state]);
  useEffect(() => {
    if (everyMs === undefined || key === undefined) return;
    let missed = false;
    const timer = setInterval(() => {
      missed = document.hidden;
      if (!missed) state.reload();
    }, everyMs);
    const seen = (): void => {
      if (document.hidden || !missed) return;
      missed = false;
      state.reload();
    };
    document.addEventListener("visibilitychange", seen);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [key, everyMs, state]);
  return state;
}

function makeState<T>(load: () => (signal: AbortSignal) => Promise<T>): State<T> {
  const data = signal<T | undefined>(undefined);
  const error = signal<ApiError | undefined>(undefined);
  const loading = signal(false);
  let current: AbortController | undefined;

  const run = async (loading_: (signal: AbortSignal) => Promise<T>): Promise<void> => {
    current?.abort();
    const own = new AbortController();
    current = own;
    loading.value = true;
    try {
      const answer = await loading_(own.signal);
      if (own.signal.aborted) return;
      data.value = answer;
      error.value = undefined;
    } catch (problem) {
      if (own.signal.aborted) return;
      error.value = asApiError(problem);
    }
    loading.value = false;
  };

  return {
    data,
    error,
    loading,
    run: (wanted) => void run(wanted),
    reload: () => void run(load()),
    stop: () => current?.abort(),
  };
}

/** Every failure as one that can be shown. */
export function asApiError(problem: unknown): ApiError {
  if (problem instanceof ApiError) return problem;
  // An answer that is no JSON, for instance from a proxy in between.
  return new ApiError(0, "unreadable", "The gateway's answer could not be read.", "Reload the page.");
}
