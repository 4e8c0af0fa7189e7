import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import type { ApiError } from "../server/client.js";
import { asApiError } from "../server/resource.js";
import { Dialog } from "./dialog.js";
import { Problem } from "./states.js";

/** Asks before something changes; stays open and says why where the gateway refuses. */
export function Confirm({
  title,
  action,
  children,
  reason,
  danger = false,
  onClose,
  run,
}: {
  readonly title: string;
  /** What the button says. */
  readonly action: string;
  readonly children?: ComponentChildren;
  /** Whether a reason may be given or must be. */
  readonly reason: "optional" | "required";
  readonly danger?: boolean;
  readonly onClose: () => void;
  readonly run: (reason: string | undefined) => Promise<void>;
}): JSX.Element {
  const text = useSignal("");
  const busy = useSignal(false);
  const problem = useSignal<ApiError | undefined>(undefined);
  const submit = async (): Promise<void> => {
    busy.value = true;
    problem.value = undefined;
    try {
      const given = text.value.trim();
      await run(given === "" ? undefined : given);
      onClose();
    } catch (error) {
      problem.value = asApiError(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {children}
        <label class="field">
          <span>Reason{reason === "optional" ? " (optional)" : ""}</span>
          <textarea
            rows={2}
            maxLength={512}
            required={reason === "required"}
            value={text.value}
            onInput={(event) => {
              text.value = event.currentTarget.value;
            }}
          />
        </label>
        {problem.value !== undefined && <Problem error={problem.value} />}
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class={danger ? "primary danger" : "primary"} disabled={busy.value}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
