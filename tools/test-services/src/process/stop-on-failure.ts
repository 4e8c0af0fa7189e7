/** Does the rest of a start. If that fails, stops what was started before and rejects with the failure. */
export async function stopOnFailure<T>(stop: () => Promise<unknown>, rest: () => Promise<T>): Promise<T> {
  try {
    return await rest();
  } catch (error) {
    await stop();
    throw error;
  }
}
