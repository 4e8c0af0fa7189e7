import type { InvalidationChannel } from "@agent-assembly/storage-core/state";

/** A channel that has just been opened may need a moment. */
const PATIENCE_MS = 1000;

/** Resolves when messages arrive over a channel, or when that takes too long. */
export async function untilHeard(channel: InvalidationChannel): Promise<void> {
  let end = (): void => undefined;
  let timer: NodeJS.Timeout | undefined;
  const heard = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
    end = channel.subscribe(({ type }) => {
      if (type === "resumed") resolve();
    });
  });
  await heard;
  clearTimeout(timer);
  end();
}
