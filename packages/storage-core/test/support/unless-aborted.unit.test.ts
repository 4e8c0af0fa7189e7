import { unlessAborted } from "@agent-assembly/storage-core/backend";
import { expect, it } from "vitest";

const never = new Promise<never>(() => undefined);

it("answers with what the work answers, or fails as it does", async () => {
  const { signal } = new AbortController();
  expect(await unlessAborted(Promise.resolve(1), undefined)).toBe(1);
  expect(await unlessAborted(Promise.resolve(2), signal)).toBe(2);
  await expect(unlessAborted(Promise.reject(new Error("lost")), signal)).rejects.toThrow("lost");
});

it("does not wait for work after an abort, before or during it", async () => {
  const user = new AbortController();
  const waiting = unlessAborted(never, user.signal);
  const reason = new Error("the user left");
  user.abort(reason);
  await expect(waiting).rejects.toMatchObject({ reason });
  await expect(unlessAborted(never, user.signal)).rejects.toMatchObject({ reason });
});
