import type { SwallowingProxy } from "@agent-assembly/test-services";
import type { Fault } from "./fault.js";

/** Faults of the network before a store. @param proxies one for each of its servers */
export function networkFaults(what: string, proxies: readonly SwallowingProxy[]): Fault[] {
  return [
    {
      name: `network to ${what} gone`,
      weight: 2,
      async run({ random, pause, tell }) {
        // Packets are lost and never sent again, lost and sent again, or refused.
        const mode = random.pick(["swallow", "hold", "refuse"] as const);
        tell(mode);
        for (const proxy of proxies) await proxy.setMode(mode);
        await pause(random.between(50, 5000));
        for (const proxy of proxies) await proxy.setMode("pass");
      },
    },
    {
      name: `network to ${what} slow`,
      weight: 1,
      async run({ random, pause, tell }) {
        const ms = random.between(50, 500);
        tell(`${ms} ms in each direction`);
        for (const proxy of proxies) proxy.setDelay(ms);
        await pause(random.between(1000, 10_000));
        for (const proxy of proxies) proxy.setDelay(0);
      },
    },
  ];
}
