// Migrates as one of several instances that start together, and prints how many steps it applied.
import { backendModule } from "@agent-assembly/storage-postgres";

const [url, timescaledb] = process.argv.slice(2);
const { steps } = await backendModule.schema.migrate({ url, timescaledb });
console.log(JSON.stringify(steps.map(({ name }) => name)));
