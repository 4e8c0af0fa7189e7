export { default } from "@agent-assembly/example-programs/setup";
