/** Something that must be gone when the process that made it has died. */
export type WatchedResource =
  | {
      readonly kind: "process";
      readonly pid: number;
      /** Part of the command line that only this process has; a pid without it has been reused and is left alone. */
      readonly mark: string;
      readonly signal: NodeJS.Signals;
      /** Whether the process leads a group of its own, all of which is meant. */
      readonly group?: boolean;
    }
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "container"; readonly name: string }
  | { readonly kind: "database"; readonly adminUrl: string; readonly name: string };

/** One line, as JSON, from a process to its watchdog. */
export type WatchdogMessage =
  | { readonly action: "watch"; readonly id: number; readonly resource: WatchedResource }
  | { readonly action: "forget"; readonly id: number };

/** Every folder that may be removed has this in the last part of its path: a last check before `rm -r`. */
export const OWN_FOLDER_MARK = "aasm-test";
