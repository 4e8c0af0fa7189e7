import { contractOf } from "../support/contract-of.js";

await contractOf("timescale-community");
