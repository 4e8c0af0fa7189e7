import { approvalContractOf, contractOf } from "../support/contract-of.js";

await contractOf("postgres-15");
await approvalContractOf("postgres-15");
