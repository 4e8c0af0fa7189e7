import type { ComponentChildren, JSX } from "preact";
import type { ApiError } from "../server/client.js";
import type { Resource } from "../server/resource.js";
import { visible } from "../text/visible.js";
import { copyText } from "./toast.js";

/** An error in the gateway's words: what happened, its code, what to do. */
export function Problem({ error, onRetry }: { readonly error: ApiError; readonly onRetry?: () => void }): JSX.Element {
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{visible(error.message)}</strong> <code>{visible(error.code)}</code>
      </p>
      {error.remedy !== undefined && <p>{visible(error.remedy)}</p>}
      {onRetry !== undefined && error.status !== 401 && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What stands where there is no data, with the command that makes some. */
export function Empty({
  children,
  command,
}: {
  readonly children: ComponentChildren;
  readonly command?: string;
}): JSX.Element {
  return (
    <div class="empty">
      <p>{children}</p>
      {command !== undefined && (
        <button type="button" class="command" title="Copy" onClick={() => void copyText(command)}>
          {command}
        </button>
      )}
    </div>
  );
}

/** The data of a resource once it is there; before that its error, or quiet space while it loads. */
export function Loaded<T>({
  from,
  children,
}: {
  readonly from: Resource<T>;
  readonly children: (data: T) => ComponentChildren;
}): JSX.Element {
  const data = from.data.value;
  const error = from.error.value;
  return (
    <>
      {error !== undefined && <Problem error={error} onRetry={from.reload} />}
      {data !== undefined && children(data)}
      {data === undefined && error === undefined && (
        <p class="waiting" aria-busy="true">
          Loading
        </p>
      )}
    </>
  );
}
