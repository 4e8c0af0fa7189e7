// One process of several that decide the same requests. Prints the ids it decided.
import { createInterface } from "node:readline";
import { openRedisState } from "@agent-assembly/state-redis";
import { isStorageError } from "@agent-assembly/storage-core";

const [url, prefix, approver, verdict] = process.argv.slice(2);
const redis = await openRedisState({ url, prefix, commandTimeoutMs: 60_000 });
const queue = redis.openApprovals();

async function decideAll(requests) {
  const decided = [];
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let request = requests.shift(); request !== undefined; request = requests.shift()) {
        const { requestId, digest } = request;
        try {
          await queue.decide(requestId, { approver, verdict, digest });
          decided.push(requestId);
        } catch (error) {
          if (!isStorageError(error, "conflict")) throw error;
        }
      }
    }),
  );
  return decided;
}

async function claimAndHang({ requestId, leaseMs }) {
  const { claim } = await queue.claim(requestId, { approver, leaseMs });
  return claim;
}

console.log(JSON.stringify("ready"));
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const answer = Array.isArray(request) ? await decideAll(request) : await claimAndHang(request);
  console.log(JSON.stringify(answer));
}
