import { singleDriver } from "../../src/driver/client.js";
import { parseRedisOptions } from "../../src/options.js";

/** One command past everything under test. */
export async function command(url: string, ...args: string[]): Promise<unknown> {
  const driver = singleDriver(parseRedisOptions({ url }), () => undefined);
  await driver.connect();
  try {
    return await driver.send(undefined, args);
  } finally {
    driver.destroy();
  }
}
