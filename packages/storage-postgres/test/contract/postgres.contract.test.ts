import { approvalContractOf, contractOf } from "../support/contract-of.js";

await contractOf("postgres");
await approvalContractOf("postgres");
